/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.Precision;
import dev.millrace.api.BackendException;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.backend.cpu.layers.GateFunction;
import dev.millrace.backend.cpu.layers.Matmul;
import dev.millrace.backend.cpu.layers.MatmulScratch;
import dev.millrace.backend.cpu.layers.Rows;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.spi.model.Blueprint;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.stream.Stream;

/**
 * Calls the kernels until they are compiled. Before that, the Vector API is hundreds of times slower than afterwards, because
 * every vector is an object: a first prompt would take seconds. Runs while weights are loaded.
 */
final class Warmup implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Warmup.class.getName());
    /** Whole blocks of every type, and loops long enough for the compiler to count. */
    private static final int COLUMNS = 512;
    private static final int VECTORS = Activations.TILE;
    private static final long MOST_NANOS = 1_500_000_000L;

    /**
     * Time that a byte of weights is worth. A small model costs less cold than the warm-up itself: with 9 MB of weights, 20 new
     * tokens after a known beginning and two cores, it delayed the first token by half a second.
     */
    private static final long NANOS_PER_BYTE = 5;

    private final Kernels kernels;
    private final Matmul matmul;
    private final List<Matrix> matrices;
    private final List<GateFunction> gates;
    private final float[] inputs = new float[VECTORS * COLUMNS];
    private final float[] results;
    private final Rows x = Rows.of(inputs, COLUMNS, VECTORS);
    private final Rows y;
    private final KvType keyValues;
    private final long stageNanos;
    private final Thread thread;
    private volatile boolean stopped;

    private Warmup(Kernels kernels, List<Matrix> matrices, List<GateFunction> gates, Precision precision,
            KvType keyValues, long mostNanos) {
        this.kernels = kernels;
        this.matrices = matrices;
        this.gates = gates;
        this.keyValues = keyValues;
        stageNanos = mostNanos / (3L * matrices.size() + gates.size() + 1);
        int rows = 2 * kernels.lanes();
        results = new float[VECTORS * rows];
        y = Rows.of(results, rows, VECTORS);
        MatmulScratch[] scratch = {new MatmulScratch(COLUMNS, kernels.lanes())};
        matmul = new Matmul(kernels, new Workers(1), scratch, precision == Precision.EXACT);
        thread = Thread.ofPlatform().daemon().name("millrace-cpu-warmup").unstarted(this::warm);
    }

    /**
     * Begins to warm up with all types that the matrices of a model have, for a second and a half at most.
     *
     * @param keyValues how keys and values are kept
     * @param weights size of the model's weights in bytes
     */
    static Warmup start(Kernels kernels, Blueprint blueprint, Precision precision, KvType keyValues, long weights) {
        int rows = 2 * kernels.lanes();
        List<Matrix> matrices = blueprint.matrices().stream()
                .map(tensor -> kernels.packing(tensor.type(), COLUMNS)).distinct()
                .map(packing -> new Matrix("warm-up", rows, COLUMNS, packing, kernels.lanes(),
                        Arena.ofAuto().allocate(Matrix.bytes(rows, COLUMNS, packing, kernels.lanes()), 64)))
                .toList();
        Warmup warmup = new Warmup(kernels, matrices, gates(kernels, blueprint), precision, keyValues,
                Math.min(MOST_NANOS, weights * NANOS_PER_BYTE));
        warmup.thread.start();
        return warmup;
    }

    /** The activations of a model, each once. */
    private static List<GateFunction> gates(Kernels kernels, Blueprint blueprint) {
        return blueprint.layers().stream().flatMap(layer -> switch (layer.feedForward()) {
            case Blueprint.Dense d -> Stream.of(d.activation());
            case Blueprint.Experts e -> e.experts().stream().map(Blueprint.Dense::activation);
        }).distinct().map(activation -> GateFunction.of(activation, kernels)).toList();
    }

    /** Waits until it is done. */
    void await() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true; // handed on below
                stopped = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops it, if it is not done. */
    @Override
    public void close() {
        stopped = true;
        await();
    }

    /** What it computes is thrown away, so a failure costs nothing but speed: whatever needs the same will tell it. */
    private void warm() {
        try {
            run();
        } catch (BackendException | LinkageError e) {
            LOG.log(System.Logger.Level.DEBUG, "The warm-up ended early.", e);
        }
    }

    private void run() {
        kernels.rehearse();
        for (Matrix matrix : matrices) {
            long work = (long) matrix.rows() * COLUMNS;
            until(() -> multiply(matrix, 1), work);
            until(() -> multiply(matrix, 2), 2 * work);
            until(() -> multiply(matrix, VECTORS), work * VECTORS / 2);
        }
        for (GateFunction gate : gates) {
            until(() -> gate.apply(results, 0, inputs, 0, results.length), 20L * results.length);
        }
        try (AttentionWarmup attention = new AttentionWarmup(kernels.attention(), keyValues)) {
            until(attention::round, AttentionWarmup.COMPILED_NANOS);
        }
    }

    /** Repeats a round until it takes less than a time, as only compiled code does. */
    private void until(Runnable round, long nanos) {
        long begin = System.nanoTime();
        long end = begin;
        for (int fast = 0; fast < 8 && end - begin < stageNanos && !stopped;) {
            long start = end;
            round.run();
            end = System.nanoTime();
            fast = end - start < nanos ? fast + 1 : 0;
        }
    }

    private void multiply(Matrix matrix, int vectors) {
        matmul.add(matrix, x, y, 0, vectors);
        matmul.run();
    }
}
