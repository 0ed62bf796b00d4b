/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

/** Rotary position embedding in the half-split order; the angles of a micro-batch are computed once, in double, for all layers. */
final class RopeAngles {

    private final int half;
    private final double[] frequencies;
    private final float[] cos;
    private final float[] sin;

    RopeAngles(float theta, int headSize, int tokens) {
        half = headSize / 2;
        frequencies = new double[half];
        for (int j = 0; j < half; j++) {
            frequencies[j] = Math.pow(theta, -2.0 * j / headSize);
        }
        cos = new float[Math.multiplyExact(tokens, half)];
        sin = new float[cos.length];
    }

    /** Computes the angles of all tokens of a micro-batch. */
    void prepare(MicroBatch batch) {
        for (int t = 0; t < batch.count; t++) {
            for (int j = 0; j < half; j++) {
                double angle = batch.positions[t] * frequencies[j];
                cos[t * half + j] = (float) Math.cos(angle);
                sin[t * half + j] = (float) Math.sin(angle);
            }
        }
    }

    /** Turns one head of a token and multiplies it by a factor. */
    void turn(int token, float[] head, int at, float factor) {
        int angles = token * half;
        for (int j = 0; j < half; j++) {
            float a = head[at + j];
            float b = head[at + half + j];
            float c = cos[angles + j];
            float s = sin[angles + j];
            head[at + j] = (a * c - b * s) * factor;
            head[at + half + j] = (b * c + a * s) * factor;
        }
    }
}
