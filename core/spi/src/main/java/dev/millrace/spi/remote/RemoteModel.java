/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.remote;

import dev.millrace.api.Device;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.TokenScore;
import dev.millrace.spi.text.DialectEvent;
import java.time.Duration;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/** A model that runs elsewhere. Any number of answers may be asked for at once, from any threads. */
@ConsumerType
public interface RemoteModel extends AutoCloseable {

    /**
     * What the model is, as far as it is known: zero and empty stand for what is not.
     *
     * @return name and context at least; the context is 1 or more
     */
    ModelInfo info();

    /**
     * Where it runs.
     *
     * @return a device whose id is the model's reference and whose description says the address, without any secret
     */
    Device device();

    /**
     * Who answers while it cannot.
     *
     * @return empty if nobody does
     */
    Optional<Fallback> fallback();

    /**
     * Has it go on with a conversation for one turn: until it has said all, or calls tools. Waits for the end.
     *
     * @param question what it reads, and how it is to answer
     * @param listener told of what it says, on the calling thread
     * @return how the turn ended
     * @throws RemoteModelException if it does not answer, or not to the end; what the listener was told stays said
     * @throws InterruptedException if interrupted; the other side is told to stop, as far as that can be told
     */
    Reply answer(Question question, Listener listener) throws InterruptedException;

    /** Ends all answers and connections. Closing twice does nothing. */
    @Override
    void close();

    /** Told of what a model says. */
    @FunctionalInterface
    interface Listener {

        /**
         * Takes what comes next. {@link DialectEvent.CallStarted} and {@link DialectEvent.CallArguments} may be left out.
         *
         * @param event what was said
         * @return whether more is wanted; if not, the turn ends soon, as if the model had said all
         */
        boolean said(DialectEvent event);

        /**
         * Takes how likely a token was, before the thinking or text that it is part of. Told if {@link Question#logprobs()} asks for it,
         * and the other side tells.
         *
         * @param score of the token; its ids are -1 where the other side tells none
         */
        default void scored(TokenScore score) {
            // not everybody wants to know
        }
    }

    /**
     * A model on this machine that answers while the other one cannot.
     *
     * <p>
     * Minor versions may add components.
     *
     * @param reference as {@link dev.millrace.api.Millrace#open(String)} takes it
     * @param pause how long the model elsewhere is left alone after it failed
     */
    record Fallback(String reference, Duration pause) {
    }
}
