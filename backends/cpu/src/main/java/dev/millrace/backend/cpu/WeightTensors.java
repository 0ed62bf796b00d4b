/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Finds the matrices of a blueprint: all that is packed, but not norms, biases and kernels of convolutions. */
final class WeightTensors {

    private final Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Tensor> tensors = new ArrayList<>();

    private WeightTensors() {
    }

    /** All matrices in the order in which a token meets them, each once. */
    static List<Tensor> of(Blueprint blueprint) {
        WeightTensors found = new WeightTensors();
        found.add(blueprint.embedding());
        for (Blueprint.Layer layer : blueprint.layers()) {
            found.add(layer);
        }
        found.add(blueprint.head());
        return List.copyOf(found.tensors);
    }

    private void add(Blueprint.Layer layer) {
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

    private void add(Blueprint.Dense dense) {
        add(dense.gate());
        add(dense.up());
        add(dense.down());
    }

    private void add(Tensor tensor) {
        if (seen.add(tensor)) {
            tensors.add(tensor);
        }
    }
}
