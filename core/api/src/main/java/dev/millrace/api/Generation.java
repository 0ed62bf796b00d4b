/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.Flow;
import org.osgi.annotation.versioning.ProviderType;

/**
 * An answer as it comes. It is generated whether or not anybody looks.
 *
 * <p>
 * All events are kept until the generation is let go: every view, whenever it is taken and on whatever thread, sees all
 * of them from the first on.
 */
@ProviderType
public interface Generation extends Iterable<Event>, AutoCloseable {

    /**
     * A view of the events. {@code next} waits for the next one; the last is {@link Event.Finished}. If generating
     * fails, {@code next} throws the {@link MillraceException} after the events that came before; if the waiting thread is
     * interrupted, the generation is cancelled.
     *
     * @return a new iterator at the first event, for one thread
     */
    @Override
    Iterator<Event> iterator();

    /**
     * Waits for the end.
     *
     * @return the whole answer
     * @throws MillraceException if generating failed
     */
    Answer answer();

    /**
     * A view of the events for reactive code: each subscriber gets all events from the first on, as it asks for them.
     *
     * @return a publisher; its subscribers are called on threads of their own
     */
    Flow.Publisher<Event> publisher();

    /**
     * Asks for the end. The generation finishes soon with {@link FinishReason#CANCELLED}; what was generated so far stays
     * in the conversation. Does nothing if it is finished.
     */
    void cancel();

    /**
     * Ends the thinking: it is closed with the model's own mark after the token that is being chosen, and the model goes on with its
     * answer. Said before the thinking begins, it keeps it from beginning. Does nothing if the model does not think or its thinking
     * is over, or if the answer is.
     */
    void answerNow();

    /**
     * Whether it cannot go on just now, and for what it waits: for memory that other conversations hold, or for a backend.
     *
     * @return one sentence for people; empty if it goes on, or is done
     */
    Optional<String> waitsFor();

    /**
     * How far the prompt of the current round is read. Changes while a long prompt is read, before the first event.
     *
     * @return empty before it is begun, and always if the model runs elsewhere
     */
    default Optional<PromptProgress> promptProgress() {
        return Optional.empty();
    }

    /**
     * Whether the last event is out.
     *
     * @return true once finished, cancelled or failed
     */
    boolean isDone();

    /** Cancels and waits until it is done. Closing twice does nothing. */
    @Override
    void close();
}
