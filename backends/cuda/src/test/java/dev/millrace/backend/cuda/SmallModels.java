/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Models with random weights, as small as can be, for what the contract of all backends does not ask for. */
final class SmallModels {

    static final int VOCABULARY = 96;

    private final Random random = new Random(7);
    private final TensorType type;
    private final int hidden;

    private SmallModels(TensorType type, int hidden) {
        this.type = type;
        this.hidden = hidden;
    }

    /** All matrices in one type: attention, whose matrices are single ones, and experts, whose matrices are stacked. */
    static Blueprint of(TensorType type) {
        SmallModels make = new SmallModels(type, 256);
        Blueprint.Attention attention = Blueprint.Attention.plain(4, 2, 64, make.matrix(256, 256),
                make.matrix(128, 256), make.matrix(128, 256), make.matrix(256, 256), new Position.Rope(64, 10_000));
        return make.model(make.layer(attention, make.experts(2, 2, false)));
    }

    /** Each kernel that has barriers: convolution, heads of four kinds, norms of all kinds, experts. A row is more than a warp norms alone. */
    static Blueprint ofAllKernels() {
        SmallModels make = new SmallModels(TensorType.Q8_0, 160);
        Blueprint.Mixer conv = new Blueprint.ShortConv(3, make.matrix(480, 160),
                BlockTensor.random(TensorType.F32, 160, 3, make.random), make.matrix(160, 160));
        Blueprint.Norms around = new Blueprint.Norms(make.norm(160), make.norm(160));
        Blueprint.Layer narrow = new Blueprint.Layer(around,
                make.attention(16, 4).withNorms(make.norm(64), make.norm(32)), around,
                make.experts(4, 2, true));
        Blueprint.Layer wide = new Blueprint.Layer(new Blueprint.Norms(null, make.norm(160)), make.attention(136, 4),
                around, make.dense(96));
        Blueprint.Layer middle = make.layer(make.attention(24, 4).withNorms(null, make.norm(24)), make.dense(96));
        return make.model(make.layer(conv, make.dense(96)), narrow, wide, middle,
                make.layer(make.attention(64, 4), make.dense(96)));
    }

    /** All matrices in one type, of each kind, some of them large enough for each kind of tile; and bounded logits. */
    static Blueprint ofAllMatrices(TensorType type) {
        SmallModels make = new SmallModels(type, 256);
        Blueprint.Mixer conv = new Blueprint.ShortConv(3, make.matrix(768, 256),
                BlockTensor.random(TensorType.F32, 256, 3, make.random), make.matrix(256, 256));
        Blueprint plain = make.model(make.layer(conv, make.dense(512)),
                make.layer(make.attention(64, 4), make.experts(2, 2, false)));
        return new Blueprint("small", VOCABULARY, 256, 4096, plain.embedding(), plain.layers(), plain.outputNorm(),
                plain.head(), plain.multipliers(), 30);
    }

    /** More experts than a warp has lanes, many of them at work. */
    static Blueprint ofManyExperts(int used) {
        SmallModels make = new SmallModels(TensorType.Q8_0, 64);
        return make.model(make.layer(make.attention(16, 4), make.experts(40, used, true)));
    }

    /** A stream that is too wide for the kernels that norm it themselves. */
    static Blueprint ofWideStream() {
        SmallModels make = new SmallModels(TensorType.Q8_0, 4128);
        return make.model(make.layer(make.attention(16, 4), make.experts(4, 2, 64, false)));
    }

    /**
     * A layer of attention.
     *
     * @param size of heads, of which there are two for keys
     * @param group query heads to each
     * @param window 0 for none
     * @param softcap 0 for none; with one there are sinks as well
     */
    static Blueprint ofAttention(int size, int group, int window, float softcap) {
        SmallModels make = new SmallModels(TensorType.BF16, 64);
        int heads = 2 * group;
        Blueprint.Attention attention = make.attention(size, heads).withSpan(new Blueprint.Span(window)).withScores(
                (float) (1 / Math.sqrt(size)), softcap,
                softcap == 0 ? null : BlockTensor.random(TensorType.F32, 1, heads, make.random));
        return make.model(make.layer(attention, make.dense(64)));
    }

    private Blueprint.Attention attention(int size, int heads) {
        return Blueprint.Attention.plain(heads, 2, size, matrix(heads * size, hidden), matrix(2 * size, hidden),
                matrix(2 * size, hidden), matrix(hidden, heads * size), new Position.Rope(size, 10_000));
    }

    private Blueprint model(Blueprint.Layer... layers) {
        return new Blueprint("small", VOCABULARY, hidden, 4096, matrix(VOCABULARY, hidden), List.of(layers),
                norm(hidden), matrix(VOCABULARY, hidden));
    }

    private Blueprint.Layer layer(Blueprint.Mixer mixer, Blueprint.FeedForward feedForward) {
        return new Blueprint.Layer(norm(hidden), mixer, norm(hidden), feedForward);
    }

    private Tensor matrix(int rows, int columns) {
        return BlockTensor.random(type, rows, columns, random);
    }

    private Blueprint.Norm norm(int columns) {
        return new Blueprint.Norm(BlockTensor.random(TensorType.F32, 1, columns, random), 1e-5f, true);
    }

    private Blueprint.Dense dense(int inner) {
        return new Blueprint.Dense(linear(inner, hidden), linear(inner, hidden), linear(hidden, inner),
                Activation.SILU);
    }

    private Blueprint.Linear linear(int rows, int columns) {
        return new Blueprint.Linear(matrix(rows, columns), BlockTensor.random(TensorType.F32, 1, rows, random));
    }

    private Blueprint.Experts experts(int all, int used, boolean shared) {
        return experts(all, used, hidden, shared);
    }

    private Blueprint.Experts experts(int all, int used, int inner, boolean shared) {
        List<Blueprint.Dense> experts = new ArrayList<>();
        for (int i = 0; i < all; i++) {
            experts.add(dense(inner));
        }
        return new Blueprint.Experts(new Blueprint.Linear(BlockTensor.random(TensorType.F32, all, hidden, random)),
                null,
                Blueprint.Gating.SOFTMAX, used, used > 1, 1, experts,
                shared
                        ? new Blueprint.Shared(dense(inner), BlockTensor.random(TensorType.F32, 1, hidden, random))
                        : null);
    }
}
