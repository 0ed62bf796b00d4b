/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static dev.millrace.backend.cpu.KvLayout.PAGE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Plain Java: needs no flag, and is what SIMD is compared with. */
final class ScalarAttention implements AttentionKernels {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

    static final float LOG2_E = 1.442695f;
    static final float ROUND = 12_582_912f; // 1.5 * 2^23: adding it rounds to an integer
    /** Powers of 2 below this one's are zero: near the end of the normal floats. */
    static final float LOWEST = -125;
    /** A polynomial for {@code (2^f - 1) / f} where f is at most a half, to {@code 1.1e-7} of {@code 2^f}. */
    static final float C1 = 0.693147f;
    static final float C2 = 0.24022242f;
    static final float C3 = 0.055507336f;
    static final float C4 = 0.009671513f;
    static final float C5 = 0.0013264727f;

    @Override
    public void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch own, int first, int vectors,
            int group, int visible) {
        MemorySegment data = page.data();
        int width = layer.width();
        if (layer.type() == KvType.Q8) {
            for (int t = 0; t < PAGE; t++) {
                own.scales[t] = page.scale(layer.keyScale(head, t));
                own.scales[PAGE + t] = page.scale(layer.valueScale(head, t));
            }
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
        own.fade[v] = exp2(before - most);
        own.met.largest[first + v] = most;
        int totals = (first + v) * WeightedSums.TOTALS;
        for (int i = 0; i < WeightedSums.TOTALS; i++) {
            own.met.totals[totals + i] *= own.fade[v];
        }
        for (int t = 0; t < seen; t++) {
            float weight = exp2(own.scores[row + t] - most);
            own.met.totals[totals + t % WeightedSums.TOTALS] += weight;
            own.scores[row + t] = weight * own.scales[PAGE + t];
        }
        Arrays.fill(own.scores, row + seen, row + PAGE, 0);
    }

    /** Adds the product of a vector with a matrix. */
    private static void multiply(float[] m, int rows, int columns, float[] x, int at, float[] y, int to) {
        for (int r = 0; r < rows; r++) {
            float factor = x[at + r];
            int from = r * columns;
            for (int c = 0; c < columns; c++) {
                y[to + c] += factor * m[from + c];
            }
        }
    }

    private static void unpack(KvType type, MemorySegment data, long at, int values, float[] into) {
        for (int i = 0; i < values; i++) {
            long place = at + (long) i * type.bytes;
            into[i] = switch (type) {
                case F32 -> data.get(FLOAT, place);
                case F16 -> Float.float16ToFloat(data.get(HALF, place));
                case Q8 -> data.get(ValueLayout.JAVA_BYTE, place);
            };
        }
    }

    /**
     * {@code 2^x} for x of 0 or less, to about two units in the last place, by plain operations, so that compiled code and
     * interpreted code give the same bits.
     */
    static float exp2(float x) {
        if (x < LOWEST) {
            return 0;
        }
        float shifted = x + ROUND;
        float f = x - (shifted - ROUND);
        float p = C5;
        p = p * f + C4;
        p = p * f + C3;
        p = p * f + C2;
        p = p * f + C1;
        p = p * f + 1;
        return Float.intBitsToFloat(Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(shifted) << 23));
    }
}
