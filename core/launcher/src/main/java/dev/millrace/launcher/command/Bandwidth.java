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

/**
 * How fast memory can be read: what bounds generating, since every token reads all weights in use.
 *
 * <p>
 * Memory comes in cache lines of 64 bytes, so one value per line is read: the processor fetches all of the line, and the loop
 * does not wait for arithmetic. In this way one core of a Zen 4 server read 32 GB/s. With the Vector API reading everything it
 * was 28 GB/s, with a loop over every {@code long} 25 GB/s. Which number of streams is best differs between processors, so
 * several are tried.
 */
final class Bandwidth {

    /** A block that is far larger than the caches. */
    static final long MOST_BYTES = 512L << 20;

    private static final int LINE = 64;
    /** Read by one call: the stretches of four streams lie a page and more apart. */
    private static final int CALL = 1 << 22;
    /** For each way to read; the first passes run before the loop is compiled. */
    private static final long NANOS = 400_000_000;
    private static final int PASSES = 8;

    /** A way to read a stretch of a segment; gives a sum of what was read. */
    @FunctionalInterface
    private interface Reader {
        long sum(MemorySegment segment, long base, int length);
    }

    private static final List<Reader> READERS = List.of(Bandwidth::oneStream, Bandwidth::twoStreams,
            Bandwidth::fourStreams);

    private Bandwidth() {
    }

    /**
     * Reads a block again and again, each thread another part.
     *
     * @param bytes size of the block, more than the caches hold
     * @param threads readers
     * @return the upper quartile of the passes of the fastest way, in bytes per second
     * @throws InterruptedException if interrupted while reading
     */
    static double measure(long bytes, int threads) throws InterruptedException {
        long part = Math.max(1, bytes / threads / CALL) * CALL;
        try (Arena arena = Arena.ofShared();
                ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<MemorySegment> parts = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                // touched page by page, or all would be the system's one page of zeros
                parts.add(arena.allocate(part, LINE).fill((byte) 1));
            }
            double best = 0;
            for (Reader reader : READERS) {
                best = Math.max(best, part * threads * 1e9 / nanos(parts, reader, pool));
            }
            return best;
        }
    }

    /** The lower quartile of the times of all passes: neither a lucky pass nor one that others disturbed. */
    private static double nanos(List<MemorySegment> parts, Reader reader, ExecutorService pool)
            throws InterruptedException {
        List<Long> passes = new ArrayList<>();
        long begin = System.nanoTime();
        long start = begin;
        while (passes.size() < PASSES || start - begin < NANOS) {
            pass(parts, reader, pool);
            long end = System.nanoTime();
            passes.add(end - start);
            start = end;
        }
        return passes.stream().sorted().skip(passes.size() / 4).findFirst().orElseThrow();
    }

    private static void pass(List<MemorySegment> parts, Reader reader, ExecutorService pool)
            throws InterruptedException {
        List<Future<Long>> sums = new ArrayList<>();
        for (MemorySegment part : parts) {
            sums.add(pool.submit(() -> sum(part, reader)));
        }
        try {
            for (Future<Long> sum : sums) {
                // known, so that nobody can leave out the reading
                if (sum.get() == 0) {
                    throw new IllegalStateException("Memory does not hold what was written.");
                }
            }
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
    }

    private static long sum(MemorySegment part, Reader reader) {
        long sum = 0;
        for (long at = 0; at < part.byteSize(); at += CALL) {
            sum += reader.sum(part, at, CALL);
        }
        return sum;
    }

    // counted with an int, which is what compiles to the quickest loops

    private static long oneStream(MemorySegment segment, long base, int length) {
        long a = 0;
        long b = 0;
        for (int i = 0; i < length; i += 2 * LINE) {
            a += segment.get(ValueLayout.JAVA_LONG, base + i);
            b += segment.get(ValueLayout.JAVA_LONG, base + i + LINE);
        }
        return a + b;
    }

    private static long twoStreams(MemorySegment segment, long first, int length) {
        long a = 0;
        long b = 0;
        int half = length / 2;
        long second = first + half;
        for (int i = 0; i < half; i += LINE) {
            a += segment.get(ValueLayout.JAVA_LONG, first + i);
            b += segment.get(ValueLayout.JAVA_LONG, second + i);
        }
        return a + b;
    }

    private static long fourStreams(MemorySegment segment, long first, int length) {
        long a = 0;
        long b = 0;
        long c = 0;
        long d = 0;
        int quarter = length / 4;
        long second = first + quarter;
        long third = second + quarter;
        long fourth = third + quarter;
        for (int i = 0; i < quarter; i += LINE) {
            a += segment.get(ValueLayout.JAVA_LONG, first + i);
            b += segment.get(ValueLayout.JAVA_LONG, second + i);
            c += segment.get(ValueLayout.JAVA_LONG, third + i);
            d += segment.get(ValueLayout.JAVA_LONG, fourth + i);
        }
        return a + b + c + d;
    }
}
