/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import dev.millrace.api.AnswerFormat;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Changes logits before a token is chosen: penalties, bans, grammars. One instance serves one conversation for its whole life,
 * through all its turns; on one thread at a time. A fork of the conversation gets a fork of the stage.
 *
 * <p>
 * A word is mostly several tokens, and the same word has several spellings in tokens: a stage that is about words looks at bytes
 * ({@link StageContext#bytes}) and keeps what the tokens so far have spelled.
 *
 * <p>
 * For each answer, and each further step of it after tools: {@link #begin} once, then for each token what the stage changes and
 * {@link #accept}.
 *
 * @see SparseStage
 */
@ConsumerType
public interface SamplerStage {

    /**
     * Changes logits in place. {@link Float#NEGATIVE_INFINITY} bans a token; at least one token must stay possible.
     *
     * @param logits one value per token of the vocabulary
     * @param history tokens so far, prompt included
     */
    void apply(float[] logits, TokenHistory history);

    /**
     * A token was chosen. Called once for each token of an answer, end tokens included, also if other stages decided.
     *
     * @param token its id
     */
    default void accept(int token) {
        // most stages look at the history
    }

    /**
     * A new answer begins: what belongs to the one before is over.
     *
     * @param history the prompt
     */
    default void begin(TokenHistory history) {
        // most stages keep nothing from token to token
    }

    /**
     * A stage for a fork of the conversation, which goes on by itself from here.
     *
     * @return a copy that shares nothing that changes
     */
    SamplerStage fork();

    /** Makes stages for conversations. A service; stateless and safe for use from any thread. */
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
         * @param context what the conversation is like
         * @return a new stage, or empty if it takes no part in this conversation
         */
        Optional<SamplerStage> create(StageContext context);

        /**
         * Whether stages of this factory see to it that an answer has a format. A conversation that asks for a format which no
         * factory enforces is refused.
         *
         * @param format never {@link AnswerFormat.Text}
         * @return false, as here, if it does not know that format
         */
        default boolean enforces(AnswerFormat format) {
            return false;
        }
    }
}
