/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Small models of random weights, as LFM2 is built. */
public final class RandomModel {

    public static final int VOCABULARY = 75;
    private static final int HIDDEN = 256;

    private final Random random = new Random(7);
    private final TensorType type;
    private final String broken;

    private RandomModel(TensorType type, String broken) {
        this.type = type;
        this.broken = broken;
    }

    /** A model with both kinds of mixers and feed-forwards, and weights of a type. */
    public static Blueprint of(TensorType type) {
        return new RandomModel(type, "").blueprint();
    }

    /** One in floats, with a first row that is far too large in the matrix of a name. */
    static Blueprint broken(String name) {
        return new RandomModel(TensorType.F32, name).blueprint();
    }

    private Blueprint blueprint() {
        MemoryTensor embedding = matrix("embedding", VOCABULARY, HIDDEN);
        List<Blueprint.Layer> layers = new ArrayList<>();
        layers.add(layer("0", conv("0", 3), dense("0", 512)));
        layers.add(layer("1", attention("1", 4, 2, 64, 10_000), dense("1", 256)));
        layers.add(layer("2", conv("2", 4), experts("2", Blueprint.Gating.SIGMOID, true)));
        layers.add(layer("3", attention("3", 8, 1, 32, 1_000_000), experts("3", Blueprint.Gating.SOFTMAX, false)));
        return new Blueprint("test", VOCABULARY, HIDDEN, 512, embedding, layers, norm("out", HIDDEN),
                matrix("head", VOCABULARY, HIDDEN));
    }

    private Blueprint.Layer layer(String at, Blueprint.Mixer mixer, Blueprint.FeedForward feedForward) {
        return new Blueprint.Layer(norm(at + ".mixer", HIDDEN), mixer, norm(at + ".ffn", HIDDEN), feedForward);
    }

    private Blueprint.Attention attention(String at, int heads, int kvHeads, int size, float theta) {
        return Blueprint.Attention.plain(heads, kvHeads, size, matrix(at + ".q", heads * size, HIDDEN),
                matrix(at + ".k", kvHeads * size, HIDDEN), matrix(at + ".v", kvHeads * size, HIDDEN),
                matrix(at + ".o", HIDDEN, heads * size), new Position.Rope(size, theta))
                .withNorms(norm(at + ".qn", size), norm(at + ".kn", size));
    }

    private Blueprint.ShortConv conv(String at, int width) {
        return new Blueprint.ShortConv(width, matrix(at + ".in", 3 * HIDDEN, HIDDEN),
                floats(at + ".kernel", HIDDEN, width, 0, 1), matrix(at + ".out", HIDDEN, HIDDEN));
    }

    private Blueprint.Dense dense(String at, int inner) {
        return new Blueprint.Dense(matrix(at + ".gate", inner, HIDDEN), matrix(at + ".up", inner, HIDDEN),
                matrix(at + ".down", HIDDEN, inner));
    }

    private Blueprint.Experts experts(String at, Blueprint.Gating gating, boolean normalise) {
        List<Blueprint.Dense> experts = new ArrayList<>();
        for (int e = 0; e < 5; e++) {
            experts.add(dense(at + ".expert" + e, 256));
        }
        return new Blueprint.Experts(new Blueprint.Linear(floats(at + ".router", 5, HIDDEN, 0, 0.2)),
                floats(at + ".bias", 1, 5, 0, 0.1), gating, 2, normalise, 1.5f, experts, null);
    }

    private Blueprint.Norm norm(String at, int width) {
        return new Blueprint.Norm(floats(at + ".norm", 1, width, 1, 0.1), 1e-5f);
    }

    private MemoryTensor matrix(String name, int rows, int columns) {
        byte[] raw = Blocks.random(type, rows * columns, random);
        for (int i = 0; name.equals(broken) && i < columns; i++) {
            ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).putFloat(4 * i, 3e38f);
        }
        return new MemoryTensor(name, type, rows, columns, raw);
    }

    private MemoryTensor floats(String name, int rows, int columns, double mean, double deviation) {
        ByteBuffer raw = ByteBuffer.allocate(rows * columns * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < rows * columns; i++) {
            raw.putFloat((float) (mean + deviation * random.nextGaussian()));
        }
        return new MemoryTensor(name, TensorType.F32, rows, columns, raw.array());
    }
}
