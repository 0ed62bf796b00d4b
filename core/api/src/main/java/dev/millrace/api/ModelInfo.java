/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * What a model is.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param name the name that its file gives, or the file's own
 * @param architecture for example {@code lfm2moe}
 * @param parameters number of weights, or 0 where only the runtime of a graph knows
 * @param layers number of layers
 * @param hiddenSize width of the residual stream
 * @param vocabularySize number of token ids; ids run from 0 to this minus one; 0 if the model runs elsewhere and its vocabulary is not
 *            known here
 * @param contextLength tokens that a conversation on this model can hold as it was opened
 * @param weightBytes size of the weights in the file, in bytes
 * @param quantisation the commonest type among its weight matrices, for example {@code Q4_0}
 */
public record ModelInfo(String name, String architecture, long parameters, int layers, int hiddenSize,
        int vocabularySize, int contextLength, long weightBytes, String quantisation) {
}
