/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import dev.millrace.backend.cpu.kernels.scalar.ScalarAttention;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Compares attention by machine code with its definition on two pages of made-up bits: results must have the same bits. */
final class AttentionSelfTest {

    private static final int GROUP = 3;
    private static final int VECTORS = 5;
    private static final int HEADS = 2;

    private final AssembledAttention kernels;
    private final AssembledAttention.Function function;

    AttentionSelfTest(AssembledAttention kernels, AssembledAttention.Function function) {
        this.kernels = kernels;
        this.function = function;
    }

    /** What is wrong, in a few words, or null. */
    @Nullable
    String difference() {
        int width = function.tile().width();
        KvLayout.Layer layer = new KvLayout.Layer(KvType.Q8, HEADS, width, 0);
        KvLayout layout = new KvLayout(KvType.Q8, List.of(layer), layer.end());
        AttentionScratch expected = new AttentionScratch(HEADS * AttentionScratch.filled(VECTORS), width);
        AttentionScratch got = new AttentionScratch(HEADS * AttentionScratch.filled(VECTORS), width);
        Random random = new Random(3);
        KvPage[] pages = {page(layout, random), page(layout, random)};
        try {
            for (int i = 0; i < HEADS * AttentionScratch.filled(VECTORS) * width; i++) {
                expected.queries[i] = random.nextFloat() - 0.5f;
                got.queries[i] = expected.queries[i];
            }
            int vectors = HEADS * AttentionScratch.filled(VECTORS);
            new ScalarAttention().prepare(layer, expected, 0, vectors);
            got.round(width, 0, vectors);
            kernels.prepare(function, got, 0, vectors);
            for (AttentionScratch scratch : List.of(expected, got)) {
                System.arraycopy(pages, 0, scratch.pages, 0, pages.length);
                scratch.met.shape(width);
            }
            new ScalarAttention().meet(2, layer, 0, HEADS, expected, VECTORS, GROUP, 2, KvLayout.PAGE + 5, 0);
            kernels.meet(function, 2, layer, 0, HEADS, got, VECTORS, GROUP, 2, KvLayout.PAGE + 5);
            int filled = AttentionScratch.filled(VECTORS);
            for (int h = 0; h < HEADS; h++) {
                int from = h * filled;
                if (differ(expected.met.largest, got.met.largest, from, 1)
                        || differ(expected.met.totals, got.met.totals, from, WeightedSums.TOTALS)
                        || differ(expected.met.sums, got.met.sums, from, width)) {
                    return "heads of " + width + " values";
                }
            }
            return null;
        } finally {
            for (KvPage page : pages) {
                page.release();
            }
        }
    }

    private static boolean differ(float[] expected, float[] got, int first, int each) {
        return !Arrays.equals(expected, first * each, (first + VECTORS) * each, got, first * each,
                (first + VECTORS) * each);
    }

    /** Keys and values of any bits, with scales of a usual size. */
    private static KvPage page(KvLayout layout, Random random) {
        KvLayout.Layer layer = layout.layers().getFirst();
        KvPage page = new KvPage(layout);
        byte[] bits = new byte[Math.toIntExact(layer.headBytes())];
        random.nextBytes(bits);
        for (int head = 0; head < layer.heads(); head++) {
            int scaleBytes = Math.toIntExact(layer.keys(head) - layer.keyScale(head, 0));
            for (int i = 0; i < scaleBytes; i += Short.BYTES) {
                bits[i + 1] = 0x3c; // bfloat16 from 1/128 to 1/32
            }
            MemorySegment.copy(bits, 0, page.data(), ValueLayout.JAVA_BYTE, layer.keyScale(head, 0), bits.length);
            bits[bits.length / 2]++; // heads differ, at least by that
        }
        return page;
    }
}
