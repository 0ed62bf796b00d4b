/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import java.util.Set;
import org.osgi.annotation.versioning.ProviderType;

/**
 * An open model. Any number of conversations may run on it at once, from any threads.
 *
 * <p>
 * Closing it ends its conversations and frees its memory at once. What it was and where it ran last is told afterwards, too, so that
 * whoever lists models need not know which of them has just ended; whatever would compute is refused then.
 */
@ProviderType
public interface Model extends AutoCloseable {

    /**
     * What the model is.
     *
     * @return name, architecture, sizes
     */
    ModelInfo info();

    /**
     * The model's own tokenizer.
     *
     * @return a tokenizer that may be used from any thread
     * @throws MillraceException if the model runs elsewhere, for then its vocabulary is not here
     */
    Tokenizer tokenizer();

    /**
     * What the model was made for, as far as its chat template tells.
     *
     * @return its capabilities; of a model that runs elsewhere, all that it may have
     */
    Set<Capability> capabilities();

    /**
     * The sampling that the model's makers recommend.
     *
     * @return sampling as the model file says, {@link Sampling#greedy()} if it says nothing
     */
    Sampling defaults();

    /**
     * Where the model runs now.
     *
     * @return the device; the last one, once the model is closed
     */
    Device device();

    /**
     * How each device fared when the present one was chosen.
     *
     * @return at least the present one
     */
    List<DeviceVerdict> verdicts();

    /**
     * A conversation to be set up.
     *
     * @return a new builder
     */
    Conversation.Builder conversation();

    /**
     * Asks one question in a conversation of its own, with the tools that come with the model, and waits.
     *
     * @param prompt the user's words
     * @return the whole answer
     * @throws MillraceException if the backend fails, or the prompt does not fit the context
     */
    default Answer ask(String prompt) {
        try (Conversation conversation = conversation().suggestedTools().start();
                Generation generation = conversation.send(prompt)) {
            return generation.answer();
        }
    }

    /**
     * Moves the model and all its conversations to another device, also in the middle of an answer: each continues with
     * its next token. What was read is carried over as state where both backends can exchange it, else it is read again.
     * If the move fails, everything stays where it was.
     *
     * @param backend a backend or device id as in {@link Device}
     * @throws BackendException if that backend is not there or cannot run the model
     */
    void moveTo(String backend);

    /** Ends all conversations and frees the memory. Closing twice does nothing. */
    @Override
    void close();
}
