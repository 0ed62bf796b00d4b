/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.spi.model.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Computes micro-batchs: embedding, all layers, head. Owns the activations. */
public final class ForwardPass {

    private record Angles(float theta, int headSize) {
    }

    private final Network network;
    private final Resources resources;
    private final Buffers buffers;
    private final Matmul.Scratch scratch;
    private final List<LayerPart> mixers = new ArrayList<>();
    private final List<LayerPart> feedForwards = new ArrayList<>();
    private final List<RopeAngles> ropes;
    private final Rows headRows = new Rows();
    private final Workers.Items normalise = this::normalise;
    private Network.Norm norm;
    private boolean adds;

    /** Makes the parts of all layers; the micro-batch is the one that will be run. */
    public ForwardPass(Network network, Resources resources, Matmul.Scratch scratch, MicroBatch batch) {
        this.network = network;
        this.resources = resources;
        this.scratch = scratch;
        buffers = resources.buffers();
        norm = network.outputNorm();
        headRows.reserve(buffers.tokens);
        Map<Angles, RopeAngles> tables = new HashMap<>();
        for (int i = 0; i < network.layers().size(); i++) {
            Network.Layer layer = network.layers().get(i);
            mixers.add(switch (layer.mixer()) {
                case Network.Attention a -> {
                    Position.Rope turned = (Position.Rope) a.shape().position();
                    Angles angles = new Angles(turned.base(), a.shape().headSize());
                    RopeAngles rope = tables.computeIfAbsent(angles,
                            key -> new RopeAngles(key.theta(), key.headSize(), buffers.tokens));
                    yield new AttentionMixer(a, resources, rope, batch);
                }
                case Network.ShortConv c -> new ConvMixer(c, i, resources, batch);
            });
            feedForwards.add(switch (layer.feedForward()) {
                case Network.Dense d -> new DenseFeedForward(d, resources);
                case Network.Experts e -> new ExpertFeedForward(e, resources);
            });
        }
        ropes = List.copyOf(tables.values());
    }

    /** Feeds the tokens of a micro-batch and writes the logits that it wants. */
    public void run(MicroBatch batch) {
        for (int t = 0; t < batch.count; t++) {
            resources.kernels().row(network.embedding(), batch.tokens[t], scratch.scales, buffers.stream,
                    t * buffers.hidden);
        }
        for (int i = 0; i < ropes.size(); i++) {
            ropes.get(i).prepare(batch);
        }
        for (int i = 0; i < mixers.size(); i++) {
            Network.Layer layer = network.layers().get(i);
            normalise(layer.mixerNorm(), i > 0, batch.count);
            mixers.get(i).run(batch);
            normalise(layer.feedForwardNorm(), true, batch.count);
            feedForwards.get(i).run(batch);
        }
        if (batch.wantedCount > 0) {
            normalise(network.outputNorm(), true, batch.count);
            for (int i = 0; i < batch.wantedCount; i++) {
                headRows.set(i, buffers.normed, batch.wanted[i] * buffers.hidden);
            }
            resources.matmul().add(network.head(), headRows, batch.logits, 0, batch.wantedCount);
            resources.matmul().run();
        }
    }

    private void normalise(Network.Norm weights, boolean addOutput, int count) {
        norm = weights;
        adds = addOutput;
        resources.workers().run(normalise, count, 4L * buffers.hidden);
    }

    /** Adds what the part before gave to the stream, and norms it for the next. */
    private void normalise(int worker, int from, int to) {
        for (int t = from; t < to; t++) {
            int at = t * buffers.hidden;
            if (adds) {
                add(buffers.stream, buffers.output, at, buffers.hidden);
            }
            Norms.rms(buffers.stream, at, buffers.hidden, norm, buffers.normed, at);
        }
    }

    private static void add(float[] stream, float[] output, int at, int n) {
        for (int i = at; i < at + n; i++) {
            stream[i] += output[i];
        }
    }
}
