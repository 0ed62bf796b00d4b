/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.spi.backend.InputObserver;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Computes micro-batches: embedding, all layers, head. Owns the activations. */
public final class ForwardPass {

    private final Network network;
    private final Resources resources;
    private final Buffers buffers;
    private final MatmulScratch scratch;
    private final Blueprint.Multipliers multipliers;
    private final Seam seam;
    private final LogitsTail tail;
    private final List<LayerPart> mixers = new ArrayList<>();
    private final List<LayerPart> feedForwards = new ArrayList<>();
    private final List<RopeAngles> ropes;
    private final Rows headRows = new Rows();
    private final IntFunction<String> parts = this::part;

    /** Makes the parts of all layers; the micro-batch is the one that will be run. */
    public ForwardPass(Network network, Resources resources, MatmulScratch scratch, MicroBatch batch) {
        this.network = network;
        this.resources = resources;
        this.scratch = scratch;
        buffers = resources.buffers();
        multipliers = network.blueprint().multipliers();
        seam = new Seam(resources.workers(), buffers, multipliers.residual());
        tail = new LogitsTail(resources.workers(), network.blueprint());
        headRows.reserve(buffers.tokens);
        Map<Position.Rope, RopeAngles> tables = new HashMap<>();
        for (int i = 0; i < network.layers().size(); i++) {
            Network.Layer layer = network.layers().get(i);
            mixers.add(switch (layer.mixer()) {
                case Network.Attention a -> new AttentionMixer(a, resources, angles(a, tables), batch);
                case Network.ShortConv c -> new ConvMixer(c, i, resources, batch);
            });
            feedForwards.add(switch (layer.feedForward()) {
                case Network.Dense d -> new DenseFeedForward(d, resources);
                case Network.Experts e -> new ExpertFeedForward(e, resources);
            });
        }
        ropes = List.copyOf(tables.values());
    }

    private @Nullable RopeAngles angles(Network.Attention attention, Map<Position.Rope, RopeAngles> tables) {
        return switch (attention.shape().position()) {
            case Position.None none -> null;
            case Position.Rope rope -> tables.computeIfAbsent(rope, key -> new RopeAngles(key, buffers.tokens));
        };
    }

    /** Shows the inputs of all matrices to an observer from now on. */
    public void observe(InputObserver observer) {
        resources.matmul().observe(observer);
    }

    /**
     * Feeds the tokens of a micro-batch and writes the logits that it wants.
     *
     * @param stoppable whether it may be left off between two layers
     * @return false if it was left off, because nobody wants it any more
     */
    public boolean run(MicroBatch batch, boolean stoppable) {
        embed(batch);
        seam.begin(batch.count);
        for (int i = 0; i < ropes.size(); i++) {
            ropes.get(i).prepare(batch);
        }
        Network.@Nullable Norm after = null;
        for (int i = 0; i < mixers.size(); i++) {
            if (stoppable && batch.isWithdrawn()) {
                return false;
            }
            Network.Layer layer = network.layers().get(i);
            seam.run(i > 0, after, layer.mixerNorms().before(), batch.count);
            mixers.get(i).run(batch);
            seam.run(true, layer.mixerNorms().after(), layer.feedForwardNorms().before(), batch.count);
            feedForwards.get(i).run(batch);
            after = layer.feedForwardNorms().after();
        }
        if (batch.wantedCount > 0) {
            seam.run(!mixers.isEmpty(), after, network.outputNorm(), batch.count);
            for (int i = 0; i < batch.wantedCount; i++) {
                headRows.set(i, buffers.normed, batch.wanted[i] * buffers.hidden);
            }
            resources.matmul().add(network.head(), headRows, batch.logits, 0, batch.wantedCount);
            resources.matmul().run();
            tail.run(batch);
        }
        batch.tellFaults(seam.faults, parts);
        return true;
    }

    /** What has gone wrong if a seam is the first to see something that is no finite number. */
    private String part(int number) {
        if (number == 0) {
            return "the embedding";
        }
        int layer = (number - 1) / 2;
        String part = number % 2 == 0 ? "feed-forward" : switch (network.layers().get(layer).mixer()) {
            case Network.Attention a -> "attention";
            case Network.ShortConv c -> "short convolution";
        };
        return "layer " + layer + " of " + network.layers().size() + " (counted from 0), in its " + part;
    }

    private void embed(MicroBatch batch) {
        float factor = multipliers.embedding();
        for (int t = 0; t < batch.count; t++) {
            int at = t * buffers.hidden;
            resources.kernels().row(network.embedding(), batch.tokens[t], scratch.scales, buffers.stream, at);
            for (int i = at; factor != 1 && i < at + buffers.hidden; i++) {
                buffers.stream[i] *= factor;
            }
        }
    }

    /**
     * Between two parts: adds what the part before gave to the stream, and norms the stream for the next. Norms add up squares, so they
     * see what is no finite number at no cost.
     */
    private static final class Seam {

        static final int SOUND = Integer.MAX_VALUE;

        private final Workers workers;
        private final Buffers buffers;
        private final float residual;
        private final Workers.Items items = this::tokens;
        private boolean adds;
        private Network.@Nullable Norm after;
        private Network.@Nullable Norm before;
        /** For each token the first seam that saw what is no finite number. */
        private final int[] faults;
        private int number;

        Seam(Workers workers, Buffers buffers, float residual) {
            this.workers = workers;
            this.buffers = buffers;
            this.residual = residual;
            this.faults = new int[buffers.tokens];
        }

        void begin(int count) {
            Arrays.fill(faults, 0, count, SOUND);
            number = -1;
        }

        /**
         * Does all tokens.
         *
         * @param addOutput false before the first part
         * @param ofOutput norm of what the part before gave, or null
         * @param ofInput norm of what the next part reads, or null
         */
        void run(boolean addOutput, Network.@Nullable Norm ofOutput, Network.@Nullable Norm ofInput, int count) {
            number++;
            adds = addOutput;
            after = ofOutput;
            before = ofInput;
            workers.run(items, count, 4L * buffers.hidden);
        }

        private void tokens(int worker, int from, int to) {
            int n = buffers.hidden;
            for (int t = from; t < to; t++) {
                int at = t * n;
                if (adds) {
                    if (after != null) {
                        Norms.rms(buffers.output, at, n, after, buffers.output, at);
                    }
                    if (residual == 1) {
                        add(buffers.stream, buffers.output, at, n);
                    } else {
                        add(buffers.stream, buffers.output, residual, at, n);
                    }
                }
                if (before != null) {
                    if (!Norms.rms(buffers.stream, at, n, before, buffers.normed, at)) {
                        faults[t] = Math.min(faults[t], number);
                    }
                } else {
                    System.arraycopy(buffers.stream, at, buffers.normed, at, n);
                }
            }
        }

        private static void add(float[] stream, float[] output, int at, int n) {
            for (int i = at; i < at + n; i++) {
                stream[i] += output[i];
            }
        }

        private static void add(float[] stream, float[] output, float factor, int at, int n) {
            for (int i = at; i < at + n; i++) {
                stream[i] += factor * output[i];
            }
        }
    }
}
