/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.util.Arrays;

/**
 * The inner loop of attention. Stateless and safe for use from any thread.
 *
 * <p>
 * What a query gets depends on nothing but the query and the pages: not on what else is computed in the same call, nor on
 * whether the code is compiled yet.
 *
 * <p>
 * With keys and values of 8 bits, queries and the weights of a page are rounded to integers so small that all their sums with codes
 * are exact, and what is computed with floats is computed in the same order everywhere. So all kernels give the same bits.
 */
public interface AttentionKernels {

    /** Where the oldest visible token lies, if all are. */
    int ALL = Integer.MIN_VALUE / 2;

    /**
     * Makes queries ready to be met with: once for each query and head, before {@link #meet}.
     *
     * @param layer what keys and values they will meet
     * @param scratch holds them in {@link AttentionScratch#queries}
     * @param first the first of them, a multiple of {@link AttentionScratch#TILE}
     * @param vectors how many, those that fill up the last tile included
     */
    default void prepare(KvLayout.Layer layer, AttentionScratch scratch, int first, int vectors) {
        if (layer.type() == KvType.Q8) {
            scratch.round(layer.width(), first, vectors);
        } else {
            Arrays.fill(scratch.queryScales, first, first + vectors, 1);
        }
    }

    /**
     * Lets queries meet the keys and values of some neighbouring heads on some pages: sets {@link AttentionScratch#met}.
     *
     * @param count pages, the first of {@link AttentionScratch#pages}
     * @param layer where keys and values lie
     * @param head first key-value head
     * @param heads how many
     * @param scratch queries, head by head, each filled up to whole tiles
     * @param vectors queries of a head
     * @param group queries of the same token: neighbours
     * @param oldest the first token, counted from the first page's beginning, that the first {@code group} queries may see, or
     *        {@link #ALL}; each group after it begins one later
     * @param visible tokens, counted from there, that the first {@code group} queries may see; each group after it sees one more
     * @param softcap see {@link #attend}
     */
    default void meet(int count, KvLayout.Layer layer, int head, int heads, AttentionScratch scratch, int vectors,
            int group, int oldest, int visible, float softcap) {
        int filled = AttentionScratch.filled(vectors);
        scratch.met.clear(heads * filled);
        for (int p = 0; p < count; p++) {
            for (int h = 0; h < heads; h++) {
                attend(scratch.pages[p], layer, head + h, scratch, h * filled, vectors, group,
                        oldest - p * KvLayout.PAGE, visible - p * KvLayout.PAGE, softcap);
            }
        }
    }

    /**
     * Lets a block of queries meet one head's keys and values of a page: adds to {@link AttentionScratch#met}.
     *
     * @param page keys and values
     * @param layer where they lie
     * @param head key-value head
     * @param scratch queries in {@link AttentionScratch#queries}, and working memory
     * @param first the first of the queries there, a multiple of {@link AttentionScratch#TILE}
     * @param vectors queries
     * @param group queries of the same token: neighbours
     * @param oldest the first token of the page that the first {@code group} queries may see, or {@link #ALL}; each group after
     *        it begins one later
     * @param visible tokens of the page that the first {@code group} queries may see, 0 or less if none; each group after it
     *        sees one more
     * @param softcap bound of the scores, as binary logarithm of a weight; scores come divided by it. Or 0 for none
     */
    void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch scratch, int first, int vectors,
            int group,
            int oldest, int visible, float softcap);
}
