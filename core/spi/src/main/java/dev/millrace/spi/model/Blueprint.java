/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.util.List;

/**
 * A decoder-only model as data: what to compute, with handles on the weights. A backend executes it; a new model family is
 * a new reading of a file into a blueprint.
 *
 * <p>
 * With {@code h} the residual stream of {@link #hiddenSize()} values: {@code h = embedding[token]}; for each layer
 * {@code h += mixer(norm(h))}, then {@code h += feedForward(norm(h))}; last {@code logits = head . outputNorm(h)}.
 *
 * @param architecture the family's name in its file format, for messages only, for example {@code lfm2moe}
 * @param vocabularySize rows of embedding and head
 * @param hiddenSize columns of embedding and head
 * @param contextLength tokens that the model was made for
 * @param embedding one row a token
 * @param layers in order
 * @param outputNorm before the head
 * @param head one row a token; the same handle as the embedding if they are tied
 */
public record Blueprint(String architecture, int vocabularySize, int hiddenSize, int contextLength, Tensor embedding,
        List<Layer> layers, Norm outputNorm, Tensor head) implements Program {

    /** Copies the list. */
    public Blueprint {
        layers = List.copyOf(layers);
    }

    @Override
    public List<StateShape> stateShapes() {
        return layers.stream().map(layer -> switch (layer.mixer()) {
            case Attention a -> (StateShape) new StateShape.KeyValues(a.kvHeads(), a.headSize());
            case ShortConv c -> new StateShape.ConvColumns(hiddenSize, c.width() - 1);
        }).toList();
    }

    /**
     * One layer.
     *
     * @param mixerNorm before the mixer
     * @param mixer moves information between positions
     * @param feedForwardNorm before the feed-forward
     * @param feedForward works on each position by itself
     */
    public record Layer(Norm mixerNorm, Mixer mixer, Norm feedForwardNorm, FeedForward feedForward) {
    }

    /**
     * Root mean square norm: {@code x * weight / sqrt(mean(x^2) + epsilon)} (Zhang and Sennrich, 2019).
     *
     * @param weight one row
     * @param epsilon as the model was trained
     */
    public record Norm(Tensor weight, float epsilon) {
    }

    /** Moves information between positions. */
    public sealed interface Mixer {
    }

    /**
     * Grouped-query attention (Ainslie et al., 2023): query head {@code i} uses key-value head
     * {@code i / (heads / kvHeads)}; scores are scaled by {@code 1 / sqrt(headSize)}.
     *
     * @param heads query heads
     * @param kvHeads key and value heads; divides heads
     * @param headSize values in a head
     * @param query heads * headSize rows
     * @param key kvHeads * headSize rows
     * @param value kvHeads * headSize rows
     * @param output hiddenSize rows
     * @param queryNorm over each query head before the rope
     * @param keyNorm over each key head before the rope
     * @param rope positions
     */
    public record Attention(int heads, int kvHeads, int headSize, Tensor query, Tensor key, Tensor value, Tensor output,
            Norm queryNorm, Norm keyNorm, Rope rope) implements Mixer {
    }

    /**
     * Rotary position embedding (Su et al., 2021) over whole heads, in the half-split ("NEOX") order: value {@code j}
     * turns with value {@code j + headSize / 2} by {@code position * theta^(-2j / headSize)}.
     *
     * @param theta base of the wavelengths
     */
    public record Rope(float theta) {
    }

    /**
     * Gated short convolution (LFM2): {@code (b, c, x) = split(in . n)}, each as wide as the stream;
     * {@code u = b * x}; {@code y_t = c_t * sum over j of kernel[channel][j] * u[t - (width - 1) + j]}; output {@code out . y}.
     * Its state is the last {@code width - 1} columns of {@code u}.
     *
     * @param width taps of the kernel; the last meets the current token
     * @param in 3 * hiddenSize rows: b, c, x
     * @param kernel hiddenSize rows (channels) of width columns
     * @param out hiddenSize rows
     */
    public record ShortConv(int width, Tensor in, Tensor kernel, Tensor out) implements Mixer {
    }

    /** Works on each position by itself. */
    public sealed interface FeedForward {
    }

    /**
     * SwiGLU (Shazeer, 2020): {@code down . (silu(gate . m) * (up . m))}.
     *
     * @param gate inner rows
     * @param up inner rows
     * @param down hiddenSize rows of inner columns
     */
    public record Dense(Tensor gate, Tensor up, Tensor down) implements FeedForward {
    }

    /**
     * Mixture of experts: scores by {@code gating(router . m)}; the {@code used} experts with the largest
     * {@code score + bias} are picked; their scores (without the bias), made to sum to one if {@code normalise} (divided
     * by sum + 1e-6), times {@code scale}, weigh their outputs.
     *
     * @param router a row an expert, F32
     * @param bias one row with a value an expert, zeros if the model has none; takes part in picking only
     * @param gating how router outputs become scores
     * @param used experts at work for a token, 1 to their number
     * @param normalise whether weights are made to sum to one
     * @param scale multiplies the weights
     * @param experts all of the same shape
     */
    public record Experts(Tensor router, Tensor bias, Gating gating, int used, boolean normalise, float scale,
            List<Dense> experts) implements FeedForward {

        /** Copies the list. */
        public Experts {
            experts = List.copyOf(experts);
        }
    }

    /** How a router's outputs become scores. */
    public enum Gating {
        /** Each by itself. */
        SIGMOID,
        /** Over all experts. */
        SOFTMAX
    }
}
