/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.util.List;
import java.util.Set;

/**
 * What a model computes: a {@link Blueprint}, whose tensors a backend reads, a {@link Graph}, which a runtime with operators of
 * its own executes, or an {@link Encoder}, which turns texts into vectors and generates nothing. A backend takes the kinds that it understands and refuses the others.
 *
 * <p>
 * Minor versions may add kinds.
 */
public sealed interface Program permits Blueprint, Graph, Encoder {

    /**
     * The family's name in its file format, for messages only.
     *
     * @return for example {@code lfm2moe}
     */
    String architecture();

    /**
     * Number of token ids.
     *
     * @return logits in a row; ids run from 0 to this minus one
     */
    int vocabularySize();

    /**
     * Width of the residual stream.
     *
     * @return values
     */
    int hiddenSize();

    /**
     * Tokens that the model was made for.
     *
     * @return 1 or more
     */
    int contextLength();

    /**
     * What each layer keeps of a sequence. Programs with equal shapes can exchange states of sequences as far as shapes
     * go; that their weights are the same network is the caller's business.
     *
     * @return one entry a layer, in order
     */
    List<StateShape> stateShapes();

    /**
     * What a backend has to compute for it.
     *
     * @return the features, derived from the data; empty for graphs and encoders, whose runtime reads what it needs
     */
    Set<Feature> features();
}
