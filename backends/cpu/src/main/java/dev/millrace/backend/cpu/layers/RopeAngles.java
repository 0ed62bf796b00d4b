/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.spi.model.Position;

/** Rotary position embedding; the angles of a micro-batch are computed once, in double, for all layers with the same rope. */
final class RopeAngles {

    private final Position.Rope rope;
    private final int pairs;
    /** Length from which on the second frequencies hold. */
    private final int originalContext;
    private final double[] frequencies;
    private final double[] longFrequencies;
    private final float[] cos;
    private final float[] sin;

    RopeAngles(Position.Rope rope, int tokens) {
        this.rope = rope;
        pairs = rope.dimensions() / 2;
        // of all scalings only this one looks at the length
        originalContext = rope.scaling() instanceof Position.Scaling.LongRope scaling
                ? scaling.originalContext()
                : Integer.MAX_VALUE;
        frequencies = rope.frequencies(1);
        longFrequencies = rope.frequencies(Integer.MAX_VALUE);
        cos = new float[Math.multiplyExact(tokens, pairs)];
        sin = new float[cos.length];
    }

    /** Computes the angles of all tokens of a micro-batch. */
    void prepare(MicroBatch batch) {
        for (int run = 0; run < batch.runs; run++) {
            boolean far = batch.reach[run] > originalContext;
            double[] radians = far ? longFrequencies : frequencies;
            double magnitude = rope.magnitude(far ? Integer.MAX_VALUE : 1);
            for (int t = batch.first[run]; t < batch.first[run] + batch.length[run]; t++) {
                for (int j = 0; j < pairs; j++) {
                    double angle = batch.positions[t] * radians[j];
                    cos[t * pairs + j] = (float) (Math.cos(angle) * magnitude);
                    sin[t * pairs + j] = (float) (Math.sin(angle) * magnitude);
                }
            }
        }
    }

    /** Turns one head of a token. */
    void turn(int token, float[] head, int at) {
        if (rope.order() == Position.Order.HALVES) {
            turnHalves(token * pairs, head, at);
        } else {
            turnNeighbours(token * pairs, head, at);
        }
    }

    private void turnHalves(int angles, float[] head, int at) {
        for (int j = 0; j < pairs; j++) {
            float a = head[at + j];
            float b = head[at + pairs + j];
            float c = cos[angles + j];
            float s = sin[angles + j];
            head[at + j] = a * c - b * s;
            head[at + pairs + j] = b * c + a * s;
        }
    }

    private void turnNeighbours(int angles, float[] head, int at) {
        for (int j = 0; j < pairs; j++) {
            float a = head[at + 2 * j];
            float b = head[at + 2 * j + 1];
            float c = cos[angles + j];
            float s = sin[angles + j];
            head[at + 2 * j] = a * c - b * s;
            head[at + 2 * j + 1] = b * c + a * s;
        }
    }
}
