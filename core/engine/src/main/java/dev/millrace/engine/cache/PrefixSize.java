/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.StateShape;

/**
 * About how much memory kept prefixes take. Backends may pack tighter than is counted here.
 *
 * @param token bytes of keys and values per token
 * @param prefix bytes of what each prefix has by itself
 * @param sharing which tokens prefixes keep once
 */
record PrefixSize(long token, long prefix, Sharing sharing) {

    /** Which tokens prefixes keep once. */
    enum Sharing {
        /** Each prefix keeps its own. */
        NONE,
        /** A prefix keeps none that a longer one goes on from; where two part, each keeps all. */
        LINES,
        /** A common beginning is kept once. */
        BEGINNINGS
    }

    /** Of a program on an executor; keys and values have so many bytes each. */
    static PrefixSize of(Program program, Limits limits, int valueBytes) {
        long token = 0;
        long prefix = 0;
        long history = limits.rollback() == Limits.ANY_ROLLBACK ? 0 : limits.rollback();
        for (StateShape shape : program.stateShapes()) {
            switch (shape) {
                case StateShape.KeyValues pairs -> token += 2L * pairs.heads() * pairs.headSize() * valueBytes;
                case StateShape.ConvColumns columns ->
                    prefix += (columns.columns() + history) * columns.channels() * Float.BYTES;
            }
        }
        // the caches of a graph are tensors, of which one may be the beginning of another, but none two others'
        Sharing sharing = program instanceof Graph ? Sharing.LINES : Sharing.BEGINNINGS;
        return new PrefixSize(token, prefix, limits.sharesForks() ? sharing : Sharing.NONE);
    }
}
