/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** How fast memory can be read: what bounds generating, since every token reads all weights in use. */
final class Bandwidth {

    private static final int PASSES = 6;
    private static final int UNROLLED = 64;

    /** Read by one call, so that the compiled loop is at work from the second pass on. */
    private static final int BLOCK = 1 << 16;

    private Bandwidth() {
    }

    /**
     * Reads a block again and again, each thread its own part.
     *
     * @param bytes size of the block, more than the caches hold
     * @param threads readers
     * @return the best pass, in bytes per second
     * @throws InterruptedException if interrupted while reading
     */
    static double measure(long bytes, int threads) throws InterruptedException {
        long part = bytes / threads / UNROLLED * UNROLLED;
        try (Arena arena = Arena.ofShared();
                ExecutorService readers = Executors.newFixedThreadPool(threads)) {
            List<MemorySegment> parts = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                // touched page by page, or all would be the system's one page of zeros
                parts.add(arena.allocate(part, UNROLLED).fill((byte) (i + 1)));
            }
            double best = 0;
            for (int pass = 0; pass < PASSES; pass++) {
                long begin = System.nanoTime();
                List<Future<Long>> sums = new ArrayList<>();
                for (MemorySegment segment : parts) {
                    sums.add(readers.submit(() -> sum(segment)));
                }
                check(sums);
                best = Math.max(best, part * threads * 1e9 / (System.nanoTime() - begin));
            }
            return best;
        }
    }

    /** The sums are known, so that nobody can leave out the reading. */
    private static void check(List<Future<Long>> sums) throws InterruptedException {
        try {
            for (int i = 0; i < sums.size(); i++) {
                if (sums.get(i).get() == 0) {
                    throw new IllegalStateException("Memory does not hold what was written.");
                }
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static long sum(MemorySegment segment) {
        long sum = 0;
        for (long at = 0; at < segment.byteSize(); at += BLOCK) {
            sum += sum(segment, at, (int) Math.min(BLOCK, segment.byteSize() - at));
        }
        return sum;
    }

    /** Counts with an int, which is what compiles to the quickest loop. */
    private static long sum(MemorySegment segment, long base, int length) {
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        for (int i = 0; i < length; i += 32) {
            a += segment.get(ValueLayout.JAVA_LONG, base + i);
            b += segment.get(ValueLayout.JAVA_LONG, base + i + 8);
            c += segment.get(ValueLayout.JAVA_LONG, base + i + 16);
            d += segment.get(ValueLayout.JAVA_LONG, base + i + 24);
        }
        return a + b + c + d;
    }
}
