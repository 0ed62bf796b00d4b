/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Sampling;
import dev.millrace.api.Tokenizer;
import dev.millrace.api.ToolChoice;
import dev.millrace.api.ToolDefinition;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/** What a sampler stage may know of its conversation. Valid for the whole life of the stage; safe for use from any thread. */
@ProviderType
public interface StageContext {

    /**
     * The model's tokenizer.
     *
     * @return its vocabulary is the row of logits
     */
    Tokenizer tokenizer();

    /**
     * The bytes that a token adds to the text, for example a part of a character.
     *
     * @param token an id of the vocabulary
     * @return UTF-8 or a part of it; empty for a control token; not to be changed
     */
    byte[] bytes(int token);

    /**
     * Tokens that end an answer.
     *
     * @return ids
     */
    Set<Integer> endTokens();

    /**
     * Tools that the model is told of.
     *
     * @return in the order of the prompt
     */
    List<ToolDefinition> tools();

    /**
     * What the answer has to look like.
     *
     * @return {@link AnswerFormat.Text} if nothing was asked for
     */
    AnswerFormat format();

    /**
     * How tokens are chosen.
     *
     * @return the conversation's sampling
     */
    Sampling sampling();

    /**
     * When a model that says the same again and again is stopped.
     *
     * @return the conversation's limits; {@link LoopLimits#DEFAULT}, as here, if nothing was said
     */
    default LoopLimits loops() {
        return LoopLimits.DEFAULT;
    }

    /**
     * How the model's family writes an answer.
     *
     * @return empty, as here, if that is not known
     */
    default Optional<AnswerForm> answerForm() {
        return Optional.empty();
    }

    /**
     * Whether the model has to call tools, in the first round of an answer.
     *
     * @return {@link ToolChoice#AUTO}, as here, if nothing was asked for
     */
    default ToolChoice toolChoice() {
        return ToolChoice.AUTO;
    }

    /**
     * Whether a call may have no other arguments than those that the schema of its tool allows.
     *
     * @return false, as here, if calls are free
     */
    default boolean strictTools() {
        return false;
    }

    /**
     * Tools whose arguments are free, also where calls are held.
     *
     * @return names; none, as here, if all are held to their schemas
     */
    default Set<String> openTools() {
        return Set.of();
    }
}
