/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.backend.cpu.weights.WeightForm;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.util.List;

/**
 * Counts what {@link Activations} grow to at most: the largest region of products that compute with integers, and the largest of
 * those that compute with floats, since both have arrays of their own.
 */
public final class MatmulInputSizes {

    /** Eighths of a byte that a column of a quantised vector takes: its code, a share of a scale, and one of two sums. */
    private static final int EIGHTHS = 8 * (Integer.BYTES / 2) + 8 * Float.BYTES / Activations.BLOCK
            + 8 * (Integer.BYTES + Float.BYTES) / 16;
    /** The same for weights of bytes, which kernels may multiply with whole numbers that are floats. */
    private static final int EIGHTHS_OF_BYTES = 8 * Float.BYTES + 8 * Float.BYTES / Activations.BLOCK;

    private static final Packing FLOATS = Packing.of(TensorType.F32, 1);

    private final int tokens;
    private final boolean exact;
    private final WeightForm form;
    private long integers;
    private long floats;

    private MatmulInputSizes(int tokens, boolean exact, WeightForm form) {
        this.tokens = tokens;
        this.exact = exact;
        this.form = form;
    }

    /**
     * An upper bound.
     *
     * @param tokens in a micro-batch
     * @param exact whether activations stay floats
     * @param form how the kernels want weights
     * @return bytes, on the heap or beside it
     */
    public static long bytes(Blueprint blueprint, int tokens, boolean exact, WeightForm form) {
        MatmulInputSizes inputs = new MatmulInputSizes(tokens, exact, form);
        for (Blueprint.Layer layer : blueprint.layers()) {
            inputs.mixer(layer.mixer());
            inputs.feedForward(layer.feedForward());
        }
        inputs.all(blueprint.head());
        return inputs.integers + inputs.integers / Activations.SPARE + inputs.floats;
    }

    private void mixer(Blueprint.Mixer mixer) {
        switch (mixer) {
            case Blueprint.Attention a -> {
                all(a.query().weight(), a.key().weight(), a.value().weight());
                all(a.output().weight());
            }
            case Blueprint.ShortConv c -> {
                all(c.in());
                all(c.out());
            }
        }
    }

    private void feedForward(Blueprint.FeedForward feedForward) {
        switch (feedForward) {
            case Blueprint.Dense d -> dense(tiles(tokens), 1, d);
            case Blueprint.Experts e -> {
                Blueprint.Shared shared = e.shared();
                if (shared == null || shared.gate() == null) {
                    all(e.router().weight());
                } else {
                    all(e.router().weight(), shared.gate());
                }
                long picks = (long) tokens * e.used();
                int experts = e.experts().size();
                // the last tile of each expert may be nearly empty
                long tiles = Math.min(picks, picks / Activations.TILE + experts);
                for (Blueprint.Dense expert : e.experts()) {
                    dense(tiles, experts, expert);
                }
                if (shared != null) {
                    // its products are in the regions of the others, with inputs of its own
                    long ofExperts = integers;
                    long floatsOfExperts = floats;
                    dense(tiles(tokens), 1, shared.expert());
                    integers += ofExperts;
                    floats += floatsOfExperts;
                }
            }
        }
    }

    private void dense(long tiles, int products, Blueprint.Dense d) {
        Packing gate = packing(d.gate().weight());
        boolean same = gate.sameInputs(packing(d.up().weight()));
        region(tiles, products, d.gate().weight().columns(), List.of(same ? gate : FLOATS));
        region(tiles, products, d.down().weight().columns(), List.of(packing(d.down().weight())));
    }

    /** Weights that read the same vector of each token. */
    private void all(Tensor... weights) {
        region(tiles(tokens), 1, weights[0].columns(), List.of(weights).stream().map(this::packing).toList());
    }

    private static long tiles(int vectors) {
        return (vectors + Activations.TILE - 1L) / Activations.TILE;
    }

    /** How weights are packed, and something without scales where inputs are floats. */
    private Packing packing(Tensor weights) {
        Packing packing = form.packing(weights.type(), Math.toIntExact(weights.columns()));
        return !exact && packing.integers() ? packing : FLOATS;
    }

    /** Vectors are prepared once for neighbours of the same kind. */
    private void region(long tiles, int products, long columns, List<Packing> packings) {
        long values = tiles * Activations.TILE * columns;
        long quantised = 0;
        long plain = 0;
        for (int i = 0; i < packings.size(); i++) {
            Packing packing = packings.get(i);
            if (i > 0 && packing.sameInputs(packings.get(i - 1))) {
                continue;
            }
            if (packing.integers()) {
                int eighths = packing.codes() == Packing.Codes.BYTES ? EIGHTHS_OF_BYTES : EIGHTHS;
                // kernels read one sum ahead
                quantised += values * eighths / 8 + (long) products * (Integer.BYTES + Float.BYTES);
            } else {
                plain += values * Float.BYTES;
            }
        }
        integers = Math.max(integers, quantised);
        floats = Math.max(floats, plain);
    }
}
