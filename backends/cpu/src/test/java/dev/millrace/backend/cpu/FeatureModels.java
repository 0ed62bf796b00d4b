/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/** Small models of random weights, each with something of its own, so that together they ask for every feature. */
final class FeatureModels {

    static final int VOCABULARY = 61;
    private static final int HIDDEN = 96;

    /** A model and what it is about. */
    record Model(String name, Blueprint blueprint) {
        @Override
        public String toString() {
            return name;
        }
    }

    private final Random random = new Random(11);
    private final TensorType type;

    private FeatureModels(TensorType type) {
        this.type = type;
    }

    /** All models, with matrices of a type. */
    static List<Model> all(TensorType type) {
        return new FeatureModels(type).models();
    }

    private List<Model> models() {
        List<Model> models = new ArrayList<>();
        for (int size : new int[]{2, 24, 32, 40, 64, 72, 80, 96, 112, 128, 160, 192, 256}) {
            models.add(attention("head size " + size, 4, 2, size, new Position.Rope(size, 10_000), a -> a));
        }
        models.add(attention("interleaved rope of half a head", 4, 1, 64,
                new Position.Rope(32, 10_000, Position.Order.INTERLEAVED, new Position.Scaling.None()), a -> a));
        models.add(attention("head norms", 4, 2, 32, new Position.Rope(32, 10_000),
                a -> a.withNorms(norm(32, false), norm(32, true))));
        models.add(attention("projection norms", 4, 2, 32, new Position.Rope(32, 10_000),
                a -> a.withNorms(norm(128, false), norm(64, false))));
        models.add(attention("a norm of keys alone", 4, 2, 32, new Position.Rope(32, 10_000),
                a -> a.withNorms(null, norm(32, false))));
        models.add(attention("no position", 4, 4, 32, new Position.None(), a -> a));
        for (Position.Scaling scaling : List.of(new Position.Scaling.Linear(4),
                new Position.Scaling.Llama3(8, 1, 4, 32), new Position.Scaling.Yarn(4, 32, 32, 1, true, 1.14f),
                new Position.Scaling.Yarn(4, 32, 32, 1, false, 1), new Position.Scaling.Divisors(divisors(1)),
                new Position.Scaling.LongRope(divisors(1), divisors(3), 100, 1.1f, 1.3f),
                new Position.Scaling.LongRope(divisors(1), divisors(3), 400, 1.1f, 1.3f))) {
            models.add(attention(scaling.toString(), 4, 2, 32,
                    new Position.Rope(32, 10_000, Position.Order.HALVES, scaling), a -> a));
        }
        for (int window : new int[]{1, 24, 64, 65, 129}) {
            models.add(attention("window of " + window, 4, 2, 32, new Position.Rope(32, 10_000),
                    a -> a.withSpan(new Blueprint.Span(window))));
        }
        models.add(windows("windows of 24 and 70, and everything", false));
        models.add(windows("windows of 24 and 70, a convolution, and everything", true));
        models.add(attention("scale", 4, 2, 32, new Position.Rope(32, 10_000), a -> a.withScores(0.5f, 0, null)));
        models.add(attention("softcap, window", 4, 2, 32, new Position.Rope(32, 10_000),
                a -> a.withScores(0.25f, 2, null).withSpan(new Blueprint.Span(30))));
        models.add(attention("sinks", 8, 2, 32, new Position.Rope(32, 10_000),
                a -> a.withScores(a.scale(), 0, floats(8, 1, 1))));
        models.add(attention("sinks above all scores, window", 8, 2, 32, new Position.Rope(32, 10_000),
                a -> a.withScores(a.scale(), 0, floats(8, 9, 1)).withSpan(new Blueprint.Span(70))));
        models.add(attention("biases", 4, 2, 32, new Position.Rope(32, 10_000),
                a -> a.withBiases(floats(128, 0, 1), floats(64, 0, 1), floats(64, 0, 1), floats(HIDDEN, 0, 1))));
        for (Activation activation : List.of(Activation.SILU, Activation.GELU,
                new Activation.ClampedSwiglu(1.702f, 1.5f))) {
            models.add(dense("biases, " + activation, activation));
        }
        for (Blueprint.Gating gating : Blueprint.Gating.values()) {
            for (boolean normalise : new boolean[]{false, true}) {
                models.add(experts(gating + " router, " + normalise, gating, normalise));
            }
        }
        models.add(norms("norms after alone", false, true, false));
        models.add(norms("norms before and after, 1 + weight", true, true, true));
        models.add(norms("norms before, 1 + weight", true, false, true));
        models.add(ends());
        return models;
    }

    private List<Float> divisors(float mean) {
        return Collections.nCopies(16, 0f).stream().map(none -> mean * (1 + random.nextFloat())).toList();
    }

    private Model attention(String name, int heads, int kvHeads, int size, Position position,
            UnaryOperator<Blueprint.Attention> change) {
        Blueprint.Attention plain = Blueprint.Attention.plain(heads, kvHeads, size, matrix(heads * size, HIDDEN),
                matrix(kvHeads * size, HIDDEN), matrix(kvHeads * size, HIDDEN), matrix(HIDDEN, heads * size), position);
        Blueprint.Attention second = Blueprint.Attention.plain(2, 1, 32, matrix(64, HIDDEN), matrix(32, HIDDEN),
                matrix(32, HIDDEN), matrix(HIDDEN, 64), new Position.Rope(32, 100));
        return model(name, layer(change.apply(plain), feedForward()), layer(second, feedForward()));
    }

    private Model dense(String name, Activation activation) {
        Blueprint.Dense dense = dense(128, activation, true);
        return model(name, layer(mixer(), dense), layer(mixer(), dense(64, activation, false)));
    }

    private Model experts(String name, Blueprint.Gating gating, boolean normalise) {
        List<Blueprint.Dense> experts = new ArrayList<>();
        for (int e = 0; e < 6; e++) {
            experts.add(dense(64, Activation.SILU, normalise));
        }
        MemoryTensor bias = normalise ? floats(6, 0, 0.3) : null;
        Blueprint.Shared shared = gating == Blueprint.Gating.SIGMOID
                ? null
                : new Blueprint.Shared(dense(96, Activation.GELU, !normalise),
                        normalise ? plain(1, HIDDEN, 0.2) : null);
        Blueprint.Experts layer = new Blueprint.Experts(
                new Blueprint.Linear(plain(6, HIDDEN, 0.2), normalise ? null : floats(6, 0, 0.5)),
                bias, gating, 3, normalise, 1.5f, experts, shared);
        return model(name, layer(mixer(), layer), layer(mixer(), layer));
    }

    /** Layers that see differently far back, and heads of other sizes in each. */
    private Model windows(String name, boolean convolution) {
        List<Blueprint.Layer> layers = new ArrayList<>();
        int[] windows = {24, 0, 70, 24};
        for (int i = 0; i < windows.length; i++) {
            int size = 24 + 40 * (i % 3);
            layers.add(layer(Blueprint.Attention.plain(2, 1, size, matrix(2 * size, HIDDEN), matrix(size, HIDDEN),
                    matrix(size, HIDDEN), matrix(HIDDEN, 2 * size), new Position.Rope(size, 10_000))
                    .withSpan(new Blueprint.Span(windows[i])), feedForward()));
            if (convolution && i == 1) {
                layers.add(layer(convolution(), feedForward()));
            }
        }
        return model(name, layers.toArray(Blueprint.Layer[]::new));
    }

    private Blueprint.ShortConv convolution() {
        return new Blueprint.ShortConv(3, matrix(3 * HIDDEN, HIDDEN), plain(HIDDEN, 3, 1), matrix(HIDDEN, HIDDEN));
    }

    private Model norms(String name, boolean before, boolean after, boolean onePlus) {
        List<Blueprint.Layer> layers = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            layers.add(new Blueprint.Layer(norms(before, after, onePlus), mixer(), norms(before, after, onePlus),
                    feedForward()));
        }
        return new Model(name, blueprint(layers, norm(HIDDEN, onePlus), Blueprint.Multipliers.NONE, 0, false));
    }

    private Blueprint.Norms norms(boolean before, boolean after, boolean onePlus) {
        return new Blueprint.Norms(before ? norm(HIDDEN, onePlus) : null, after ? norm(HIDDEN, onePlus) : null);
    }

    /** Multipliers, a softcap of the logits, tied embeddings, a convolution, and views of fused matrices. */
    private Model ends() {
        MemoryTensor fused = matrix(128 + 64 + 64, HIDDEN);
        Blueprint.Attention attention = Blueprint.Attention.plain(4, 2, 32, fused.slice(0, 128),
                fused.slice(128, 64), fused.slice(192, 64), matrix(HIDDEN, 128), new Position.Rope(32, 10_000));
        MemoryTensor gateAndUp = matrix(128, HIDDEN);
        Blueprint.Dense dense = new Blueprint.Dense(gateAndUp.slice(0, 64), gateAndUp.slice(64, 64),
                matrix(HIDDEN, 64));
        Blueprint.ShortConv conv = convolution();
        return new Model("multipliers, softcap, views",
                blueprint(List.of(layer(attention, dense), layer(conv, dense)), norm(HIDDEN, false),
                        new Blueprint.Multipliers(3, 0.3f, 0.7f), 1.5f, true));
    }

    private Model model(String name, Blueprint.Layer... layers) {
        return new Model(name,
                blueprint(List.of(layers), norm(HIDDEN, false), Blueprint.Multipliers.NONE, 0, false));
    }

    private Blueprint blueprint(List<Blueprint.Layer> layers, Blueprint.Norm norm, Blueprint.Multipliers multipliers,
            float softcap, boolean tied) {
        MemoryTensor embedding = matrix(VOCABULARY, HIDDEN);
        return new Blueprint("test", VOCABULARY, HIDDEN, 512, embedding, layers, norm,
                tied ? embedding : matrix(VOCABULARY, HIDDEN), multipliers, softcap);
    }

    private Blueprint.Layer layer(Blueprint.Mixer mixer, Blueprint.FeedForward feedForward) {
        return new Blueprint.Layer(norm(HIDDEN, false), mixer, norm(HIDDEN, false), feedForward);
    }

    private Blueprint.Attention mixer() {
        return Blueprint.Attention.plain(2, 1, 32, matrix(64, HIDDEN), matrix(32, HIDDEN), matrix(32, HIDDEN),
                matrix(HIDDEN, 64), new Position.Rope(32, 10_000));
    }

    private Blueprint.Dense feedForward() {
        return dense(64, Activation.SILU, false);
    }

    private Blueprint.Dense dense(int inner, Activation activation, boolean biases) {
        return new Blueprint.Dense(linear(inner, HIDDEN, biases), linear(inner, HIDDEN, biases),
                linear(HIDDEN, inner, biases), activation);
    }

    private Blueprint.Linear linear(int rows, int columns, boolean bias) {
        return new Blueprint.Linear(matrix(rows, columns), bias ? floats(rows, 0, 1) : null);
    }

    private Blueprint.Norm norm(int width, boolean onePlus) {
        return new Blueprint.Norm(floats(width, onePlus ? 0 : 1, 0.2), 1e-5f, onePlus);
    }

    private MemoryTensor matrix(int rows, int columns) {
        return type == TensorType.F32
                ? plain(rows, columns, 1.5 / Math.sqrt(columns))
                : MemoryTensor.random("matrix", type, rows, columns, random);
    }

    private MemoryTensor floats(int count, double mean, double deviation) {
        return floats(1, count, mean, deviation);
    }

    private MemoryTensor plain(int rows, int columns, double deviation) {
        return floats(rows, columns, 0, deviation);
    }

    private MemoryTensor floats(int rows, int columns, double mean, double deviation) {
        ByteBuffer raw = ByteBuffer.allocate(rows * columns * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < rows * columns; i++) {
            raw.putFloat((float) (mean + deviation * random.nextGaussian()));
        }
        return new MemoryTensor("floats", TensorType.F32, rows, columns, raw.array());
    }
}
