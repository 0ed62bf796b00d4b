/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Blueprint.Attention;
import dev.millrace.spi.model.Blueprint.Dense;
import dev.millrace.spi.model.Blueprint.Experts;
import dev.millrace.spi.model.Blueprint.FeedForward;
import dev.millrace.spi.model.Blueprint.Gating;
import dev.millrace.spi.model.Blueprint.Layer;
import dev.millrace.spi.model.Blueprint.Linear;
import dev.millrace.spi.model.Blueprint.Mixer;
import dev.millrace.spi.model.Blueprint.Multipliers;
import dev.millrace.spi.model.Blueprint.Norm;
import dev.millrace.spi.model.Blueprint.Norms;
import dev.millrace.spi.model.Blueprint.Shared;
import dev.millrace.spi.model.Blueprint.ShortConv;
import dev.millrace.spi.model.Blueprint.Span;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Small models with random weights, each of which asks for one feature and for as little else as can be. */
final class FeatureModels {

    static final int VOCABULARY = 160;
    private static final int HIDDEN = 64;
    private static final int INNER = 96;
    private static final int HEADS = 4;
    private static final int KV_HEADS = 2;
    private static final int HEAD_SIZE = 32;
    private static final int EXPERTS = 4;
    private static final int TAPS = 3;
    private static final int CONTEXT = 256;
    private static final float BASE = 10_000;

    private final Random random;

    FeatureModels(long seed) {
        random = new Random(seed);
    }

    /** A model that asks for a feature. */
    Blueprint of(Feature feature) {
        float scale = (float) (1 / Math.sqrt(HEAD_SIZE));
        return switch (feature) {
            case ATTENTION, SWIGLU -> model(attention(), dense());
            case SHORT_CONVOLUTION -> model(new ShortConv(TAPS, matrix(3 * HIDDEN, HIDDEN), matrix(HIDDEN, TAPS),
                    matrix(HIDDEN, HIDDEN)), dense());
            case HEAD_NORM -> model(attention().withNorms(norm(HEAD_SIZE), norm(HEAD_SIZE)), dense());
            case PROJECTION_NORM ->
                model(attention().withNorms(norm(HEADS * HEAD_SIZE), norm(KV_HEADS * HEAD_SIZE)), dense());
            case ONE_HEAD_NORM -> model(attention().withNorms(null, norm(HEAD_SIZE)), dense());
            case NO_POSITION -> model(attention(new Position.None()), dense());
            case ROPE_PARTIAL -> model(attention(new Position.Rope(HEAD_SIZE / 2, BASE)), dense());
            case ROPE_INTERLEAVED -> model(attention(new Position.Rope(HEAD_SIZE, BASE, Position.Order.INTERLEAVED,
                    new Position.Scaling.None())), dense());
            case ROPE_SCALING -> model(scaled(new Position.Scaling.Yarn(4, 16, 8, 1, true, 1.2f)), dense());
            case ROPE_BY_LENGTH -> model(scaled(new Position.Scaling.LongRope(divisors(1), divisors(3), 16, 1, 1.1f)),
                    dense());
            case WINDOW -> model(attention().withSpan(new Span(7)), dense());
            case ATTENTION_SCALE -> model(attention().withScores(0.4f, 0, null), dense());
            case ATTENTION_SOFTCAP -> model(attention().withScores(scale, 0.7f, null), dense());
            case ATTENTION_SINKS -> model(attention().withScores(scale, 0, matrix(1, HEADS)), dense());
            case ATTENTION_BIAS -> model(attention().withBiases(matrix(1, HEADS * HEAD_SIZE),
                    matrix(1, KV_HEADS * HEAD_SIZE), matrix(1, KV_HEADS * HEAD_SIZE), matrix(1, HIDDEN)), dense());
            case NO_NORM_BEFORE -> model(new Norms(null, norm(HIDDEN)), attention(), dense());
            case NORM_AFTER -> model(new Norms(norm(HIDDEN), norm(HIDDEN)), attention(), dense());
            case NORM_ONE_PLUS ->
                model(new Norms(new Norm(matrix(1, HIDDEN), 1e-5f, true), null), attention(), dense());
            case GEGLU -> model(attention(), dense(Activation.GELU, false));
            case CLAMPED_SWIGLU -> model(attention(), dense(new Activation.ClampedSwiglu(1.7f, 0.8f), false));
            case FEED_FORWARD_BIAS -> model(attention(), dense(Activation.SILU, true));
            case ROUTER_SIGMOID -> model(attention(), experts(Gating.SIGMOID, null, null));
            case ROUTER_SOFTMAX -> model(attention(), experts(Gating.SOFTMAX, null, null));
            case ROUTER_SOFTMAX_OF_PICKED -> model(attention(), experts(Gating.SOFTMAX_OF_PICKED, null, null));
            case ROUTER_BIAS -> model(attention(), experts(Gating.SOFTMAX, matrix(1, EXPERTS), null));
            case SHARED_EXPERT -> model(attention(), experts(Gating.SOFTMAX, null, new Shared(dense(), null)));
            case SHARED_EXPERT_GATE ->
                model(attention(), experts(Gating.SOFTMAX, null, new Shared(dense(), matrix(1, HIDDEN))));
            case EMBEDDING_MULTIPLIER -> model(new Multipliers(2.5f, 1, 1), 0);
            case RESIDUAL_MULTIPLIER -> model(new Multipliers(1, 0.4f, 1), 0);
            case LOGITS_MULTIPLIER -> model(new Multipliers(1, 1, 0.3f), 0);
            case LOGITS_SOFTCAP -> model(Multipliers.NONE, 1.5f);
        };
    }

    /** A plain model whose head has some rows of zeros, whose logits are all equal. */
    Blueprint ties(List<Integer> zeros) {
        Blueprint plain = model(attention(), dense());
        float[] head = new float[VOCABULARY * HIDDEN];
        for (int row = 0; row < VOCABULARY; row++) {
            for (int i = 0; i < HIDDEN; i++) {
                head[row * HIDDEN + i] = zeros.contains(row) ? 0 : (float) random.nextGaussian();
            }
        }
        return new Blueprint(plain.architecture(), VOCABULARY, HIDDEN, CONTEXT, plain.embedding(), plain.layers(),
                plain.outputNorm(), new MemoryTensor("head", VOCABULARY, head));
    }

    private Tensor matrix(int rows, int columns) {
        float[] values = new float[rows * columns];
        // about as large as what it is multiplied with; vectors are felt, too
        double size = rows == 1 ? 0.5 : 1.5 / Math.sqrt(columns);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (random.nextGaussian() * size);
        }
        return new MemoryTensor(rows + "x" + columns, rows, values);
    }

    private Norm norm(int columns) {
        float[] values = new float[columns];
        for (int i = 0; i < columns; i++) {
            values[i] = 0.7f + 0.6f * random.nextFloat();
        }
        return new Norm(new MemoryTensor("norm", 1, values), 1e-5f);
    }

    private List<Float> divisors(float first) {
        Float[] divisors = new Float[HEAD_SIZE / 2];
        Arrays.setAll(divisors, i -> first + i / 8f);
        return Arrays.asList(divisors);
    }

    private Attention attention() {
        return attention(new Position.Rope(HEAD_SIZE, BASE));
    }

    private Attention scaled(Position.Scaling scaling) {
        return attention(new Position.Rope(HEAD_SIZE, BASE, Position.Order.HALVES, scaling));
    }

    private Attention attention(Position position) {
        return Attention.plain(HEADS, KV_HEADS, HEAD_SIZE, matrix(HEADS * HEAD_SIZE, HIDDEN),
                matrix(KV_HEADS * HEAD_SIZE, HIDDEN), matrix(KV_HEADS * HEAD_SIZE, HIDDEN),
                matrix(HIDDEN, HEADS * HEAD_SIZE), position);
    }

    private Dense dense() {
        return dense(Activation.SILU, false);
    }

    private Dense dense(Activation activation, boolean biased) {
        return new Dense(linear(INNER, HIDDEN, biased), linear(INNER, HIDDEN, biased), linear(HIDDEN, INNER, biased),
                activation);
    }

    private Linear linear(int rows, int columns, boolean biased) {
        return new Linear(matrix(rows, columns), biased ? matrix(1, rows) : null);
    }

    /** With a bias for picking where the gating has scores of all. */
    private Experts experts(Gating gating, @Nullable Tensor routerBias, @Nullable Shared shared) {
        List<Dense> experts = new ArrayList<>();
        for (int i = 0; i < EXPERTS; i++) {
            experts.add(dense());
        }
        return new Experts(new Linear(matrix(EXPERTS, HIDDEN), routerBias),
                gating == Gating.SIGMOID ? matrix(1, EXPERTS) : null, gating, 2, true, 1.5f, experts, shared);
    }

    private Blueprint model(Mixer mixer, FeedForward feedForward) {
        return model(new Norms(norm(HIDDEN), null), mixer, feedForward);
    }

    private Blueprint model(Norms norms, Mixer mixer, FeedForward feedForward) {
        // two layers, so that a state is read that another layer has written
        Layer layer = new Layer(norms, mixer, norms, feedForward);
        return new Blueprint("tck", VOCABULARY, HIDDEN, CONTEXT, matrix(VOCABULARY, HIDDEN), List.of(layer, layer),
                norm(HIDDEN), matrix(VOCABULARY, HIDDEN));
    }

    private Blueprint model(Multipliers multipliers, float softcap) {
        Blueprint plain = model(attention(), dense());
        return new Blueprint("tck", VOCABULARY, HIDDEN, CONTEXT, plain.embedding(), plain.layers(), plain.outputNorm(),
                plain.head(), multipliers, softcap);
    }
}
