/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.spi.model.Blueprint;

/** Picks experts by the outputs of a router, and says how much each counts. */
final class Router {

    private final Blueprint.Experts shape;
    private final float[] bias;
    private final int experts;
    private final int used;
    /** For each token, its experts, best first. */
    final int[] picks;
    /** What each pick counts. */
    final float[] weights;

    /**
     * A router.
     *
     * @param tokens of a micro-batch at most
     */
    Router(Network.Experts layer, int tokens) {
        shape = layer.shape();
        bias = layer.bias();
        experts = layer.experts().size();
        used = shape.used();
        picks = new int[Math.multiplyExact(tokens, used)];
        weights = new float[picks.length];
    }

    /**
     * Picks a token's experts, best first, the lower number where two are equal.
     *
     * @param scores the router's outputs from an index on; they are used up
     */
    void pick(int token, float[] scores, int at) {
        switch (shape.gating()) {
            case SIGMOID -> sigmoid(scores, at);
            case SOFTMAX -> softmax(scores, at, experts);
            case SOFTMAX_OF_PICKED -> {
                // by the outputs themselves
            }
        }
        int first = token * used;
        for (int i = first; i < first + used; i++) {
            int best = -1;
            for (int e = 0; e < experts; e++) {
                if (!taken(first, i, e)
                        && (best < 0 || scores[at + e] + bias[e] > scores[at + best] + bias[best])) {
                    best = e;
                }
            }
            picks[i] = best;
            weights[i] = scores[at + best];
        }
        if (shape.gating() == Blueprint.Gating.SOFTMAX_OF_PICKED) {
            softmax(weights, first, used);
        }
        weigh(first);
    }

    private void weigh(int first) {
        float factor = shape.scale();
        if (shape.normalise()) {
            float sum = 0;
            for (int i = first; i < first + used; i++) {
                sum += weights[i];
            }
            factor /= shape.gating() == Blueprint.Gating.SIGMOID ? sum + 1e-6f : sum;
        }
        for (int i = first; i < first + used; i++) {
            weights[i] *= factor;
        }
    }

    private boolean taken(int first, int end, int expert) {
        for (int i = first; i < end; i++) {
            if (picks[i] == expert) {
                return true;
            }
        }
        return false;
    }

    private void sigmoid(float[] scores, int at) {
        for (int e = at; e < at + experts; e++) {
            scores[e] = sigmoid(scores[e]);
        }
    }

    static float sigmoid(float x) {
        return (float) (1 / (1 + Math.exp(-x)));
    }

    private static void softmax(float[] scores, int at, int count) {
        float most = Float.NEGATIVE_INFINITY;
        for (int e = at; e < at + count; e++) {
            most = Math.max(most, scores[e]);
        }
        float sum = 0;
        for (int e = at; e < at + count; e++) {
            scores[e] = (float) Math.exp(scores[e] - most);
            sum += scores[e];
        }
        for (int e = at; e < at + count; e++) {
            scores[e] /= sum;
        }
    }
}
