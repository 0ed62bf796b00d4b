/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.Precision;
import dev.millrace.spi.Blueprint;
import dev.millrace.spi.LoadOptions;
import dev.millrace.spi.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Set;

/**
 * Memory that a loaded model takes.
 *
 * @param weights packed weights, in bytes
 * @param perToken keys and values of one token, in bytes
 * @param context tokens of a full context
 * @param scratch activations, on the heap, in bytes
 */
record MemoryNeeds(long weights, long perToken, int context, long scratch) {

    static MemoryNeeds of(Blueprint blueprint, LoadOptions options, int lanes) {
        KvLayout layout = KvLayout.of(blueprint, keyValueType(blueprint, options));
        int tokens = Math.min(Chunk.MOST, options.context());
        long activations = Buffers.Widths.of(blueprint).perToken(blueprint.hiddenSize()) * 4 * tokens
                + AttentionMemory.bytes(blueprint, options.context());
        return new MemoryNeeds(new Weights(lanes).of(blueprint), layout.pageBytes() / KvLayout.PAGE, options.context(),
                activations);
    }

    /** How keys and values are kept. */
    static KvType keyValueType(Blueprint blueprint, LoadOptions options) {
        if (options.precision() == Precision.EXACT) {
            return KvType.F32;
        }
        return quantised(blueprint) ? KvType.Q8 : KvType.F16;
    }

    /** Whether keys and values are made by quantised weights: then rounding them to 8 bits as well costs little beside. */
    private static boolean quantised(Blueprint blueprint) {
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a
                    && !(a.key().type().isQuantised() && a.value().type().isQuantised())) {
                return false;
            }
        }
        return true;
    }

    /** All of it. */
    long total() {
        return weights + keyValues() + scratch;
    }

    long keyValues() {
        return perToken * KvLayout.pages(context) * KvLayout.PAGE;
    }

    /** One sentence that says why it does not fit. */
    String refusal(String architecture, long available) {
        StringBuilder text = new StringBuilder(
                "This " + architecture + " model takes " + gigabytes(total()) + " (weights "
                        + gigabytes(weights) + ", keys and values of " + context + " tokens " + gigabytes(keyValues())
                        + ", activations " + gigabytes(scratch) + "), but only " + gigabytes(available)
                        + " of memory are there; ");
        long left = available - weights - scratch;
        long fitting = perToken == 0 ? 0 : left / (perToken * KvLayout.PAGE) * KvLayout.PAGE;
        if (left > 0 && fitting > 0) {
            text.append("with a context of ").append(fitting).append(" tokens it would fit.");
        } else {
            text.append("take a smaller model or one that is quantised further.");
        }
        return text.toString();
    }

    static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }

    /** Adds up tensors, each once. */
    private static final class Weights {

        private final Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        private final int lanes;
        private long bytes;

        Weights(int lanes) {
            this.lanes = lanes;
        }

        long of(Blueprint blueprint) {
            add(blueprint.embedding());
            add(blueprint.head());
            for (Blueprint.Layer layer : blueprint.layers()) {
                switch (layer.mixer()) {
                    case Blueprint.Attention a -> {
                        add(a.query());
                        add(a.key());
                        add(a.value());
                        add(a.output());
                    }
                    case Blueprint.ShortConv c -> {
                        add(c.in());
                        add(c.out());
                    }
                }
                switch (layer.feedForward()) {
                    case Blueprint.Dense d -> add(d);
                    case Blueprint.Experts e -> {
                        add(e.router());
                        e.experts().forEach(this::add);
                    }
                }
            }
            return bytes;
        }

        private void add(Blueprint.Dense dense) {
            add(dense.gate());
            add(dense.up());
            add(dense.down());
        }

        private void add(Tensor tensor) {
            if (seen.add(tensor)) {
                int columns = Math.toIntExact(tensor.columns());
                bytes += Matrix.bytes(tensor.rows(), columns, Packing.of(tensor.type(), columns), lanes);
            }
        }
    }
}
