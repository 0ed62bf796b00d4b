/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Code in memory that may be executed. Memory is written first and made executable afterwards, and then nobody can write to it any
 * more. Safe for use from any thread.
 *
 * <p>
 * Functions of the system are looked up in the C library that the Java machine itself uses. All calls have one shape, six 64-bit
 * numbers, of which a function takes those that it needs: a shape costs some milliseconds when it is first linked.
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

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;
    private static final int READ_WRITE = 1 | 2;
    private static final int READ_EXECUTE = 1 | 4;
    private static final int PRIVATE_ANONYMOUS = 0x02 | 0x20;
    private static final long PAGE = 4096;

    /** Links with native functions, once. */
    private static final class Calls {

        @SuppressWarnings("restricted") // this is the place that may
        static final MethodHandle CALL = Linker.nativeLinker()
                .downcallHandle(FunctionDescriptor.of(LONG, LONG, LONG, LONG, LONG, LONG, LONG));
        static final MemorySegment MMAP = find("mmap");
        static final MemorySegment MPROTECT = find("mprotect");
        static final MemorySegment MUNMAP = find("munmap");

        private static MemorySegment find(String name) {
            return Linker.nativeLinker().defaultLookup().findOrThrow(name);
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
     * @throws Refused if the system is not Linux, or does not allow it
     */
    public static MachineCode of(byte[] code, Arena arena) throws Refused {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            throw new Refused("machine code is made on Linux only");
        }
        long bytes = Math.max(1, (code.length + PAGE - 1) / PAGE) * PAGE;
        try {
            long address = call(Calls.MMAP, 0, bytes, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0);
            if (address == -1) {
                throw new Refused("the system gives no memory for machine code (mmap)");
            }
            MemorySegment memory = owned(address, bytes, arena);
            MemorySegment.copy(code, 0, memory, ValueLayout.JAVA_BYTE, 0, code.length);
            if ((int) call(Calls.MPROTECT, address, bytes, READ_EXECUTE, 0, 0, 0) != 0) {
                throw new Refused("the system does not allow machine code of this process (mprotect)");
            }
            return new MachineCode(memory.asReadOnly());
        } catch (IllegalCallerException | UnsupportedOperationException | ExceptionInInitializerError
                | NoClassDefFoundError e) {
            throw new Refused("Java may not call native functions (--enable-native-access)");
        }
    }

    @SuppressWarnings("restricted") // the system has just given this memory
    private static MemorySegment owned(long address, long bytes, Arena arena) {
        return MemorySegment.ofAddress(address).reinterpret(bytes, arena,
                memory -> call(Calls.MUNMAP, memory.address(), bytes, 0, 0, 0, 0));
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
        call(function, argument, 0, 0, 0, 0, 0);
    }

    private static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        try {
            return (long) Calls.CALL.invokeExact(function, a, b, c, d, e, f);
        } catch (RuntimeException | Error thrown) {
            throw thrown;
        } catch (Throwable thrown) {
            throw new IllegalStateException("machine code throws nothing", thrown);
        }
    }
}
