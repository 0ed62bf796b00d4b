/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static dev.millrace.backend.cpu.KvLayout.PAGE;
import static dev.millrace.backend.cpu.KvLayout.STRIPE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Plain Java: needs no flag, and is what SIMD is compared with. */
final class ScalarAttention implements AttentionKernels {

    private static final ValueLayout.OfInt LANE = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final float LOG2_E = 1.442695f;
    static final float LN2_HIGH = 0.6933594f;
    static final float LN2_LOW = -2.1219444e-4f;
    static final float ROUND = 12_582_912f; // 1.5 * 2^23: adding it rounds to an integer
    /** Powers of e below this one's are zero: near the end of the normal floats. */
    static final float LOWEST = -86;
    /** A polynomial for {@code (e^r - 1 - r) / r^2} where r is at most half of ln 2 (Cephes, {@code expf}). */
    static final float C0 = 0.5f;
    static final float C1 = 1.6666666e-1f;
    static final float C2 = 4.1665796e-2f;
    static final float C3 = 8.333452e-3f;
    static final float C4 = 1.3981999e-3f;
    static final float C5 = 1.9875691e-4f;

    @Override
    public void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch own, int first, int vectors,
            int group, int visible) {
        MemorySegment data = page.data();
        int width = layer.width();
        if (layer.type() == KvType.Q8) {
            unpack(KvType.F32, data, layer.scales(head), 2 * PAGE, own.scales);
        }
        unpack(layer.type(), data, layer.keys(head), PAGE * width, own.tile);
        for (int v = 0; v < vectors; v++) {
            int row = v * PAGE;
            Arrays.fill(own.scores, row, row + PAGE, 0);
            multiply(own.tile, width, PAGE, own.queries, (first + v) * width, own.scores, row);
            soften(own, first, v, visible + v / group);
        }
        unpack(layer.type(), data, layer.values(head), PAGE * width, own.tile);
        for (int v = 0; v < vectors; v++) {
            int to = (first + v) * width;
            for (int c = to; c < to + width; c++) {
                own.met.sums[c] *= own.fade[v];
            }
            multiply(own.tile, PAGE, width, own.scores, v * PAGE, own.met.sums, to);
        }
    }

    /** Turns a query's scores into weights. */
    private static void soften(AttentionScratch own, int first, int v, int visible) {
        int row = v * PAGE;
        int seen = Math.min(visible, PAGE);
        own.fade[v] = 1;
        if (seen <= 0) {
            Arrays.fill(own.scores, row, row + PAGE, 0);
            return;
        }
        float before = own.met.largest[first + v];
        float most = before;
        for (int t = 0; t < seen; t++) {
            own.scores[row + t] *= own.scales[t];
            most = Math.max(most, own.scores[row + t]);
        }
        own.fade[v] = exp(before - most);
        own.met.largest[first + v] = most;
        int totals = (first + v) * WeightedSums.TOTALS;
        for (int i = 0; i < WeightedSums.TOTALS; i++) {
            own.met.totals[totals + i] *= own.fade[v];
        }
        for (int t = 0; t < seen; t++) {
            float weight = exp(own.scores[row + t] - most);
            own.met.totals[totals + t % WeightedSums.TOTALS] += weight;
            own.scores[row + t] = weight * own.scales[PAGE + t];
        }
        Arrays.fill(own.scores, row + seen, row + PAGE, 0);
    }

    /** Adds the product of a vector with a matrix of {@code [columns / STRIPE][rows][STRIPE]}. */
    private static void multiply(float[] m, int rows, int columns, float[] x, int at, float[] y, int to) {
        for (int r = 0; r < rows; r++) {
            float factor = x[at + r];
            for (int stripe = 0; stripe < columns; stripe += STRIPE) {
                int from = stripe * rows + r * STRIPE;
                for (int c = 0; c < STRIPE; c++) {
                    y[to + stripe + c] += factor * m[from + c];
                }
            }
        }
    }

    /** Unpacks lanes into floats: each row of a stripe becomes as many rows as there are values in a lane. */
    private static void unpack(KvType type, MemorySegment data, long at, int values, float[] into) {
        for (int i = 0; i < values / type.run; i++) {
            int lane = data.get(LANE, at + 4L * i);
            int to = i / STRIPE * STRIPE * type.run + i % STRIPE;
            switch (type) {
                case F32 -> into[to] = Float.intBitsToFloat(lane);
                case F16 -> {
                    into[to] = Float.float16ToFloat((short) lane);
                    into[to + STRIPE] = Float.float16ToFloat((short) (lane >> 16));
                }
                case Q8 -> {
                    into[to] = (byte) lane;
                    into[to + STRIPE] = (byte) (lane >> 8);
                    into[to + 2 * STRIPE] = (byte) (lane >> 16);
                    into[to + 3 * STRIPE] = (byte) (lane >> 24);
                }
            }
        }
    }

    /**
     * {@code e^x} for x of 0 or less, to about two units in the last place, by plain operations, so that compiled code and
     * interpreted code give the same bits.
     */
    static float exp(float x) {
        if (x < LOWEST) {
            return 0;
        }
        float shifted = x * LOG2_E + ROUND;
        float k = shifted - ROUND;
        float r = x - k * LN2_HIGH - k * LN2_LOW;
        float p = C5;
        p = p * r + C4;
        p = p * r + C3;
        p = p * r + C2;
        p = p * r + C1;
        p = p * r + C0;
        p = p * r * r + r + 1;
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
    }
}
