/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.BackendException;
import dev.millrace.backend.cpu.kv.KvGroups;
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
    private final KvGroups keyValues;
    private final IdentityHashMap<Tensor, Matrix> matrices;

    private Loading(Blueprint blueprint, KvGroups keyValues, IdentityHashMap<Tensor, Matrix> matrices) {
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
    static Network load(Blueprint blueprint, KvGroups keyValues, MatrixStore store) {
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
            layers.add(new Network.Layer(norms(layer.mixerNorms()), mixer(i, layer.mixer()),
                    norms(layer.feedForwardNorms()), feedForward(layer.feedForward())));
        }
        return new Network(blueprint, matrix(blueprint.embedding()), List.copyOf(layers), norm(blueprint.outputNorm()),
                matrix(blueprint.head()));
    }

    private Network.Mixer mixer(int layer, Blueprint.Mixer mixer) throws IOException {
        return switch (mixer) {
            case Blueprint.Attention a ->
                new Network.Attention(a, keyValues.layer(layer), keyValues.group(layer), linear(a.query()),
                        linear(a.key()),
                        linear(a.value()), linear(a.output()), optionalNorm(a.queryNorm()), optionalNorm(a.keyNorm()),
                        optional(a.sinks()));
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
                yield new Network.Experts(e, linear(e.router()),
                        e.bias() == null ? new float[e.experts().size()] : floats(e.bias()), List.copyOf(experts),
                        shared(e.shared()));
            }
        };
    }

    private Network.@Nullable Shared shared(Blueprint.@Nullable Shared shared) throws IOException {
        if (shared == null) {
            return null;
        }
        Tensor gate = shared.gate();
        return new Network.Shared(dense(shared.expert()), gate == null ? null : new Network.Linear(matrix(gate), null));
    }

    private Network.Dense dense(Blueprint.Dense d) throws IOException {
        return new Network.Dense(linear(d.gate()), linear(d.up()), linear(d.down()), d.activation());
    }

    private Network.Linear linear(Blueprint.Linear map) throws IOException {
        return new Network.Linear(matrix(map.weight()), optional(map.bias()));
    }

    private static Network.Norms norms(Blueprint.Norms norms) throws IOException {
        return new Network.Norms(optionalNorm(norms.before()), optionalNorm(norms.after()));
    }

    private static Network.@Nullable Norm optionalNorm(Blueprint.@Nullable Norm norm) throws IOException {
        return norm == null ? null : norm(norm);
    }

    private static Network.Norm norm(Blueprint.Norm norm) throws IOException {
        float[] weight = floats(norm.weight());
        for (int i = 0; norm.onePlus() && i < weight.length; i++) {
            weight[i] += 1;
        }
        return new Network.Norm(weight, norm.epsilon());
    }

    private static float @Nullable [] optional(@Nullable Tensor tensor) throws IOException {
        return tensor == null ? null : floats(tensor);
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
