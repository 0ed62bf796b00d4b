/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory by {@code mmap} and {@code mprotect}. The functions are looked up in the C library that the Java machine itself uses.
 *
 * <p>
 * On macOS {@code MAP_JIT} is not used: with it a thread that writes code may not execute any, not even that of the Java machine which
 * would do the writing. Java's own launcher has the entitlement for unsigned executable memory, which this needs in its place.
 */
final class PosixPages implements ExecutablePages {

    private static final int READ_WRITE = 1 | 2;
    private static final int READ_EXECUTE = 1 | 4;
    private static final int PRIVATE = 0x02;
    private static final int LINUX_ANONYMOUS = 0x20;
    private static final int MAC_ANONYMOUS = 0x1000;

    private final int flags;
    private final MemorySegment map = find("mmap");
    private final MemorySegment protect = find("mprotect");
    private final MemorySegment unmap = find("munmap");
    /** Makes a processor forget what it knows of memory that new code was written to. x86-64 processors see that themselves. */
    private final @Nullable MemorySegment forget;

    private PosixPages(int flags, @Nullable MemorySegment forget) {
        this.flags = flags;
        this.forget = forget;
    }

    static PosixPages linux() {
        return new PosixPages(PRIVATE | LINUX_ANONYMOUS, null);
    }

    static PosixPages macOs() {
        return new PosixPages(PRIVATE | MAC_ANONYMOUS, find("sys_icache_invalidate"));
    }

    private static MemorySegment find(String name) {
        return Linker.nativeLinker().defaultLookup().findOrThrow(name);
    }

    @Override
    public long allocate(long bytes) {
        long address = NativeCall.call(map, 0, bytes, READ_WRITE, flags, -1, 0);
        return address == -1 ? 0 : address;
    }

    @Override
    public boolean execute(long address, long bytes) {
        if ((int) NativeCall.call(protect, address, bytes, READ_EXECUTE, 0) != 0) {
            return false;
        }
        if (forget != null) {
            NativeCall.call(forget, address, bytes, 0, 0);
        }
        return true;
    }

    @Override
    public void free(long address, long bytes) {
        NativeCall.call(unmap, address, bytes, 0, 0);
    }
}
