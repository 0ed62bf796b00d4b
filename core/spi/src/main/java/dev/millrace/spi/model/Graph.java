/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A decoder-only model whose computation is a graph in files of its own, weights included. Its runtime reads names, types and
 * shapes of inputs and outputs from there; what stands here is what everybody else needs to know.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param format the graph's format, for example {@code onnx}; a backend looks at it first
 * @param architecture the family's name, for messages only, for example {@code lfm2_moe}
 * @param vocabularySize logits in a row
 * @param hiddenSize width of the residual stream
 * @param contextLength tokens that the model was made for
 * @param stateShapes what each layer keeps, in order
 * @param variants the same network stored in different ways, at least one; the backend takes what suits it
 */
public record Graph(String format, String architecture, int vocabularySize, int hiddenSize, int contextLength,
        List<StateShape> stateShapes, List<Variant> variants) implements Program {

    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there is no variant
     */
    public Graph {
        stateShapes = List.copyOf(stateShapes);
        variants = List.copyOf(variants);
        if (variants.isEmpty()) {
            throw new IllegalArgumentException("A graph has at least one variant.");
        }
    }

    @Override
    public Set<Feature> features() {
        return Set.of();
    }

    /**
     * The variant of a name.
     *
     * @param name its short name
     * @return empty if there is none
     */
    public Optional<Variant> variant(String name) {
        return variants.stream().filter(one -> one.name().equals(name)).findFirst();
    }

    /**
     * One way in which the network is stored.
     *
     * @param name its short name, for example {@code fp32}, {@code fp16}, {@code q4}, {@code q4f16} or {@code q8}
     * @param file the graph
     * @param weights further files with weights, all present; empty if they stand in the graph's own
     * @param bytes size of all these files
     * @param names what inputs and outputs with names of their own are, as the names that exports have in common, for example
     *            {@code past_key_values.3.key}; those that have these names already may be left out
     */
    public record Variant(String name, Path file, List<Path> weights, long bytes, Map<String, String> names) {

        /** Copies the collections. */
        public Variant {
            weights = List.copyOf(weights);
            names = Map.copyOf(names);
        }

        /**
         * A variant whose inputs and outputs have common names.
         *
         * @param name its short name
         * @param file the graph
         * @param weights further files with weights
         * @param bytes size of all these files
         */
        public Variant(String name, Path file, List<Path> weights, long bytes) {
            this(name, file, weights, bytes, Map.of());
        }

        /**
         * All that its numbers come from, for {@link ModelIdentity}.
         *
         * @return the graph, then the further files
         */
        public List<Path> files() {
            List<Path> files = new ArrayList<>();
            files.add(file);
            files.addAll(weights);
            return List.copyOf(files);
        }
    }
}
