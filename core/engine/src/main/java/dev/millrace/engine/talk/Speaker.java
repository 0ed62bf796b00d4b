/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Event;
import dev.millrace.spi.remote.Question;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.Reply;
import java.util.function.Consumer;

/** Whoever speaks for a model that runs elsewhere: it, or another model in its place. */
@FunctionalInterface
public interface Speaker {

    /**
     * Has a turn spoken.
     *
     * @param question what is read, and how it is to be answered
     * @param listener told of what is said
     * @param events told of who speaks
     * @return how the turn ended
     * @throws dev.millrace.api.MillraceException if nobody can speak, or not to the end
     * @throws InterruptedException if interrupted
     */
    Reply answer(Question question, RemoteModel.Listener listener, Consumer<Event> events)
            throws InterruptedException;
}
