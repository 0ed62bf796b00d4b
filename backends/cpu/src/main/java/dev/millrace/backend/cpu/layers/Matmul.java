/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.backend.InputObserver;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Products of matrices with vectors, all done in one parallel region after their inputs are prepared. A unit is a contiguous
 * band of all rows, so weights are read once, front to back, and what is unpacked of them meets all its vectors while it is in
 * the cache.
 */
public final class Matmul {

    /** What comes to the work of multiplying a row with each vector, in such vectors: reading it from memory. */
    private static final int READING = 1;
    /** The same where its codes are unpacked to a panel of integers first. */
    private static final int UNPACKING = 3;
    /** The same with a panel of floats. */
    private static final int WIDENING = 2;

    private final Kernels kernels;
    private final Workers workers;
    private final MatmulScratch[] scratch;
    private final boolean exact;
    private final List<Product> products = new ArrayList<>();
    private final MatmulInputs inputs;
    private final MatmulBand band;
    private final Workers.Region region = this::band;
    private int used;
    private long total;
    private @Nullable InputObserver observer;

    /**
     * For one model.
     *
     * @param scratch one per worker
     * @param exact whether activations stay floats
     */
    public Matmul(Kernels kernels, Workers workers, MatmulScratch[] scratch, boolean exact) {
        this.kernels = kernels;
        this.workers = workers;
        this.scratch = scratch;
        this.exact = exact;
        inputs = new MatmulInputs(kernels, workers, scratch, products);
        band = new MatmulBand(kernels, inputs);
    }

    /** Shows all inputs to an observer from now on. */
    void observe(InputObserver seeing) {
        observer = seeing;
    }

    /** Adds {@code y[i] = matrix . x[i]} for a range of vectors. */
    public void add(Matrix matrix, Rows x, Rows y, int first, int count) {
        put(matrix, null, matrix, null, null, x, y, y, first, count);
    }

    /** Adds {@code y[i] = weight . x[i] + bias} for a range of vectors. */
    void add(Network.Linear map, Rows x, Rows y, int first, int count) {
        put(map.weight(), map.bias(), map.weight(), null, null, x, y, y, first, count);
    }

    /**
     * Adds {@code y[i] = activation(gate . x[i], up . x[i])} for a range of vectors, with biases.
     *
     * @param z working memory like y
     */
    void addGated(Network.Linear gate, Network.Linear up, GateFunction activation, Rows x, Rows y, Rows z, int first,
            int count) {
        put(gate.weight(), gate.bias(), up.weight(), up.bias(), activation, x, y, z, first, count);
    }

    private void put(Matrix matrix, float @Nullable [] bias, Matrix up, float @Nullable [] upBias,
            @Nullable GateFunction gate, Rows x, Rows y, Rows z, int first, int count) {
        if (count == 0) {
            return;
        }
        if (used == products.size()) {
            products.add(new Product(matrix, up, x, y, z));
        }
        Product p = products.get(used);
        p.matrix = matrix;
        p.bias = bias;
        p.up = up;
        p.upBias = upBias;
        p.gate = gate;
        p.x = x;
        p.y = y;
        p.z = z;
        p.first = first;
        p.count = count;
        Packing packing = matrix.packing();
        Packing other = up.packing();
        p.integers = !exact && packing.integers() && packing.sameInputs(other);
        p.form = p.integers ? kernels.form(packing, count) : Activations.Form.FLOATS;
        p.direct = count == 1 && !packing.integers() && !other.integers();
        p.cost = (long) matrix.columns() * (count + overhead(p)) * (gate != null ? 2 : 1);
        total += p.cost * matrix.groups();
        used++;
        inputs.add();
    }

    private static int overhead(Product p) {
        if (!p.integers) {
            return WIDENING;
        }
        return p.form.width() > 1 && p.form != Activations.Form.QUADS ? UNPACKING : READING;
    }

    /** Does everything that was added, and forgets it. */
    public void run() {
        try {
            if (observer != null) {
                show(observer);
            }
            inputs.prepare();
            workers.run(region);
        } finally {
            used = 0;
            total = 0;
            inputs.clear();
        }
    }

    private void show(InputObserver to) {
        for (int i = 0; i < used; i++) {
            Product p = products.get(i);
            for (int v = p.first; v < p.first + p.count; v++) {
                to.multiplied(p.matrix.name(), p.x.array(v), p.x.offset(v), p.matrix.columns());
                if (p.gate != null) {
                    to.multiplied(p.up.name(), p.x.array(v), p.x.offset(v), p.up.columns());
                }
            }
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
                band.multiply(p, first, end, scratch[worker]);
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
}
