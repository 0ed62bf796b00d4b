/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import org.osgi.annotation.versioning.ConsumerType;

/**
 * Changes logits before a token is chosen: penalties, bans, grammars. One instance serves one conversation, on one thread.
 */
@ConsumerType
public interface SamplerStage {

    /**
     * Changes logits in place. {@link Float#NEGATIVE_INFINITY} bans a token; at least one token must stay possible.
     *
     * @param logits one value a token of the vocabulary
     * @param history tokens so far, prompt included
     */
    void apply(float[] logits, TokenHistory history);

    /** Makes stages for conversations. A service. */
    @ConsumerType
    interface Factory {

        /**
         * Where the stage stands in the chain; smaller runs earlier. The engine's own penalties run at 0, temperature at
         * 100.
         *
         * @return any number
         */
        int order();

        /**
         * A stage for a new conversation.
         *
         * @return a new stage
         */
        SamplerStage create();
    }
}
