/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.ModelInfo;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Counts what a program holds. */
final class ModelFacts {

    private ModelFacts() {
    }

    static ModelInfo of(ModelFile file, int context) {
        return switch (file.program()) {
            case Blueprint blueprint -> of(file.name(), blueprint, context);
            case Graph graph -> of(file.name(), graph, context);
        };
    }

    /** What a graph holds is known to its runtime only; the smallest variant stands for the size. */
    private static ModelInfo of(String name, Graph graph, int context) {
        Graph.Variant smallest = graph.variants().stream().min(Comparator.comparingLong(Graph.Variant::bytes))
                .orElseThrow();
        return new ModelInfo(name, graph.architecture(), 0, graph.stateShapes().size(), graph.hiddenSize(),
                graph.vocabularySize(), context, smallest.bytes(), smallest.name());
    }

    private static ModelInfo of(String name, Blueprint blueprint, int context) {
        long parameters = 0;
        long bytes = 0;
        Map<TensorType, Long> matrices = new EnumMap<>(TensorType.class);
        for (Tensor tensor : blueprint.tensors()) {
            long values = tensor.rows() * tensor.columns();
            parameters += values;
            bytes += tensor.byteSize();
            if (tensor.rows() > 1) {
                matrices.merge(tensor.type(), values, Long::sum);
            }
        }
        String commonest = matrices.entrySet().stream().max(Map.Entry.comparingByValue()).map(e -> e.getKey().name())
                .orElse("none");
        return new ModelInfo(name, blueprint.architecture(), parameters, blueprint.layers().size(),
                blueprint.hiddenSize(), blueprint.vocabularySize(), context, bytes, commonest);
    }
}
