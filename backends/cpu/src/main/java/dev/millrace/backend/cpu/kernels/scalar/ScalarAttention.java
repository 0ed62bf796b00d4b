/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.scalar;

import static dev.millrace.backend.cpu.kv.KvLayout.PAGE;

import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.PowersOfTwo;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Plain Java: needs no flag, and is what SIMD is compared with. */
public final class ScalarAttention implements AttentionKernels {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

    @Override
    public void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch scratch, int first, int vectors,
            int group, int oldest, int visible, float softcap) {
        int width = layer.width();
        boolean codes = layer.type() == KvType.Q8;
        if (codes) {
            for (int t = 0; t < PAGE; t++) {
                scratch.scales[t] = page.scale(layer.keyScale(head, t));
                scratch.scales[PAGE + t] = page.scale(layer.valueScale(head, t));
            }
        }
        unpack(page, layer, head, true, scratch);
        for (int v = 0; v < vectors; v++) {
            multiply(scratch.tile, width, PAGE, scratch.queries, (first + v) * width, scratch.scores, v * PAGE);
            soften(scratch, first, v, oldest + v / group, visible + v / group, softcap);
            if (codes) {
                roundWeights(scratch, v);
            }
        }
        unpack(page, layer, head, false, scratch);
        for (int v = 0; v < vectors; v++) {
            multiply(scratch.tile, PAGE, width, scratch.scores, v * PAGE, scratch.parts, 0);
            int to = (first + v) * width;
            for (int c = 0; c < width; c++) {
                scratch.met.sums[to + c] = scratch.met.sums[to + c] * scratch.fade[v]
                        + scratch.parts[c] * scratch.steps[v];
            }
        }
    }

    /** Turns a query's scores into weights. */
    private static void soften(AttentionScratch scratch, int first, int v, int oldest, int visible, float softcap) {
        int row = v * PAGE;
        int seen = Math.min(visible, PAGE);
        int from = Math.max(oldest, 0);
        scratch.fade[v] = 1;
        if (seen <= from) {
            Arrays.fill(scratch.scores, row, row + PAGE, 0);
            return;
        }
        float before = scratch.met.largest[first + v];
        float most = before;
        for (int t = from; t < seen; t++) {
            scratch.scores[row + t] = scratch.scores[row + t] * scratch.scales[t] * scratch.queryScales[first + v];
        }
        if (softcap != 0) {
            cap(scratch.scores, row + from, row + seen, softcap);
        }
        for (int t = from; t < seen; t++) {
            most = Math.max(most, scratch.scores[row + t]);
        }
        scratch.met.largest[first + v] = most;
        most = Math.max(most, WeightedSums.LEAST);
        scratch.fade[v] = PowersOfTwo.exp2(before - most);
        int totals = (first + v) * WeightedSums.TOTALS;
        for (int i = 0; i < WeightedSums.TOTALS; i++) {
            scratch.met.totals[totals + i] *= scratch.fade[v];
        }
        for (int t = from; t < seen; t++) {
            float weight = PowersOfTwo.exp2(scratch.scores[row + t] - most);
            scratch.met.totals[totals + t % WeightedSums.TOTALS] += weight;
            scratch.scores[row + t] = weight * scratch.scales[PAGE + t];
        }
        Arrays.fill(scratch.scores, row, row + from, 0);
        Arrays.fill(scratch.scores, row + seen, row + PAGE, 0);
    }

    /** Makes a query's weights integers, as {@link AttentionScratch#LARGEST_CODE} says. */
    private static void roundWeights(AttentionScratch scratch, int v) {
        float most = AttentionScratch.SMALLEST;
        for (int i = v * PAGE; i < (v + 1) * PAGE; i++) {
            most = Math.max(most, scratch.scores[i]);
        }
        float factor = AttentionScratch.LARGEST_CODE / most;
        for (int i = v * PAGE; i < (v + 1) * PAGE; i++) {
            scratch.scores[i] = scratch.scores[i] * factor + PowersOfTwo.ROUND - PowersOfTwo.ROUND;
        }
        scratch.steps[v] = most * AttentionScratch.CODE;
    }

    /** {@code bound * tanh(score)}. */
    private static void cap(float[] scores, int from, int to, float bound) {
        for (int i = from; i < to; i++) {
            scores[i] = bound * ScalarActivations.tanh(scores[i]);
        }
    }

    /** The product of a vector with a matrix. */
    private static void multiply(float[] m, int rows, int columns, float[] x, int at, float[] y, int to) {
        Arrays.fill(y, to, to + columns, 0);
        for (int r = 0; r < rows; r++) {
            add(x[at + r], m, r * columns, columns, y, to);
        }
    }

    private static void add(float factor, float[] m, int from, int columns, float[] y, int to) {
        for (int c = 0; c < columns; c++) {
            y[to + c] += factor * m[from + c];
        }
    }

    /** Keys as {@code [dimension][token]}, or values as {@code [token][dimension]}, into the scratch's tile. */
    private static void unpack(KvPage page, KvLayout.Layer layer, int head, boolean keys, AttentionScratch scratch) {
        int columns = keys ? PAGE : layer.width();
        long at = keys ? layer.keys(head) : layer.values(head);
        int count = PAGE * layer.width();
        if (layer.type() == KvType.Q8) {
            // at once, since single values of memory take long before they are compiled, which is when machine code is checked
            MemorySegment.copy(page.data(), ValueLayout.JAVA_BYTE, at, scratch.codes, 0, count);
        }
        for (int row = 0; row < count / columns; row++) {
            unpack(page, layer, at, keys, row, columns, scratch);
        }
    }

    /** One row: a short method, which the compiler takes up sooner than a long loop. */
    private static void unpack(KvPage page, KvLayout.Layer layer, long at, boolean keys, int row, int columns,
            AttentionScratch scratch) {
        for (int c = 0; c < columns; c++) {
            long place = keys ? layer.key(c, row) : layer.value(row, c);
            scratch.tile[row * columns + c] = switch (layer.type()) {
                case F32 -> page.data().get(FLOAT, at + place);
                case F16 -> Float.float16ToFloat(page.data().get(HALF, at + place));
                case Q8 -> scratch.codes[(int) place];
            };
        }
    }
}
