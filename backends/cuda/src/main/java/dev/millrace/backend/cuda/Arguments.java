/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Arguments of a kernel, packed as C++ lays out its parameters. One for a thread. */
final class Arguments {

    private final MemorySegment memory;
    private long size;

    /** @param memory 512 bytes off the heap, aligned to 16 */
    Arguments(MemorySegment memory) {
        this.memory = memory;
    }

    Arguments clear() {
        size = 0;
        return this;
    }

    private long place(int bytes) {
        long at = (size + bytes - 1) / bytes * bytes;
        size = at + bytes;
        return at;
    }

    /** An address, 0 for null. */
    Arguments pointer(long address) {
        memory.set(ValueLayout.JAVA_LONG, place(8), address);
        return this;
    }

    /** A 64-bit integer. */
    Arguments wide(long value) {
        return pointer(value);
    }

    Arguments integer(int value) {
        memory.set(ValueLayout.JAVA_INT, place(4), value);
        return this;
    }

    Arguments real(float value) {
        memory.set(ValueLayout.JAVA_FLOAT, place(4), value);
        return this;
    }

    /** Planes of a matrix: {@code Weights}. */
    Arguments weights(Matrix matrix) {
        return pointer(matrix.codes()).pointer(matrix.high()).pointer(matrix.groups()).pointer(matrix.scales());
    }

    /**
     * Where to put values: {@code Output}.
     *
     * @param forms those that are wanted
     */
    Arguments output(Values to, int forms) {
        boolean codes = (forms & Values.CODES) != 0;
        return pointer((forms & Values.FLOATS) != 0 ? to.floats() : 0).pointer(codes ? to.codes() : 0)
                .pointer(codes ? to.scales() : 0).pointer((forms & Values.HALVES) != 0 ? to.halves() : 0);
    }

    /** Where a struct begins or ends. */
    Arguments align(int bytes) {
        size = (size + bytes - 1) / bytes * bytes;
        return this;
    }

    MemorySegment memory() {
        return memory;
    }

    long size() {
        return size;
    }
}
