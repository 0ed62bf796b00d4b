/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.threads.Workers;
import java.util.List;

/** Prepares the input vectors of products for the kernels; once where neighbours read the same. */
final class MatmulInputs {

    /** Elements of inputs below which preparing them in parallel costs more than it gains. */
    private static final int ALONE = 16_384;

    private final Kernels kernels;
    private final Workers workers;
    private final MatmulScratch[] scratch;
    private final List<Product> products;
    private final Activations activations = new Activations();
    private final Workers.Items prepare = this::prepare;
    private int used;
    private int vectors;

    /** @param products the list that {@link #add} is told of one by one */
    MatmulInputs(Kernels kernels, Workers workers, MatmulScratch[] scratch, List<Product> products) {
        this.kernels = kernels;
        this.workers = workers;
        this.scratch = scratch;
        this.products = products;
    }

    /** Gives the inputs of the next product a place. */
    void add() {
        Product p = products.get(used);
        p.source = used;
        Product before = used > 0 ? products.get(used - 1) : p;
        used++;
        if (before != p && p.sharesInputs(before)) {
            p.source = before.source;
            return;
        }
        if (p.direct) {
            return;
        }
        if (p.form != Activations.Form.FLOATS) {
            activations.integers(p.place, p.form, p.count, p.matrix.columns(), p.matrix.packing());
        } else {
            activations.floats(p.place, p.count, p.matrix.columns());
        }
        vectors += p.count;
    }

    /** Prepares the inputs of all products. */
    void prepare() {
        if (vectors > 0) {
            activations.makeRoom();
            workers.run(prepare, vectors, vectors > 1 ? ALONE : 0);
        }
    }

    void clear() {
        used = 0;
        vectors = 0;
        activations.clear();
    }

    Activations activations() {
        return activations;
    }

    /** Where the inputs of a product lie. */
    Activations.Place place(Product p) {
        return products.get(p.source).place;
    }

    /** Prepares input vectors, counted through all products that share none. */
    private void prepare(int worker, int from, int to) {
        int start = 0;
        for (int i = 0; i < used && start < to; i++) {
            Product p = products.get(i);
            if (p.source != i || p.direct) {
                continue;
            }
            for (int v = Math.max(0, from - start); v < Math.min(p.count, to - start); v++) {
                float[] array = p.x.array(p.first + v);
                int at = p.x.offset(p.first + v);
                if (p.place.form != Activations.Form.FLOATS) {
                    kernels.quantise(array, at, activations, p.place, v, scratch[worker].quads);
                } else {
                    activations.put(p.place, v, array, at);
                }
                if (v == p.count - 1) {
                    activations.pad(p.place, p.count);
                }
            }
            start += p.count;
        }
    }
}
