/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.Blueprint;
import dev.millrace.spi.TensorType;
import java.util.ArrayList;
import java.util.List;

/**
 * How keys and values lie in memory: in pages of {@link #PAGE} tokens that hold all attention layers; in a page, for each
 * layer, keys then values as {@code [head][token][headSize]}.
 *
 * @param type F32 or F16
 * @param layers one entry a layer of the blueprint; those without attention have no heads
 * @param pageBytes size of a page
 */
record KvLayout(TensorType type, List<Layer> layers, long pageBytes) {

    /** Tokens in a page. */
    static final int PAGE = 64;

    /**
     * One layer's share of a page.
     *
     * @param heads key-value heads
     * @param headSize values in a head
     * @param keys index of the first key, counted in values from the start of the page
     */
    record Layer(int heads, int headSize, long keys) {

        /** Index of the run of keys of a head. */
        long key(int head, int token) {
            return keys + ((long) head * PAGE + token) * headSize;
        }

        /** Index of the run of values of a head. */
        long value(int head, int token) {
            return key(heads + head, token);
        }
    }

    static KvLayout of(Blueprint blueprint, TensorType type) {
        List<Layer> layers = new ArrayList<>();
        long values = 0;
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a) {
                layers.add(new Layer(a.kvHeads(), a.headSize(), values));
                values += 2L * PAGE * a.kvHeads() * a.headSize();
            } else {
                layers.add(new Layer(0, 0, values));
            }
        }
        return new KvLayout(type, List.copyOf(layers), type.bytes(values));
    }

    /** Pages that hold so many tokens. */
    static int pages(int tokens) {
        return tokens / PAGE + (tokens % PAGE == 0 ? 0 : 1);
    }
}
