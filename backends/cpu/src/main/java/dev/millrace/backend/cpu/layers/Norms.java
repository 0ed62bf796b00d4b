/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

/** Root mean square norms, in plain Java: they cost next to nothing beside the products. */
final class Norms {

    private Norms() {
    }

    /**
     * {@code y = x * weight / sqrt(mean(x^2) + epsilon)} for n values; x and y may be the same.
     *
     * @return whether all of x were finite numbers
     */
    static boolean rms(float[] x, int at, int n, Network.Norm norm, float[] y, int to) {
        double squares = squares(x, at, n);
        float scale = (float) (1 / Math.sqrt(squares / n + norm.epsilon()));
        float[] weight = norm.weight();
        for (int i = 0; i < n; i++) {
            y[to + i] = x[at + i] * scale * weight[i];
        }
        return Double.isFinite(squares);
    }

    /**
     * Norms heads in place: each by itself, or all together, as long as the norm's weight is.
     *
     * @param n values of all heads
     */
    static void heads(float[] x, int at, int n, Network.Norm norm) {
        int each = norm.weight().length;
        for (int from = at; from < at + n; from += each) {
            rms(x, from, each, norm, x, from);
        }
    }

    private static double squares(float[] x, int at, int n) {
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = at;
        for (; i <= at + n - 4; i += 4) {
            a += (double) x[i] * x[i];
            b += (double) x[i + 1] * x[i + 1];
            c += (double) x[i + 2] * x[i + 2];
            d += (double) x[i + 3] * x[i + 3];
        }
        for (; i < at + n; i++) {
            a += (double) x[i] * x[i];
        }
        return a + b + (c + d);
    }
}
