/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.NoSuchElementException;

/**
 * Code in memory that may be executed. Memory is written first and made executable afterwards, and then nobody can write to it any
 * more. Safe for use from any thread.
 *
 * <p>
 * On Linux this runs in every build. For macOS and Windows it is written after their documentation, and has not been run there.
 */
public final class MachineCode {

    /** The system does not let this process execute code of its own. The message says why, in one sentence without a full stop. */
    public static final class Refused extends Exception {

        private static final long serialVersionUID = 1;

        /** With a reason. */
        public Refused(String message) {
            super(message);
        }
    }

    private final MemorySegment memory;

    private MachineCode(MemorySegment memory) {
        this.memory = memory;
    }

    /**
     * Puts code into memory.
     *
     * @param arena owner of the memory, which is freed with it
     * @throws Refused if the system is not known, or does not allow it
     */
    public static MachineCode of(byte[] code, Arena arena) throws Refused {
        long bytes = Math.max(1, (code.length + ExecutablePages.PAGE - 1) / ExecutablePages.PAGE)
                * ExecutablePages.PAGE;
        try {
            ExecutablePages pages = ExecutablePages.here();
            long address = pages.allocate(bytes);
            if (address == 0) {
                throw new Refused("the system gives no memory for machine code");
            }
            MemorySegment memory = owned(pages, address, bytes, arena);
            MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
            if (!pages.execute(address, bytes)) {
                throw new Refused("the system does not allow machine code of this process");
            }
            return new MachineCode(memory.asReadOnly());
        } catch (IllegalCallerException | UnsupportedOperationException | ExceptionInInitializerError
                | NoClassDefFoundError e) {
            throw new Refused("Java may not call native functions (--enable-native-access)");
        }
    }

    @SuppressWarnings("restricted") // the system has just given this memory
    private static MemorySegment owned(ExecutablePages pages, long address, long bytes, Arena arena) {
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena,
                memory -> pages.free(memory.address(), bytes));
    }

    /**
     * What a function of the C library returns.
     *
     * @throws Refused if it may not be called
     */
    static long ofSystem(String name, long argument) throws Refused {
        try {
            MemorySegment function = Linker.nativeLinker().defaultLookup().findOrThrow(name);
            return NativeCall.call(function, argument, 0, 0, 0);
        } catch (IllegalCallerException | UnsupportedOperationException | NoSuchElementException
                | ExceptionInInitializerError | NoClassDefFoundError e) {
            throw new Refused("Java may not call native functions (--enable-native-access)");
        }
    }

    /** A function that begins at an offset. It keeps the memory alive. */
    public MemorySegment function(int offset) {
        return memory.asSlice(offset);
    }

    /**
     * Calls a function that keeps to the calling convention of the system. What it reads and writes is the caller's affair: a wrong
     * address ends the process.
     *
     * @param function from {@link #function}
     * @param argument its first argument
     */
    public static void call(MemorySegment function, long argument) {
        NativeCall.call(function, argument, 0, 0, 0, 0, 0);
    }
}
