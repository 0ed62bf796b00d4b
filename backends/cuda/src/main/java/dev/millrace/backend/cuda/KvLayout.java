/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Where each layer finds what it keeps: keys and values in pages of {@value #PAGE} tokens, columns of convolutions in a state.
 *
 * @param type how keys and values are stored: not {@link KeyValueType#AUTO}
 * @param shapes one a layer
 * @param offsets where each layer starts in its page or state, in bytes
 * @param pageBytes size of a page, 0 if no layer has keys
 * @param stateBytes size of a state, 0 if no layer has columns
 */
record KvLayout(KeyValueType type, List<StateShape> shapes, List<Long> offsets, long pageBytes, long stateBytes) {

    static final int PAGE = 32;

    KvLayout {
        shapes = List.copyOf(shapes);
        offsets = List.copyOf(offsets);
    }

    static KvLayout of(Blueprint blueprint, LoadOptions options) {
        KeyValueType type = options.keyValues();
        if (type == KeyValueType.AUTO) {
            type = options.precision() == Precision.EXACT
                    ? KeyValueType.F32
                    : quantised(blueprint) ? KeyValueType.Q8 : KeyValueType.F16;
        }
        List<Long> offsets = new ArrayList<>();
        long page = 0;
        long state = 0;
        for (StateShape shape : blueprint.stateShapes()) {
            switch (shape) {
                case StateShape.KeyValues kv -> {
                    offsets.add(page);
                    page += kv.heads() * headBytes(type, kv.headSize());
                }
                case StateShape.ConvColumns c -> {
                    offsets.add(state);
                    state += 4L * c.channels() * c.columns();
                }
            }
        }
        return new KvLayout(type, blueprint.stateShapes(), offsets, page, state);
    }

    /** Whether keys and values are made by quantised weights: then rounding them to 8 bits as well costs little beside. */
    private static boolean quantised(Blueprint blueprint) {
        return blueprint.layers().stream().map(Blueprint.Layer::mixer).filter(Blueprint.Attention.class::isInstance)
                .map(m -> ((Blueprint.Attention) m).key().weight()).map(Tensor::type).anyMatch(t -> t.isQuantised());
    }

    static int valueBytes(KeyValueType type) {
        return switch (type) {
            case F16 -> 2;
            case Q8 -> 1;
            default -> 4;
        };
    }

    /** Keys and values of a head in a page, with their scales. */
    static long headBytes(KeyValueType type, int headSize) {
        return 2L * PAGE * (headSize * valueBytes(type) + (type == KeyValueType.Q8 ? 4 : 0));
    }

    long offset(int layer) {
        return offsets.get(layer);
    }

    static int pages(int tokens) {
        return (tokens + PAGE - 1) / PAGE;
    }
}
