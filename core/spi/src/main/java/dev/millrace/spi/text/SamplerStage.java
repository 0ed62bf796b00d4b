/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import dev.millrace.api.AnswerFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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
 * For each answer, and each further round of it after tools: {@link #begin} once, then for each token what the stage changes and
 * {@link #accept}.
 *
 * @see SparseStage
 */
@ConsumerType
public interface SamplerStage {

    /**
     * Changes logits in place, before a token is chosen. {@link Float#NEGATIVE_INFINITY} bans a token. A token that is banned already
     * stays so; all others stay finite; at least one token must stay possible, an end token if nothing else.
     *
     * <p>
     * May be called any number of times for one token, none included: what a stage knows of the answer comes from {@link #begin} and
     * {@link #accept}.
     *
     * @param logits one value per token of the vocabulary, as computed, or as the stages before have left it
     * @param history tokens so far, prompt included
     */
    void apply(float[] logits, TokenHistory history);

    /**
     * A token was chosen. Called once for each token of an answer, end tokens included, also if other stages decided.
     *
     * @param token its id
     * @throws dev.millrace.api.MillraceException if the answer cannot have the format any more that the stage enforces; it fails with
     *             that message
     */
    default void accept(int token) {
        // most stages look at the history
    }

    /**
     * A new answer begins, or a further round of it: what belongs to the one before is over.
     *
     * @param history the prompt
     * @param round 0 where the answer begins; larger once tools have answered
     */
    default void begin(TokenHistory history, int round) {
        // most stages keep nothing from token to token
    }

    /**
     * Whether all that this stage does to logits is to forbid tokens, as {@link #allowed} tells. Such a stage need not see the
     * logits: the backend keeps to the mask while it chooses. It is then not asked to {@link #apply}, which forbids the same tokens
     * where another stage has to see all logits.
     *
     * @return false, as here, for stages that change logits
     */
    default boolean bounds() {
        return false;
    }

    /**
     * The tokens that may be chosen next, of a stage that {@link #bounds}. Asked before each token is read, on the thread of the
     * answer.
     *
     * @param history tokens so far
     * @return bit {@code id % 64} of word {@code id / 64} for each token of the vocabulary, not changed until the next token is
     *         accepted; null, as here, if all are allowed
     */
    default long @Nullable [] allowed(TokenHistory history) {
        return null;
    }

    /**
     * Tokens that come next whatever the model would choose, of a stage that {@link #bounds}: where one text alone is allowed, no
     * logits are needed. They are taken without a choice, and read together. Each is {@link #accept accepted} as any other. Asked
     * before a token is chosen, on the thread of the answer; not asked where somebody wants to know how likely each token was.
     *
     * @param history tokens so far
     * @return ids in order, each allowed after the ones before; an end of the answer may come last; empty, as here, if the model
     *         chooses
     */
    default int[] forced(TokenHistory history) {
        return new int[0];
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
         * 100. Stages of one number run in no certain order.
         *
         * @return any number, always the same
         */
        int order();

        /**
         * A stage for a new conversation.
         *
         * @param context what the conversation is like
         * @return a new stage, or empty if it takes no part in this conversation
         * @throws IllegalArgumentException if the conversation asks for a format that the factory enforces and that is malformed; its
         *             message is one sentence for people
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

        /**
         * Whether stages of this factory see to it that tools are called as {@link StageContext#toolChoice} and
         * {@link StageContext#strictTools} say. A conversation that asks for it is refused where no factory does.
         *
         * @return false, as here, if they do not
         */
        default boolean enforcesToolCalls() {
            return false;
        }
    }
}
