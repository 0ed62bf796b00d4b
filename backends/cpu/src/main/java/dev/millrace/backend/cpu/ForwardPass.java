/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.model.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Computes chunks: embedding, all layers, head. Owns the activations. */
final class ForwardPass {

    private record Angles(float theta, int headSize) {
    }

    private final Network network;
    private final Machine machine;
    private final Buffers buffers;
    private final Products.Scratch scratch;
    private final List<LayerPart> mixers = new ArrayList<>();
    private final List<LayerPart> feedForwards = new ArrayList<>();
    private final List<Rope> ropes;
    private final Rows headRows = new Rows();
    private final Workers.Items normalise = this::normalise;
    private Network.Norm norm;
    private boolean adds;

    /** Makes the parts of all layers; the chunk is the one that will be run. */
    ForwardPass(Network network, Machine machine, Products.Scratch scratch, Chunk chunk) {
        this.network = network;
        this.machine = machine;
        this.scratch = scratch;
        buffers = machine.buffers();
        norm = network.outputNorm();
        headRows.reserve(buffers.tokens);
        Map<Angles, Rope> tables = new HashMap<>();
        for (int i = 0; i < network.layers().size(); i++) {
            Network.Layer layer = network.layers().get(i);
            mixers.add(switch (layer.mixer()) {
                case Network.Attention a -> {
                    Position.Rope turned = (Position.Rope) a.shape().position();
                    Angles angles = new Angles(turned.base(), a.shape().headSize());
                    Rope rope = tables.computeIfAbsent(angles,
                            key -> new Rope(key.theta(), key.headSize(), buffers.tokens));
                    yield new AttentionMixer(a, machine, rope, chunk);
                }
                case Network.ShortConv c -> new ConvMixer(c, i, machine, chunk);
            });
            feedForwards.add(switch (layer.feedForward()) {
                case Network.Dense d -> new DenseFeedForward(d, machine);
                case Network.Experts e -> new ExpertFeedForward(e, machine);
            });
        }
        ropes = List.copyOf(tables.values());
    }

    /** Feeds the tokens of a chunk and writes the logits that it wants. */
    void run(Chunk chunk) {
        for (int t = 0; t < chunk.count; t++) {
            network.embedding().row(chunk.tokens[t], scratch.scales, buffers.stream, t * buffers.hidden);
        }
        for (int i = 0; i < ropes.size(); i++) {
            ropes.get(i).prepare(chunk);
        }
        for (int i = 0; i < mixers.size(); i++) {
            Network.Layer layer = network.layers().get(i);
            normalise(layer.mixerNorm(), i > 0, chunk.count);
            mixers.get(i).run(chunk);
            normalise(layer.feedForwardNorm(), true, chunk.count);
            feedForwards.get(i).run(chunk);
        }
        if (chunk.wantedCount > 0) {
            normalise(network.outputNorm(), true, chunk.count);
            for (int i = 0; i < chunk.wantedCount; i++) {
                headRows.set(i, buffers.normed, chunk.wanted[i] * buffers.hidden);
            }
            machine.products().add(network.head(), headRows, chunk.logits, 0, chunk.wantedCount);
            machine.products().run();
        }
    }

    private void normalise(Network.Norm weights, boolean addOutput, int count) {
        norm = weights;
        adds = addOutput;
        machine.workers().run(normalise, count, 4L * buffers.hidden);
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
