/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A few weights of a network, by which two files can be compared that store it in different formats: of each matrix the first
 * values of its diagonal, which are the same whether rows or columns come first, whatever the matrix is called, and, but for
 * rounding, in every type.
 *
 * <p>
 * Minor versions may add components, and kinds of likeness.
 *
 * @param diagonals {@link #VALUES} values each, one entry per matrix in any order; empty if nothing can be compared
 */
public record WeightSketch(List<float[]> diagonals) {

    /** Values of each matrix. */
    public static final int VALUES = 16;

    /** Nothing to compare. */
    public static final WeightSketch NONE = new WeightSketch(List.of());

    private static final int MOST = 512;
    /** Fewer matrices say too little. */
    private static final int LEAST = 4;
    /** Tables for positions and the like, which are no weights. */
    private static final int STRANGERS = 2;
    /** What is left of a value after rounding to 16 bits, relative to it. */
    private static final double ROUNDING = 1.0 / 2048;
    private static final double TINY = 1e-7;
    /** How far quantising moves a matrix, relative to its size, at most. Matrices of two networks differ by 1.4. */
    private static final double QUANTISING = 0.45;

    /** How far two networks are the same. */
    public enum Likeness {
        /** All weights that were compared are equal, but for rounding to 16 bits. */
        EQUAL,
        /** Weights are near to each other, as after quantising or some training. */
        SIMILAR,
        /** Weights have nothing to do with each other. */
        OTHER,
        /** One of them has too little to compare. */
        UNKNOWN
    }

    /** Copies the list. */
    public WeightSketch {
        diagonals = List.copyOf(diagonals);
    }

    /**
     * The sketch of a blueprint. Matrices of experts are left out, because formats cut them differently.
     *
     * @param blueprint with tensors that can be read
     * @return its sketch
     * @throws IOException if a tensor cannot be read
     */
    public static WeightSketch of(Blueprint blueprint) throws IOException {
        Set<Tensor> experts = new HashSet<>();
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.feedForward() instanceof Blueprint.Experts some) {
                for (Blueprint.Dense expert : some.experts()) {
                    Stream.of(expert.gate(), expert.up(), expert.down()).map(Blueprint.Linear::weight)
                            .forEach(experts::add);
                }
            }
        }
        List<float[]> diagonals = new ArrayList<>();
        for (Tensor tensor : blueprint.matrices()) {
            if (diagonals.size() < MOST && tensor.rows() >= VALUES && tensor.columns() >= VALUES
                    && !experts.contains(tensor)) {
                int columns = Math.toIntExact(tensor.columns());
                float[] rows = new float[Math.multiplyExact(VALUES, columns)];
                tensor.read(0, VALUES, rows, 0);
                float[] diagonal = new float[VALUES];
                for (int i = 0; i < VALUES; i++) {
                    diagonal[i] = rows[i * columns + i];
                }
                diagonals.add(diagonal);
            }
        }
        return new WeightSketch(diagonals);
    }

    /**
     * Compares two networks.
     *
     * @param other another sketch
     * @return how far they are the same
     */
    public Likeness compare(WeightSketch other) {
        boolean few = diagonals.size() <= other.diagonals.size();
        List<float[]> fewer = few ? diagonals : other.diagonals;
        List<float[]> more = few ? other.diagonals : diagonals;
        if (fewer.size() < LEAST) {
            return Likeness.UNKNOWN;
        }
        int equal = 0;
        int near = 0;
        for (float[] one : fewer) {
            equal += more.stream().anyMatch(candidate -> equal(one, candidate)) ? 1 : 0;
            near += more.stream().anyMatch(candidate -> distance(one, candidate) <= QUANTISING) ? 1 : 0;
        }
        int strangers = Math.min(STRANGERS, fewer.size() / LEAST);
        if (equal >= fewer.size() - strangers) {
            return Likeness.EQUAL;
        }
        return near >= fewer.size() / 2 ? Likeness.SIMILAR : Likeness.OTHER;
    }

    private static boolean equal(float[] a, float[] b) {
        for (int i = 0; i < VALUES; i++) {
            if (!(Math.abs((double) a[i] - b[i]) <= Math.abs(a[i]) * ROUNDING + TINY)) {
                return false;
            }
        }
        return true;
    }

    private static double distance(float[] a, float[] b) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < VALUES; i++) {
            double difference = (double) a[i] - b[i];
            error += difference * difference;
            size += (double) a[i] * a[i];
        }
        return Math.sqrt(error / Math.max(size, Double.MIN_NORMAL));
    }
}
