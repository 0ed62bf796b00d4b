/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;

/** Memory by {@code VirtualAlloc} and {@code VirtualProtect}. */
final class WindowsPages implements ExecutablePages {

    private static final int COMMIT_RESERVE = 0x1000 | 0x2000;
    private static final int RELEASE = 0x8000;
    private static final int READ_WRITE = 0x04;
    private static final int EXECUTE_READ = 0x20;
    /** The pseudo-handle of the process itself. */
    private static final long THIS_PROCESS = -1;

    private final SymbolLookup kernel = kernel();
    private final MemorySegment allocate = kernel.findOrThrow("VirtualAlloc");
    private final MemorySegment protect = kernel.findOrThrow("VirtualProtect");
    private final MemorySegment flush = kernel.findOrThrow("FlushInstructionCache");
    private final MemorySegment free = kernel.findOrThrow("VirtualFree");

    @SuppressWarnings("restricted") // a library of the system that every process has
    private static SymbolLookup kernel() {
        return SymbolLookup.libraryLookup("kernel32", Arena.global());
    }

    @Override
    public long allocate(long bytes) {
        return NativeCall.call(allocate, 0, bytes, COMMIT_RESERVE, READ_WRITE);
    }

    @Override
    public boolean execute(long address, long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            long before = arena.allocate(ValueLayout.JAVA_LONG).address();
            return (int) NativeCall.call(protect, address, bytes, EXECUTE_READ, before) != 0
                    && (int) NativeCall.call(flush, THIS_PROCESS, address, bytes, 0) != 0;
        }
    }

    @Override
    public void free(long address, long bytes) {
        NativeCall.call(free, address, 0, RELEASE, 0);
    }
}
