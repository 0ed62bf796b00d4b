/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.weights.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Multiplies some groups of rows of a product, on one worker: calls the kernel that suits, then adds biases and applies gates. */
final class MatmulBand {

    /**
     * Bytes of weights that meet one pair of vectors after the other: they are still in the second-level cache for the next,
     * and a call for so many is rare enough to cost nothing.
     */
    private static final int CACHED = 512 << 10;
    /** The same where there are several tiles of vectors, which want room there, too. */
    private static final int SHARED = 192 << 10;

    private final Kernels kernels;
    private final MatmulInputs inputs;
    private final Activations activations;

    MatmulBand(Kernels kernels, MatmulInputs inputs) {
        this.kernels = kernels;
        this.inputs = inputs;
        activations = inputs.activations();
    }

    /** Computes the groups from one to before another. */
    void multiply(Product p, int first, int end, MatmulScratch scratch) {
        multiply(p, p.matrix, p.y, first, end, scratch);
        int row = first * kernels.lanes();
        int rows = Math.min(p.matrix.rows(), end * kernels.lanes()) - row;
        if (p.bias != null) {
            add(p.bias, p, p.y, row, rows);
        }
        if (p.gate != null) {
            multiply(p, p.up, p.z, first, end, scratch);
            if (p.upBias != null) {
                add(p.upBias, p, p.z, row, rows);
            }
            for (int i = p.first; i < p.first + p.count; i++) {
                p.gate.apply(p.y.array(i), p.y.offset(i) + row, p.z.array(i), p.z.offset(i) + row, rows);
            }
        }
    }

    private static void add(float[] bias, Product p, Rows y, int row, int rows) {
        for (int i = p.first; i < p.first + p.count; i++) {
            add(bias, row, y.array(i), y.offset(i) + row, rows);
        }
    }

    private static void add(float[] bias, int from, float[] y, int at, int n) {
        for (int i = 0; i < n; i++) {
            y[at + i] += bias[from + i];
        }
    }

    private void multiply(Product p, Matrix matrix, Rows y, int first, int end, MatmulScratch scratch) {
        Activations.Place place = inputs.place(p);
        if (p.form == Activations.Form.QUADS) {
            quads(p, matrix, place, y, first, end, scratch);
            return;
        }
        float[] results = scratch.results(p.count, kernels.lanes());
        if (p.direct || place.width == 1) {
            int whole = Math.min(end, matrix.rows() / kernels.lanes());
            int most = p.count == 1 ? end : Math.max(1, CACHED / matrix.groupBytes());
            for (int group = first; group < whole; group += most) {
                int groups = Math.min(most, whole - group);
                int row = group * kernels.lanes();
                for (int v = 0; v < p.count; v++) {
                    alone(matrix, group, groups, p, place, v, y.array(p.first + v), y.offset(p.first + v) + row,
                            scratch);
                }
            }
            if (whole < end) {
                for (int v = 0; v < p.count; v++) {
                    alone(matrix, whole, 1, p, place, v, results, v * kernels.lanes(), scratch);
                }
                store(matrix, whole, p, y, results);
            }
            return;
        }
        for (int group = first; group < end; group++) {
            if (place.form != Activations.Form.FLOATS) {
                kernels.tiles(matrix, group, p.count, scratch.scales, scratch.shorts, scratch.floats, activations,
                        place,
                        results);
            } else {
                floats(matrix, group, p.count, place, results, scratch);
            }
            store(matrix, group, p, y, results);
        }
    }

    private void quads(Product p, Matrix matrix, Activations.Place place, Rows y, int first, int end,
            MatmulScratch scratch) {
        int lanes = kernels.lanes();
        int cached = (p.count <= Activations.TILE ? CACHED : SHARED) / matrix.groupBytes();
        int most = Math.max(1, Math.min(cached, QuadScratch.RESULTS / (lanes * Math.min(p.count, Activations.TILE))));
        for (int group = first; group < end; group += most) {
            int groups = Math.min(most, end - group);
            int row = group * lanes;
            int rows = Math.min(groups * lanes, matrix.rows() - row);
            for (int v = 0; v < p.count; v += Activations.TILE) {
                int tile = v / Activations.TILE;
                kernels.quads(matrix, group, groups, activations, place, tile, scratch.quads);
                for (int i = 0; i < place.tileWidth(tile); i++) {
                    MemorySegment.copy(scratch.quads.results, ValueLayout.JAVA_FLOAT, 4L * i * groups * lanes,
                            y.array(p.first + v + i), y.offset(p.first + v + i) + row, rows);
                }
            }
        }
    }

    /**
     * Multiplies groups with one vector. Results go where they belong at once, and it is many groups in one call, for a core stops
     * reading ahead while it waits for results and copies them.
     */
    private void alone(Matrix matrix, int first, int groups, Product p, Activations.Place place, int vector, float[] y,
            int at, MatmulScratch scratch) {
        if (p.direct) {
            kernels.floats(matrix, first, groups, scratch.scales, p.x.array(p.first), p.x.offset(p.first), y, at);
        } else {
            kernels.integers(matrix, first, groups, scratch.scales, activations, place, vector, y, at);
        }
    }

    private void floats(Matrix matrix, int group, int count, Activations.Place place, float[] results,
            MatmulScratch scratch) {
        int lanes = kernels.lanes();
        kernels.scales(matrix, group, scratch.scales);
        Arrays.fill(results, 0, (count + Activations.TILE) * lanes, 0);
        for (int column = 0; column < matrix.columns(); column += Kernels.PANEL) {
            int columns = Math.min(Kernels.PANEL, matrix.columns() - column);
            kernels.unpack(matrix, group, column, columns, scratch.scales, scratch.shorts, scratch.floats);
            for (int v = 0; v < count; v += Activations.TILE) {
                kernels.tile(scratch.floats, columns, activations, place, v / Activations.TILE, column,
                        Math.min(Activations.TILE, count - v), results, v * lanes);
            }
        }
    }

    private void store(Matrix matrix, int group, Product p, Rows y, float[] results) {
        int lanes = kernels.lanes();
        int row = group * lanes;
        int rows = Math.min(lanes, matrix.rows() - row);
        for (int v = 0; v < p.count; v++) {
            System.arraycopy(results, v * lanes, y.array(p.first + v), y.offset(p.first + v) + row, rows);
        }
    }
}
