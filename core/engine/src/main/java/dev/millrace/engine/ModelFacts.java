/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.ModelInfo;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
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

    /** What a file holds that is not loaded: of several variants the smallest stands for the size. */
    static ModelInfo of(ModelFile file, int context) {
        return of(file.name(), file.program(), "", context);
    }

    /** What a program is of which one variant was loaded. */
    static ModelInfo of(String name, Program program, String variant, int context) {
        return switch (program) {
            case Blueprint blueprint -> of(name, blueprint, context);
            case Graph graph -> of(name, graph, graph.variants(), variant, context);
            case Encoder encoder -> of(name, encoder, encoder.variants(), variant, context);
        };
    }

    /** How many weights a graph holds is known to its runtime only. */
    private static ModelInfo of(String name, Program program, List<Graph.Variant> variants, String loaded,
            int context) {
        Graph.Variant variant = variants.stream().filter(one -> one.name().equals(loaded)).findFirst()
                .orElseGet(() -> variants.stream().min(Comparator.comparingLong(Graph.Variant::bytes)).orElseThrow());
        return new ModelInfo(name, program.architecture(), 0, program.stateShapes().size(), program.hiddenSize(),
                program.vocabularySize(), context, variant.bytes(), variant.name());
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
