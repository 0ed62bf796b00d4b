/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;

/**
 * The inner loop of attention, once for SIMD and once in plain Java. Stateless and safe for use from any thread.
 *
 * <p>
 * What a query gets depends on nothing but the query and the page: not on what else is computed in the same call, nor on
 * whether the code is compiled yet.
 */
public interface AttentionKernels {

    /** Where the oldest visible token lies, if all are. */
    int ALL = Integer.MIN_VALUE / 2;

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
