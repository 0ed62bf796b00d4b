/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.spi.model.Blueprint;
import java.util.Arrays;

/**
 * Mixture of experts. Tokens are grouped by expert, so an expert's weights are decoded once for all its tokens: each pick of a
 * token is a slot, and an expert's slots lie side by side.
 */
final class ExpertFeedForward implements LayerPart {

    private final Network.Experts layer;
    private final Resources resources;
    private final int experts;
    private final int used;
    private final Rows scoreRows;
    private final Rows inputs = new Rows();
    private final Rows gated;
    private final Rows up;
    private final Rows outputs;
    private final int[] picks;
    private final float[] weights;
    private final int[] slots;
    private final int[] begin;
    private final Workers.Items combine = this::combine;

    ExpertFeedForward(Network.Experts layer, Resources resources) {
        this.layer = layer;
        this.resources = resources;
        Buffers buffers = resources.buffers();
        experts = layer.experts().size();
        used = layer.shape().used();
        int most = Math.multiplyExact(buffers.tokens, used);
        int inner = layer.experts().getFirst().gate().rows();
        scoreRows = buffers.rows(buffers.scores, experts);
        inputs.reserve(most);
        gated = Rows.of(buffers.gated, inner, most);
        up = Rows.of(buffers.up, inner, most);
        outputs = Rows.of(buffers.expertOutputs, buffers.hidden, most);
        picks = new int[most];
        weights = new float[most];
        slots = new int[most];
        begin = new int[experts + 1];
    }

    @Override
    public void run(MicroBatch batch) {
        Matmul matmul = resources.matmul();
        Buffers buffers = resources.buffers();
        matmul.add(layer.router(), buffers.normedRows, scoreRows, 0, batch.count);
        matmul.run();
        for (int t = 0; t < batch.count; t++) {
            pick(t);
        }
        group(batch.count);
        for (int e = 0; e < experts; e++) {
            Network.Dense expert = layer.experts().get(e);
            matmul.addGated(expert.gate(), expert.up(), inputs, gated, up, begin[e], begin[e + 1] - begin[e]);
        }
        matmul.run();
        for (int e = 0; e < experts; e++) {
            matmul.add(layer.experts().get(e).down(), gated, outputs, begin[e], begin[e + 1] - begin[e]);
        }
        matmul.run();
        resources.workers().run(combine, batch.count, 2L * used * buffers.hidden);
    }

    /** Picks a token's experts, best first, the lower number where two are equal; its scores are used up. */
    private void pick(int t) {
        float[] scores = resources.buffers().scores;
        int at = t * experts;
        if (layer.shape().gating() == Blueprint.Gating.SIGMOID) {
            for (int e = 0; e < experts; e++) {
                scores[at + e] = (float) (1 / (1 + Math.exp(-scores[at + e])));
            }
        } else {
            softmax(scores, at);
        }
        float sum = 0;
        for (int i = 0; i < used; i++) {
            int best = -1;
            for (int e = 0; e < experts; e++) {
                if (!taken(t, i, e)
                        && (best < 0 || scores[at + e] + layer.bias()[e] > scores[at + best] + layer.bias()[best])) {
                    best = e;
                }
            }
            picks[t * used + i] = best;
            weights[t * used + i] = scores[at + best];
            sum += scores[at + best];
        }
        float factor = layer.shape().scale() / (layer.shape().normalise() ? sum + 1e-6f : 1);
        for (int i = 0; i < used; i++) {
            weights[t * used + i] *= factor;
        }
    }

    private boolean taken(int t, int picked, int expert) {
        for (int i = 0; i < picked; i++) {
            if (picks[t * used + i] == expert) {
                return true;
            }
        }
        return false;
    }

    private void softmax(float[] scores, int at) {
        float most = Float.NEGATIVE_INFINITY;
        for (int e = 0; e < experts; e++) {
            most = Math.max(most, scores[at + e]);
        }
        float sum = 0;
        for (int e = 0; e < experts; e++) {
            scores[at + e] = (float) Math.exp(scores[at + e] - most);
            sum += scores[at + e];
        }
        for (int e = 0; e < experts; e++) {
            scores[at + e] /= sum;
        }
    }

    /** Gives each pick a slot, expert by expert. */
    private void group(int tokens) {
        Arrays.fill(begin, 0);
        for (int i = 0; i < tokens * used; i++) {
            begin[picks[i] + 1]++;
        }
        for (int e = 0; e < experts; e++) {
            begin[e + 1] += begin[e];
        }
        for (int i = 0; i < tokens * used; i++) {
            int slot = begin[picks[i]]++;
            slots[i] = slot;
            inputs.set(slot, resources.buffers().normed, i / used * resources.buffers().hidden);
        }
        // filling moved each beginning to its end, which is the next one's beginning
        System.arraycopy(begin, 0, begin, 1, experts);
        begin[0] = 0;
    }

    private void combine(int worker, int from, int to) {
        Buffers buffers = resources.buffers();
        for (int t = from; t < to; t++) {
            int target = t * buffers.hidden;
            Arrays.fill(buffers.output, target, target + buffers.hidden, 0);
            for (int i = t * used; i < (t + 1) * used; i++) {
                add(weights[i], buffers.expertOutputs, slots[i] * buffers.hidden, buffers.output, target,
                        buffers.hidden);
            }
        }
    }

    private static void add(float weight, float[] from, int at, float[] to, int target, int n) {
        for (int i = 0; i < n; i++) {
            to[target + i] += weight * from[at + i];
        }
    }
}
