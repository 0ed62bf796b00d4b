/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.BackendException;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.layers.Network;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.MatrixStore;
import dev.millrace.backend.cpu.weights.Packer;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Turns a blueprint into a network: the same structure, with matrices in place of tensors. */
final class Loading {

    private final Blueprint blueprint;
    private final KvLayout keyValues;
    private final IdentityHashMap<Tensor, Matrix> matrices;

    private Loading(Blueprint blueprint, KvLayout keyValues, IdentityHashMap<Tensor, Matrix> matrices) {
        this.blueprint = blueprint;
        this.keyValues = keyValues;
        this.matrices = matrices;
    }

    /**
     * Loads.
     *
     * @param store makes the matrices; closed by the caller, also if this throws
     * @throws BackendException if a tensor cannot be read
     */
    static Network load(Blueprint blueprint, KvLayout keyValues, MatrixStore store) {
        try {
            return new Loading(blueprint, keyValues, store.load(blueprint.matrices())).network();
        } catch (IOException e) {
            throw new BackendException("The weights cannot be read: " + e.getMessage(), e);
        } catch (InternalError | OutOfMemoryError e) {
            throw Workers.failed(e);
        }
    }

    private Network network() throws IOException {
        List<Network.Layer> layers = new ArrayList<>();
        for (int i = 0; i < blueprint.layers().size(); i++) {
            Blueprint.Layer layer = blueprint.layers().get(i);
            layers.add(
                    new Network.Layer(norm(layer.mixerNorms().before()), mixer(i, layer.mixer()),
                            norm(layer.feedForwardNorms().before()),
                            feedForward(layer.feedForward())));
        }
        return new Network(blueprint, matrix(blueprint.embedding()), List.copyOf(layers), norm(blueprint.outputNorm()),
                matrix(blueprint.head()));
    }

    private Network.Mixer mixer(int layer, Blueprint.Mixer mixer) throws IOException {
        return switch (mixer) {
            case Blueprint.Attention a ->
                new Network.Attention(a, keyValues.layers().get(layer), matrix(a.query().weight()),
                        matrix(a.key().weight()), matrix(a.value().weight()), matrix(a.output().weight()),
                        norm(a.queryNorm()), norm(a.keyNorm()));
            case Blueprint.ShortConv c -> new Network.ShortConv(c.width(), matrix(c.in()), taps(c), matrix(c.out()));
        };
    }

    private Network.FeedForward feedForward(Blueprint.FeedForward feedForward) throws IOException {
        return switch (feedForward) {
            case Blueprint.Dense d -> dense(d);
            case Blueprint.Experts e -> {
                List<Network.Dense> experts = new ArrayList<>();
                for (Blueprint.Dense expert : e.experts()) {
                    experts.add(dense(expert));
                }
                yield new Network.Experts(e, matrix(e.router().weight()),
                        e.bias() == null ? new float[e.experts().size()] : floats(e.bias()), List.copyOf(experts));
            }
        };
    }

    private Network.Dense dense(Blueprint.Dense d) {
        return new Network.Dense(matrix(d.gate().weight()), matrix(d.up().weight()), matrix(d.down().weight()));
    }

    private Network.Norm norm(Blueprint.@Nullable Norm norm) throws IOException {
        Objects.requireNonNull(norm);
        return new Network.Norm(floats(norm.weight()), norm.epsilon());
    }

    /** The kernel of a convolution, taps first. */
    private float[] taps(Blueprint.ShortConv conv) throws IOException {
        float[] stored = floats(conv.kernel());
        int channels = stored.length / conv.width();
        float[] taps = new float[stored.length];
        for (int channel = 0; channel < channels; channel++) {
            for (int tap = 0; tap < conv.width(); tap++) {
                taps[tap * channels + channel] = stored[channel * conv.width() + tap];
            }
        }
        return taps;
    }

    private static float[] floats(Tensor tensor) throws IOException {
        float[] values = new float[Math.toIntExact(Math.multiplyExact(tensor.rows(), tensor.columns()))];
        tensor.read(0, Math.toIntExact(tensor.rows()), values, 0);
        for (float value : values) {
            if (!Float.isFinite(value)) {
                throw Packer.notFinite(tensor);
            }
        }
        return values;
    }

    private Matrix matrix(Tensor tensor) {
        return Objects.requireNonNull(matrices.get(tensor), tensor.name());
    }
}
