/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/** Turns one pre-token into ids. Immutable; the scratch of a call belongs to the call. */
interface TokenModel {

    /**
     * A worker for one call on one thread.
     *
     * @return a new worker
     */
    Worker worker();

    /** Encodes pre-tokens one after the other. For one thread. */
    interface Worker {

        /**
         * Encodes one pre-token.
         *
         * @param text well-formed UTF-16
         * @param from its first char
         * @param to behind its last char
         * @param out gets the ids
         */
        void encode(char[] text, int from, int to, IntList out);
    }
}
