/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/** Memory for so many pages at once; it can be told to fail. */
final class BoundedPages implements Supplier<Arena> {

    private final int most;
    private int open;
    private boolean failing;

    BoundedPages(int most) {
        this.most = most;
    }

    /** The next page fails, and not for want of memory. */
    void failOnce() {
        failing = true;
    }

    @Override
    public Arena get() {
        if (failing) {
            failing = false;
            throw new IllegalStateException("It was told to fail.");
        }
        if (open == most) {
            throw new OutOfMemoryError(most + " pages are in use");
        }
        open++;
        Arena arena = Arena.ofShared();
        return new Arena() {
            @Override
            public MemorySegment allocate(long bytes, long alignment) {
                return arena.allocate(bytes, alignment);
            }

            @Override
            public MemorySegment.Scope scope() {
                return arena.scope();
            }

            @Override
            public void close() {
                arena.close();
                open--;
            }
        };
    }
}
