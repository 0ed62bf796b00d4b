/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.ScaleScratch;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Matmul of matrices with vectors, all done in one parallel region after their inputs are prepared. A unit is a contiguous
 * band of all rows, so weights are read once, front to back, and what is unpacked of them meets all its vectors while it is in
 * the cache.
 */
public final class Matmul {

    /**
     * Bytes of weights that meet one pair of vectors after the other: they are still in the second-level cache for the next,
     * and a call for so many is rare enough to cost nothing.
     */
    private static final int CACHED = 512 << 10;

    /** What comes to the work of multiplying a row with each vector, in such vectors: reading it from memory. */
    private static final int READING = 1;
    /** The same where its codes are unpacked to a panel of integers first. */
    private static final int UNPACKING = 3;
    /** The same with a panel of floats. */
    private static final int WIDENING = 2;

    /** Elements of inputs below which preparing them in parallel costs more than it gains. */
    private static final int ALONE = 16_384;

    /** One product, or two whose results meet in a gate; used again and again. */
    private static final class Product {
        private final Activations.Place place = new Activations.Place();
        private Matrix matrix;
        private Matrix up;
        private Rows x;
        private Rows y;
        private Rows z;
        private boolean gated;
        private int first;
        private int count;
        private long cost;
        /** Which product's prepared inputs this one shares; its own if it shares none. */
        private int source;

        Product(Matrix matrix, Matrix up, Rows x, Rows y, Rows z) {
            this.matrix = matrix;
            this.up = up;
            this.x = x;
            this.y = y;
            this.z = z;
        }
    }

    /** What one worker needs for itself. */
    public static final class Scratch {
        final ScaleScratch scales;
        final short[] shorts;
        final float[] floats;
        final int[] block = new int[Activations.BLOCK];
        float[] results = {};

        /** Room for the longest row. */
        public Scratch(int columns, int lanes) {
            scales = new ScaleScratch(columns, lanes);
            shorts = new short[Kernels.PANEL * lanes];
            floats = new float[Kernels.PANEL * lanes];
        }

        /** Results of so many vectors; what is in there is left as it is. */
        float[] results(int vectors, int lanes) {
            int needed = (vectors + Activations.TILE) * lanes;
            if (results.length < needed) {
                results = new float[needed];
            }
            return results;
        }
    }

    private final Kernels kernels;
    private final Workers workers;
    private final Scratch[] perWorker;
    private final boolean exact;
    private final Activations inputs = new Activations();
    private final List<Product> products = new ArrayList<>();
    private final Workers.Region region = this::band;
    private final Workers.Items prepare = this::prepare;
    private int used;
    private int vectors;
    private long total;

    /** @param exact whether activations stay floats */
    public Matmul(Kernels kernels, Workers workers, Scratch[] perWorker, boolean exact) {
        this.kernels = kernels;
        this.workers = workers;
        this.perWorker = perWorker;
        this.exact = exact;
    }

    /** Adds {@code y[i] = matrix . x[i]} for a range of vectors. */
    public void add(Matrix matrix, Rows x, Rows y, int first, int count) {
        put(matrix, matrix, x, y, y, first, count, false);
    }

    /** Adds {@code y[i] = silu(gate . x[i]) * (up . x[i])} for a range of vectors; z is working memory like y. */
    void addGated(Matrix gate, Matrix up, Rows x, Rows y, Rows z, int first, int count) {
        put(gate, up, x, y, z, first, count, true);
    }

    private void put(Matrix matrix, Matrix up, Rows x, Rows y, Rows z, int first, int count, boolean gated) {
        if (count == 0) {
            return;
        }
        if (used == products.size()) {
            products.add(new Product(matrix, up, x, y, z));
        }
        Product p = products.get(used);
        p.matrix = matrix;
        p.up = up;
        p.x = x;
        p.y = y;
        p.z = z;
        p.first = first;
        p.count = count;
        p.gated = gated;
        p.cost = (long) matrix.columns() * (count + overhead(p)) * (gated ? 2 : 1);
        total += p.cost * matrix.groups();
        place(p);
        used++;
    }

    /** Whether a product computes with integers; both of its matrices, or neither. */
    private boolean integers(Product p) {
        Packing packing = p.matrix.packing();
        Packing other = p.up.packing();
        return !exact && packing.integers() && packing.codes() == other.codes() && packing.run() == other.run();
    }

    private int overhead(Product p) {
        if (!integers(p)) {
            return WIDENING;
        }
        return form(p).width() > 1 ? UNPACKING : READING;
    }

    private Activations.Form form(Product p) {
        if (!integers(p)) {
            return Activations.Form.FLOATS;
        }
        return kernels.form(p.matrix.packing().codes(), p.count);
    }

    /** Whether a product reads its inputs where they are. */
    private static boolean direct(Product p) {
        return p.count == 1 && !p.matrix.packing().integers() && !p.up.packing().integers();
    }

    private void place(Product p) {
        p.source = used;
        Activations.Form form = form(p);
        if (used > 0) {
            Product before = products.get(used - 1);
            if (before.x == p.x && before.first == p.first && before.count == p.count && !direct(before) && !direct(p)
                    && form == form(before)
                    && (form == Activations.Form.FLOATS
                            || (before.matrix.packing().codes() == p.matrix.packing().codes()
                                    && before.matrix.packing().run() == p.matrix.packing().run()))) {
                p.source = before.source;
                return;
            }
        }
        if (direct(p)) {
            return;
        }
        if (form != Activations.Form.FLOATS) {
            inputs.integers(p.place, form, p.count, p.matrix.columns(), p.matrix.packing());
        } else {
            inputs.floats(p.place, p.count, p.matrix.columns());
        }
        vectors += p.count;
    }

    /** Does everything that was added, and forgets it. */
    public void run() {
        try {
            if (vectors > 0) {
                inputs.makeRoom();
                workers.run(prepare, vectors, vectors > 1 ? ALONE : 0);
            }
            workers.run(region);
        } finally {
            used = 0;
            total = 0;
            vectors = 0;
            inputs.clear();
        }
    }

    /** Prepares input vectors, counted through all products that share none. */
    private void prepare(int worker, int from, int to) {
        int start = 0;
        for (int i = 0; i < used && start < to; i++) {
            Product p = products.get(i);
            if (p.source != i || direct(p)) {
                continue;
            }
            for (int v = Math.max(0, from - start); v < Math.min(p.count, to - start); v++) {
                float[] array = p.x.array(p.first + v);
                int at = p.x.offset(p.first + v);
                if (p.place.form != Activations.Form.FLOATS) {
                    kernels.quantise(array, at, inputs, p.place, v, perWorker[worker].block);
                } else {
                    inputs.put(p.place, v, array, at);
                }
                if (v == p.count - 1) {
                    inputs.pad(p.place, p.count);
                }
            }
            start += p.count;
        }
    }

    private void band(int worker, int unit, int units) {
        long from = workers.before(total, unit);
        long to = workers.before(total, unit + 1);
        long start = 0;
        for (int i = 0; i < used; i++) {
            Product p = products.get(i);
            int groups = p.matrix.groups();
            int first = group(from - start, p.cost, groups);
            int end = group(to - start, p.cost, groups);
            if (first < end) {
                multiply(p, first, end, perWorker[worker]);
            }
            start += p.cost * groups;
        }
    }

    /** The group where a band begins. */
    private static int group(long cost, long groupCost, int groups) {
        if (cost <= 0) {
            return 0;
        }
        return cost >= groupCost * groups ? groups : (int) (cost / groupCost);
    }

    private void multiply(Product p, int first, int end, Scratch scratch) {
        multiply(p, p.matrix, p.y, first, end, scratch);
        if (p.gated) {
            multiply(p, p.up, p.z, first, end, scratch);
            int row = first * kernels.lanes();
            int rows = Math.min(p.matrix.rows(), end * kernels.lanes()) - row;
            for (int i = p.first; i < p.first + p.count; i++) {
                kernels.gate(p.y.array(i), p.y.offset(i) + row, p.z.array(i), p.z.offset(i) + row, rows);
            }
        }
    }

    private void multiply(Product p, Matrix matrix, Rows y, int first, int end, Scratch scratch) {
        Activations.Place place = products.get(p.source).place;
        float[] results = scratch.results(p.count, kernels.lanes());
        if (direct(p) || place.width == 1) {
            int whole = Math.min(end, matrix.rows() / kernels.lanes());
            int most = p.count == 1 ? end : Math.max(1, CACHED / matrix.groupBytes());
            for (int group = first; group < whole; group += most) {
                int groups = Math.min(most, whole - group);
                int row = group * kernels.lanes();
                int v = 0;
                for (; v + 1 < p.count; v += 2) {
                    kernels.integers(matrix, group, groups, scratch.scales, inputs, place, v, y.array(p.first + v),
                            y.offset(p.first + v) + row, y.array(p.first + v + 1), y.offset(p.first + v + 1) + row);
                }
                if (v < p.count) {
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
                kernels.tiles(matrix, group, p.count, scratch.scales, scratch.shorts, inputs, place, results);
            } else {
                floats(matrix, group, p.count, place, results, scratch);
            }
            store(matrix, group, p, y, results);
        }
    }

    /**
     * Multiplies groups with one vector. Results go where they belong at once, and it is many groups in one call, for a core stops
     * reading ahead while it waits for results and copies them.
     */
    private void alone(Matrix matrix, int first, int groups, Product p, Activations.Place place, int vector, float[] y,
            int at, Scratch scratch) {
        if (direct(p)) {
            kernels.floats(matrix, first, groups, scratch.scales, p.x.array(p.first), p.x.offset(p.first), y, at);
        } else {
            kernels.integers(matrix, first, groups, scratch.scales, inputs, place, vector, y, at);
        }
    }

    private void floats(Matrix matrix, int group, int count, Activations.Place place, float[] results,
            Scratch scratch) {
        int lanes = kernels.lanes();
        kernels.scales(matrix, group, scratch.scales);
        Arrays.fill(results, 0, (count + Activations.TILE) * lanes, 0);
        for (int column = 0; column < matrix.columns(); column += Kernels.PANEL) {
            int columns = Math.min(Kernels.PANEL, matrix.columns() - column);
            kernels.unpack(matrix, group, column, columns, scratch.scales, scratch.shorts, scratch.floats);
            for (int v = 0; v < count; v += Activations.TILE) {
                kernels.tile(scratch.floats, columns, inputs, place, v / Activations.TILE, column,
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
