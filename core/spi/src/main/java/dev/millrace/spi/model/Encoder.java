/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.util.List;
import java.util.Set;

/**
 * A model that turns a text into one vector: a graph in files of its own that gives a vector for each token, and how these
 * become one. It generates nothing and keeps nothing.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param format the graph's format, for example {@code onnx}; a backend looks at it first
 * @param architecture the family's name, for messages only, for example {@code bert}
 * @param vocabularySize token ids run from 0 to this minus one
 * @param hiddenSize values of a vector
 * @param contextLength tokens that a text may have
 * @param before ids that stand before each text
 * @param after ids that stand after each text
 * @param variants the same network stored in different ways, at least one
 * @param pooling how the vectors of the tokens become one
 * @param normalise whether the vector is divided by its length
 */
public record Encoder(String format, String architecture, int vocabularySize, int hiddenSize, int contextLength,
        List<Integer> before, List<Integer> after, List<Graph.Variant> variants, Pooling pooling,
        boolean normalise) implements Program {

    /** How the vectors of the tokens become one. */
    public enum Pooling {
        /** Their mean. */
        MEAN,
        /** The first one. */
        FIRST,
        /** The last one. */
        LAST,
        /** The largest of each value. */
        MAX
    }

    /**
     * Copies the lists.
     *
     * @throws IllegalArgumentException if there is no variant
     */
    public Encoder {
        before = List.copyOf(before);
        after = List.copyOf(after);
        variants = List.copyOf(variants);
        if (variants.isEmpty()) {
            throw new IllegalArgumentException("An encoder has at least one variant.");
        }
    }

    @Override
    public List<StateShape> stateShapes() {
        return List.of();
    }

    @Override
    public Set<Feature> features() {
        return Set.of();
    }
}
