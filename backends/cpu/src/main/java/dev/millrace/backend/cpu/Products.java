/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import java.util.ArrayList;
import java.util.List;

/**
 * Products of matrices with vectors, all done in one parallel region. A unit is a contiguous band of all rows, so
 * weights are read once, front to back, and every panel of decoded rows meets all its vectors while it is in the cache.
 */
final class Products {

    /** Rows that are decoded at a time. */
    static final int PANEL = 8;

    /** Decoding a row costs about as much as multiplying it with two vectors. */
    private static final int DECODING = 2;

    /** One product, or two whose results meet in a gate; used again and again. */
    private static final class Product {
        private Matrix matrix;
        private Matrix up;
        private Rows x;
        private Rows y;
        private Rows z;
        private boolean gated;
        private int first;
        private int count;
        private long cost;

        Product(Matrix matrix, Matrix up, Rows x, Rows y, Rows z) {
            this.matrix = matrix;
            this.up = up;
            this.x = x;
            this.y = y;
            this.z = z;
        }
    }

    /** What one worker needs for itself. */
    static final class Scratch {
        final float[] panel;
        final byte[] raw;
        final float[] lanes = new float[Kernels.LANES];

        /** Room for panels of the longest row. */
        Scratch(int columns, int rowBytes) {
            panel = new float[Math.multiplyExact(PANEL, columns)];
            raw = new byte[Math.multiplyExact(PANEL, rowBytes)];
        }
    }

    private final Kernels kernels;
    private final Workers workers;
    private final Scratch[] scratch;
    private final List<Product> products = new ArrayList<>();
    private final Workers.Region region = this::band;
    private int used;
    private long total;

    Products(Kernels kernels, Workers workers, Scratch[] scratch) {
        this.kernels = kernels;
        this.workers = workers;
        this.scratch = scratch;
    }

    /** Adds {@code y[i] = matrix . x[i]} for a range of vectors. */
    void add(Matrix matrix, Rows x, Rows y, int first, int count) {
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
        Product p = products.get(used++);
        p.matrix = matrix;
        p.up = up;
        p.x = x;
        p.y = y;
        p.z = z;
        p.first = first;
        p.count = count;
        p.gated = gated;
        p.cost = (long) matrix.columns() * (count + DECODING) * (gated ? 2 : 1);
        total += p.cost * matrix.rows();
    }

    /** Does everything that was added, and forgets it. */
    void run() {
        try {
            workers.run(region);
        } finally {
            used = 0;
            total = 0;
        }
    }

    private void band(int worker, int unit, int units) {
        long from = total / units * unit;
        long to = unit == units - 1 ? total : total / units * (unit + 1);
        long start = 0;
        for (int i = 0; i < used; i++) {
            Product p = products.get(i);
            int rows = p.matrix.rows();
            int firstRow = row(from - start, p.cost, rows);
            int endRow = row(to - start, p.cost, rows);
            if (firstRow < endRow) {
                multiply(p, firstRow, endRow, scratch[worker]);
            }
            start += p.cost * rows;
        }
    }

    /** The row where a band begins, on a whole panel, so that workers share no cache line of the results. */
    private static int row(long cost, long rowCost, int rows) {
        if (cost <= 0) {
            return 0;
        }
        return cost >= rowCost * rows ? rows : (int) (cost / rowCost / PANEL * PANEL);
    }

    private void multiply(Product p, int firstRow, int endRow, Scratch own) {
        multiply(p.matrix, p.x, p.y, firstRow, endRow, p.first, p.count, own);
        if (p.gated) {
            multiply(p.up, p.x, p.z, firstRow, endRow, p.first, p.count, own);
            for (int i = p.first; i < p.first + p.count; i++) {
                kernels.gate(p.y.array(i), p.y.offset(i) + firstRow, p.z.array(i), p.z.offset(i) + firstRow,
                        endRow - firstRow);
            }
        }
    }

    private void multiply(Matrix matrix, Rows x, Rows y, int firstRow, int endRow, int first, int count, Scratch own) {
        int columns = matrix.columns();
        for (int row = firstRow; row < endRow; row += PANEL) {
            int rows = Math.min(PANEL, endRow - row);
            matrix.unpack(row, rows, own.raw, own.panel, 0);
            kernels.dots(own.panel, 0, columns, rows, columns, x, y, row, first, count, own.lanes);
        }
    }
}
