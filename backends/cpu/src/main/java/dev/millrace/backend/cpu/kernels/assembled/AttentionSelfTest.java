/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.scalar.ScalarAttention;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Compares attention by machine code with its definition on two pages of made-up bits: results must have the same bits. */
final class AttentionSelfTest {

    private static final int GROUP = 3;
    private static final int VECTORS = 7;
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
            for (int h = 0; h < HEADS; h++) {
                for (int v = h * AttentionScratch.filled(VECTORS); v < h * AttentionScratch.filled(VECTORS)
                        + VECTORS; v++) {
                    float[] x = new float[width];
                    float[] y = new float[width];
                    expected.met.mean(v, x, 0, width);
                    got.met.mean(v, y, 0, width);
                    for (int i = 0; i < width; i++) {
                        if (Float.compare(x[i], y[i]) != 0) {
                            return "heads of " + width + " values: " + y[i] + " instead of " + x[i];
                        }
                    }
                }
            }
            return null;
        } finally {
            for (KvPage page : pages) {
                page.release();
            }
        }
    }

    private static KvPage page(KvLayout layout, Random random) {
        KvLayout.Layer layer = layout.layers().getFirst();
        KvPage page = new KvPage(layout);
        float[] values = new float[layer.headSize()];
        for (int head = 0; head < layer.heads(); head++) {
            for (int t = 0; t < KvLayout.PAGE; t++) {
                for (int i = 0; i < values.length; i++) {
                    values[i] = random.nextFloat() - 0.5f;
                }
                page.writeKey(layer, head, t, values, 0);
                page.writeValue(layer, head, KvLayout.PAGE - 1 - t, values, 0);
            }
        }
        return page;
    }
}
