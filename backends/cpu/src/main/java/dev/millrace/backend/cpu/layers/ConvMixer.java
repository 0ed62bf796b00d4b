/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.threads.Workers;

/**
 * Gated short convolution. Works channel by channel, in loops over neighbouring channels that the compiler turns into SIMD by
 * itself.
 */
final class ConvMixer implements LayerPart {

    private final Network.ShortConv layer;
    private final int index;
    private final Resources resources;
    private final int hidden;
    private final Rows wideRows;
    private final Workers.Items convolve = this::convolve;
    private MicroBatch batch;

    ConvMixer(Network.ShortConv layer, int index, Resources resources, MicroBatch batch) {
        this.layer = layer;
        this.index = index;
        this.resources = resources;
        this.batch = batch;
        hidden = resources.buffers().hidden;
        wideRows = resources.buffers().rows(resources.buffers().mixed, 3 * hidden);
    }

    @Override
    public void run(MicroBatch tokens) {
        batch = tokens;
        Buffers buffers = resources.buffers();
        resources.matmul().add(layer.in(), buffers.normedRows, wideRows, 0, tokens.count);
        resources.matmul().run();
        resources.workers().run(convolve, hidden, (layer.width() + 3L) * tokens.count);
        // the result stands where b stood, so rows are three streams apart
        resources.matmul().add(layer.out(), wideRows, buffers.outputRows, 0, tokens.count);
        resources.matmul().run();
    }

    private void convolve(int worker, int from, int to) {
        float[] wide = resources.buffers().mixed;
        float[] result = resources.buffers().normed;
        for (int run = 0; run < batch.runs; run++) {
            int first = batch.first[run];
            int count = batch.length[run];
            float[] state = batch.sequences[run].columns(index);
            for (int t = first; t < first + count; t++) {
                gate(wide, t * 3 * hidden, from, to);
            }
            for (int t = 0; t < count; t++) {
                taps(wide, first, t, batch.positions[first], state, result, from, to);
            }
            keep(wide, first, count, batch.positions[first], state, from, to);
            for (int t = first; t < first + count; t++) {
                System.arraycopy(result, t * hidden + from, wide, t * 3 * hidden + from, to - from);
            }
        }
    }

    /** {@code u = b * x}, in place of b. */
    private void gate(float[] wide, int b, int from, int to) {
        int x = b + 2 * hidden;
        for (int i = from; i < to; i++) {
            wide[b + i] *= wide[x + i];
        }
    }

    /** One token's {@code c * sum of kernel * u}: taps before the run read the state. */
    private void taps(float[] wide, int first, int t, int position, float[] state, float[] result, int from, int to) {
        int width = layer.width();
        int target = (first + t) * hidden;
        for (int tap = 0; tap < width; tap++) {
            int source = t - (width - 1) + tap;
            float[] u = source < 0 ? state : wide;
            int at = source < 0 ? kept(state, position + source) : (first + source) * 3 * hidden;
            int weight = tap * hidden;
            if (tap == 0) {
                multiply(layer.kernel(), weight, u, at, result, target, from, to);
            } else {
                multiplyAdd(layer.kernel(), weight, u, at, result, target, from, to);
            }
        }
        int c = (first + t) * 3 * hidden + hidden;
        for (int i = from; i < to; i++) {
            result[target + i] *= wide[c + i];
        }
    }

    private static void multiply(float[] k, int kAt, float[] u, int uAt, float[] y, int yAt, int from, int to) {
        for (int i = from; i < to; i++) {
            y[yAt + i] = k[kAt + i] * u[uAt + i];
        }
    }

    private static void multiplyAdd(float[] k, int kAt, float[] u, int uAt, float[] y, int yAt, int from, int to) {
        for (int i = from; i < to; i++) {
            y[yAt + i] += k[kAt + i] * u[uAt + i];
        }
    }

    /** Where the column of a position lies in the state, which is a ring of columns. */
    private int kept(float[] state, int position) {
        return Math.floorMod(position, state.length / hidden) * hidden;
    }

    /** The last columns of u go into the state, over the oldest. */
    private void keep(float[] wide, int first, int count, int position, float[] state, int from, int to) {
        for (int t = Math.max(0, count - state.length / hidden); t < count; t++) {
            System.arraycopy(wide, (first + t) * 3 * hidden + from, state, kept(state, position + t) + from,
                    to - from);
        }
    }
}
