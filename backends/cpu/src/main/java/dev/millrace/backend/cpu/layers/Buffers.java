/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.spi.model.Blueprint;

/** The activations of one pass, made once at load for the largest micro-batch. */
public final class Buffers {

    final int tokens;
    final int hidden;
    final float[] stream;
    final float[] normed;
    final float[] mixed;
    final float[] output;
    final float[] queries;
    final float[] keys;
    final float[] values;
    final float[] gated;
    final float[] up;
    final float[] expertOutputs;
    final float[] scores;
    final Rows normedRows;
    final Rows mixedRows;
    final Rows outputRows;

    /** Sizes of what varies between layers. */
    public record Widths(int mixer, int query, int keyValue, int inner, int picked, int experts) {

        public static Widths of(Blueprint blueprint) {
            int mixer = 0;
            int query = 0;
            int keyValue = 0;
            int inner = 0;
            int picked = 0;
            int experts = 0;
            for (Blueprint.Layer layer : blueprint.layers()) {
                switch (layer.mixer()) {
                    case Blueprint.Attention a -> {
                        query = Math.max(query, Math.multiplyExact(a.heads(), a.headSize()));
                        keyValue = Math.max(keyValue, a.kvHeads() * a.headSize());
                    }
                    case Blueprint.ShortConv c -> mixer = Math.multiplyExact(3, blueprint.hiddenSize());
                }
                switch (layer.feedForward()) {
                    case Blueprint.Dense d -> inner = Math.max(inner, Math.toIntExact(d.gate().weight().rows()));
                    case Blueprint.Experts e -> {
                        int rows = Math.toIntExact(e.experts().getFirst().gate().weight().rows());
                        int all = Math.multiplyExact(e.used(), rows);
                        Blueprint.Shared shared = e.shared();
                        if (shared != null) {
                            all = Math.addExact(all, Math.toIntExact(shared.expert().gate().weight().rows()));
                        }
                        inner = Math.max(inner, all);
                        picked = Math.max(picked, e.used());
                        // the gate of a shared expert has a place behind the router's outputs
                        experts = Math.max(experts, e.experts().size() + (shared != null ? 1 : 0));
                    }
                }
            }
            return new Widths(Math.max(mixer, query), query, keyValue, inner, picked, experts);
        }

        /** Floats for one token. */
        public long perToken(int hidden) {
            return 3L * hidden + mixedOrExpertOutputs(hidden) + queriesOrGated() + keysOrUp() + keyValue + experts;
        }

        // the mixer and the feed-forward part of a layer take turns: they share memory

        private int mixedOrExpertOutputs(int hidden) {
            return Math.max(mixer, Math.multiplyExact(hidden, picked));
        }

        private int queriesOrGated() {
            return Math.max(query, inner);
        }

        private int keysOrUp() {
            return Math.max(keyValue, inner);
        }
    }

    public Buffers(Blueprint blueprint, int tokens) {
        this.tokens = tokens;
        hidden = blueprint.hiddenSize();
        Widths widths = Widths.of(blueprint);
        stream = floats(hidden);
        normed = floats(hidden);
        output = floats(hidden);
        mixed = floats(widths.mixedOrExpertOutputs(hidden));
        expertOutputs = mixed;
        queries = floats(widths.queriesOrGated());
        gated = queries;
        keys = floats(widths.keysOrUp());
        up = keys;
        values = floats(widths.keyValue());
        scores = floats(widths.experts());
        normedRows = rows(normed, hidden);
        mixedRows = rows(mixed, hidden);
        outputRows = rows(output, hidden);
    }

    private float[] floats(int width) {
        return new float[Math.multiplyExact(tokens, width)];
    }

    /** Views an array as one vector a token. */
    Rows rows(float[] array, int width) {
        return Rows.of(array, width, tokens);
    }
}
