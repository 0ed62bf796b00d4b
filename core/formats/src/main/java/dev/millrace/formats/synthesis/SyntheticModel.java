/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.synthesis;

import dev.millrace.formats.tensor.ArrayTensor;
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
            layers.add(new Blueprint.Layer(norm(hidden), mixer(i), norm(hidden), feedForward(i)));
        }
        return new Blueprint(shape.moe().count() > 0 ? "lfm2moe" : "lfm2", shape.tokens().size(), hidden,
                shape.context(), embedding, layers, norm(hidden), embedding);
    }

    private Blueprint.Mixer mixer(int layer) {
        int hidden = shape.hidden();
        int index = shape.attention().indexOf(layer);
        if (index < 0) {
            return new Blueprint.ShortConv(CONV_WIDTH, matrix(3L * hidden, hidden),
                    random(TensorType.F32, hidden, CONV_WIDTH), matrix(hidden, hidden));
        }
        int headSize = hidden / shape.heads();
        long keys = (long) shape.kvHeads() * headSize;
        return Blueprint.Attention.plain(shape.heads(), shape.kvHeads(), headSize, matrix(hidden, hidden),
                matrix(keys, hidden), random(mix.value(index, shape.attention().size()), keys, hidden),
                matrix(hidden, hidden), new Position.Rope(headSize, shape.theta()))
                .withNorms(norm(headSize), norm(headSize));
    }

    private Blueprint.FeedForward feedForward(int layer) {
        ModelShape.Mixture moe = shape.moe();
        if (moe.count() == 0 || layer < moe.dense()) {
            return dense(layer, shape.inner());
        }
        Tensor router = random(TensorType.F32, moe.count(), shape.hidden());
        List<Blueprint.Dense> experts = new ArrayList<>();
        for (int e = 0; e < moe.count(); e++) {
            experts.add(dense(layer, moe.inner()));
        }
        return new Blueprint.Experts(new Blueprint.Linear(router), null, Blueprint.Gating.SIGMOID, moe.used(), true, 1,
                experts, null);
    }

    private Blueprint.Dense dense(int layer, int inner) {
        return new Blueprint.Dense(matrix(inner, shape.hidden()), matrix(inner, shape.hidden()),
                random(mix.down(layer, shape.layers()), shape.hidden(), inner));
    }

    private Tensor matrix(long rows, long columns) {
        return random(mix.matrix(), rows, columns);
    }

    private Tensor random(TensorType type, long rows, long columns) {
        made++;
        return new RandomTensor("random " + made, type, rows, columns, seed * 1_000_003 + made, 0);
    }

    private static Blueprint.Norm norm(int size) {
        float[] ones = new float[size];
        Arrays.fill(ones, 1);
        return new Blueprint.Norm(new ArrayTensor("norm", size, ones), EPSILON);
    }
}
