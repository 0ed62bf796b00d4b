/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.layers.Matmul;
import dev.millrace.backend.cpu.layers.MatmulScratch;
import dev.millrace.backend.cpu.layers.Rows;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.backend.KernelSpeed;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.LongSupplier;

/**
 * Measures the products of every type of weights on the calling thread, by the same code that models run.
 *
 * <p>
 * All types are measured in turn, and again as long as one of them still gets faster: the compiler works in the background, and
 * a kernel that it has not come to yet would look like one that it cannot compile. What counts is processor time: on a busy machine
 * a kernel that waits for a processor would look slow.
 */
final class KernelMeasurements {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int MOST_PASSES = 6;
    /** A pass that improves no figure by more than this is the last. */
    private static final double GAIN = 1.1;

    /** One type of weights with inputs and results: what is repeated while it is measured. */
    static final class Trial implements AutoCloseable {

        private static final int COLUMNS = 2048;
        /** Weights that one product reads, so that a round is short even with slow kernels. */
        private static final int BAND_BYTES = 1 << 20;
        /** So many that the weights of decode come from memory, not from a cache of usual size. */
        private static final int BANDS = 64;
        /** What an expert gets of a prompt of 512 tokens, with 4 experts of 32 in use. */
        private static final int TOKENS = 64;
        private static final int PREFILL_ROWS = 256;

        private final Arena arena = Arena.ofShared();
        private final Workers workers = new Workers(1);
        private final Matmul matmul;
        private final List<Matrix> bands = new ArrayList<>();
        private final Matrix tile;
        private final Rows x;
        private final Rows y;
        private int next;

        private Trial(Kernels kernels, TensorType type) {
            kernels.rehearse();
            Packing packing = kernels.packing(type, COLUMNS);
            int rows = Math.max(1,
                    (int) (BAND_BYTES / Matrix.bytes(kernels.lanes(), COLUMNS, packing, kernels.lanes())))
                    * kernels.lanes();
            for (int band = 0; band < BANDS; band++) {
                bands.add(matrix(kernels, type, rows));
            }
            tile = matrix(kernels, type, PREFILL_ROWS);
            float[] inputs = new float[TOKENS * COLUMNS];
            Random random = new Random(2);
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = random.nextFloat() - 0.5f;
            }
            x = Rows.of(inputs, COLUMNS, TOKENS);
            int most = Math.max(rows, PREFILL_ROWS);
            y = Rows.of(new float[TOKENS * most], most, TOKENS);
            matmul = new Matmul(kernels, workers,
                    new MatmulScratch[]{new MatmulScratch(COLUMNS, kernels.lanes())}, false);
        }

        /** Weights of bytes that, read as a scale in whatever format, make a usual number: nothing subnormal. */
        private Matrix matrix(Kernels kernels, TensorType type, int rows) {
            Packing packing = kernels.packing(type, COLUMNS);
            long bytes = Matrix.bytes(rows, COLUMNS, packing, kernels.lanes());
            MemorySegment data = arena.allocate(bytes, 64);
            byte[] pattern = new byte[4096];
            new Random(1).nextBytes(pattern);
            for (int i = 0; i < pattern.length; i++) {
                pattern[i] = (byte) (0x20 | (pattern[i] & 0x1f));
            }
            for (long at = 0; at < bytes; at += pattern.length) {
                int count = (int) Math.min(pattern.length, bytes - at);
                MemorySegment.copy(pattern, 0, data, ValueLayout.JAVA_BYTE, at, count);
            }
            return new Matrix(type.name(), rows, COLUMNS, packing, kernels.lanes(), data);
        }

        /** Makes weights of a type. */
        static Trial of(Kernels kernels, TensorType type) {
            return new Trial(kernels, type);
        }

        /** Types that there are kernels for: all. */
        static List<TensorType> types() {
            return List.of(TensorType.values());
        }

        /** Multiplies some of the weights with one vector, the next ones each time; gives the bytes of weights read. */
        long decode() {
            Matrix band = bands.get(next);
            next = (next + 1) % BANDS;
            matmul.add(band, x, y, 0, 1);
            matmul.run();
            return band.data().byteSize();
        }

        /** Multiplies a matrix with many vectors; gives the products added up. */
        long prefill() {
            matmul.add(tile, x, y, 0, TOKENS);
            matmul.run();
            return (long) PREFILL_ROWS * COLUMNS * TOKENS;
        }

        @Override
        public void close() {
            workers.close();
            arena.close();
        }
    }

    private KernelMeasurements() {
    }

    /**
     * Measures all types.
     *
     * @param each time for one figure in one pass
     * @return in the order of the types
     */
    static List<KernelSpeed> of(Kernels kernels, Duration each) {
        Map<TensorType, KernelSpeed> best = new EnumMap<>(TensorType.class);
        boolean faster = true;
        for (int pass = 0; pass < MOST_PASSES && faster; pass++) {
            faster = false;
            for (TensorType type : Trial.types()) {
                KernelSpeed before = best.getOrDefault(type, new KernelSpeed(type.name(), 0, 0));
                try (Trial trial = Trial.of(kernels, type)) {
                    double decode = rate(trial::decode, each);
                    double prefill = rate(trial::prefill, each);
                    faster |= decode > GAIN * before.decode() || prefill > GAIN * before.prefill();
                    best.put(type, new KernelSpeed(type.name(), Math.max(decode, before.decode()),
                            Math.max(prefill, before.prefill())));
                }
            }
        }
        return List.copyOf(best.values());
    }

    /**
     * The best of five turns, in units of work per second: others use the resources too. One is enough if it took longer than
     * all five should.
     */
    static double rate(LongSupplier round, Duration time) {
        double best = 0;
        long start = processorTime();
        long end = start;
        for (int i = 0; i < 5 && end - start < time.toNanos(); i++) {
            long begin = end;
            long work = 0;
            do {
                work += round.getAsLong();
                end = processorTime();
            } while (end - begin < time.toNanos() / 5);
            best = Math.max(best, work * 1e9 / (end - begin));
        }
        return best;
    }

    /** Nanoseconds that this thread has computed, or where the system does not count them, that have passed. */
    private static long processorTime() {
        return THREADS.isCurrentThreadCpuTimeSupported() ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }
}
