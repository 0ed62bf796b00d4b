/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.synthesis;

import dev.millrace.formats.tensor.ArrayTensor;
import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A blueprint of random weights. */
final class SyntheticModel {

    private static final float EPSILON = 1e-5f;
    private static final int CONV_WIDTH = 3;
    private static final int GPT_OSS_WINDOW = 128;
    private static final int GEMMA_WINDOW = 512;

    private final ModelShape shape;
    private final Mix mix;
    private final long seed;
    private int made;

    /** Which type a matrix has. */
    public interface Mix {

        TensorType embedding();

        TensorType matrix();

        /** Of the value projection of the n-th attention layer of so many. */
        TensorType value(int index, int count);

        /** Of the down projection of a layer of so many. */
        TensorType down(int index, int count);
    }

    SyntheticModel(ModelShape shape, Mix mix, long seed) {
        this.shape = shape;
        this.mix = mix;
        this.seed = seed;
    }

    Blueprint blueprint() {
        int hidden = shape.hidden();
        Tensor embedding = random(mix.embedding(), shape.tokens().size(), hidden);
        List<Blueprint.Layer> layers = new ArrayList<>();
        for (int i = 0; i < shape.layers(); i++) {
            boolean after = shape.family().equals("gemma3");
            layers.add(new Blueprint.Layer(new Blueprint.Norms(norm(hidden), after ? norm(hidden) : null), mixer(i),
                    new Blueprint.Norms(norm(hidden), after ? norm(hidden) : null), feedForward(i)));
        }
        return new Blueprint(shape.family(), shape.tokens().size(), hidden, shape.context(), embedding, layers,
                norm(hidden), shape.tied() ? embedding : random(mix.embedding(), shape.tokens().size(), hidden),
                new Blueprint.Multipliers(shape.family().equals("gemma3") ? (float) Math.sqrt(hidden) : 1, 1, 1), 0);
    }

    private Blueprint.Mixer mixer(int layer) {
        int hidden = shape.hidden();
        int index = shape.attention().indexOf(layer);
        if (index < 0) {
            return new Blueprint.ShortConv(CONV_WIDTH, matrix(3L * hidden, hidden),
                    random(TensorType.F32, hidden, CONV_WIDTH), matrix(hidden, hidden));
        }
        int headSize = shape.headSize();
        long queries = (long) shape.heads() * headSize;
        long keys = (long) shape.kvHeads() * headSize;
        Blueprint.Attention plain = Blueprint.Attention.plain(shape.heads(), shape.kvHeads(), headSize,
                matrix(queries, hidden), matrix(keys, hidden),
                random(mix.value(index, shape.attention().size()), keys, hidden), matrix(hidden, queries),
                position(layer));
        return switch (shape.family()) {
            case "llama" -> plain;
            case "gpt-oss" -> plain.withBiases(vector(queries), vector(keys), vector(keys), vector(hidden))
                    .withSpan(layer % 2 == 0 ? new Blueprint.Span(GPT_OSS_WINDOW) : Blueprint.Span.ALL)
                    .withScores(plain.scale(), 0, vector(shape.heads()));
            case "gemma3" -> plain.withNorms(norm(headSize), norm(headSize))
                    .withSpan(layer % 6 != 5 ? new Blueprint.Span(GEMMA_WINDOW) : Blueprint.Span.ALL);
            default -> plain.withNorms(norm(headSize), norm(headSize));
        };
    }

    private Position position(int layer) {
        int headSize = shape.headSize();
        return switch (shape.family()) {
            case "llama" -> new Position.Rope(headSize, shape.theta(), Position.Order.INTERLEAVED,
                    new Position.Scaling.Llama3(32, 1, 4, 8192));
            case "gpt-oss" -> new Position.Rope(headSize, shape.theta(), Position.Order.HALVES,
                    new Position.Scaling.Yarn(32, 4096, 32, 1, false, Position.Scaling.Yarn.attention(32)));
            case "gemma3" -> new Position.Rope(headSize, layer % 6 != 5 ? 10_000 : shape.theta());
            default -> new Position.Rope(headSize, shape.theta());
        };
    }

    private Blueprint.FeedForward feedForward(int layer) {
        ModelShape.Mixture moe = shape.moe();
        if (moe.count() == 0 || layer < moe.dense()) {
            return dense(layer, shape.inner());
        }
        boolean gptOss = shape.family().equals("gpt-oss");
        Tensor router = random(TensorType.F32, moe.count(), shape.hidden());
        List<Blueprint.Dense> experts = new ArrayList<>();
        for (int e = 0; e < moe.count(); e++) {
            experts.add(gptOss ? microscaled(moe.inner()) : dense(layer, moe.inner()));
        }
        Blueprint.Gating gating = switch (shape.family()) {
            case "gpt-oss" -> Blueprint.Gating.SOFTMAX_OF_PICKED;
            case "qwen3moe" -> Blueprint.Gating.SOFTMAX;
            default -> Blueprint.Gating.SIGMOID;
        };
        return new Blueprint.Experts(new Blueprint.Linear(router, gptOss ? vector(moe.count()) : null), null, gating,
                moe.used(), true, 1, experts, null);
    }

    private Blueprint.Dense dense(int layer, int inner) {
        return new Blueprint.Dense(new Blueprint.Linear(matrix(inner, shape.hidden())),
                new Blueprint.Linear(matrix(inner, shape.hidden())),
                new Blueprint.Linear(random(mix.down(layer, shape.layers()), shape.hidden(), inner)),
                shape.family().equals("gemma3") ? Activation.GELU : Activation.SILU);
    }

    /** An expert of gpt-oss, whose published files all have them in MXFP4. */
    private Blueprint.Dense microscaled(int inner) {
        int hidden = shape.hidden();
        return new Blueprint.Dense(new Blueprint.Linear(random(TensorType.MXFP4, inner, hidden), vector(inner)),
                new Blueprint.Linear(random(TensorType.MXFP4, inner, hidden), vector(inner)),
                new Blueprint.Linear(random(TensorType.MXFP4, hidden, inner), vector(hidden)),
                new Activation.ClampedSwiglu(1.702f, 7));
    }

    private Tensor matrix(long rows, long columns) {
        return random(mix.matrix(), rows, columns);
    }

    /** A small bias. */
    private Tensor vector(long size) {
        return random(TensorType.F32, 1, size);
    }

    /** Rows that the blocks of a type do not divide get a type with smaller ones. */
    private Tensor random(TensorType type, long rows, long columns) {
        made++;
        TensorType fitting = columns % type.blockSize() == 0 ? type : TensorType.Q8_0;
        return new RandomTensor("random " + made, fitting, rows, columns, seed * 1_000_003 + made, 0);
    }

    private static Blueprint.Norm norm(int size) {
        float[] ones = new float[size];
        Arrays.fill(ones, 1);
        return new Blueprint.Norm(new ArrayTensor("norm", size, ones), EPSILON);
    }
}
