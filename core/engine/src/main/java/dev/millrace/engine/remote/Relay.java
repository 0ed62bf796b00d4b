/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.remote;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Message;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.TokenScore;
import dev.millrace.api.Usage;
import dev.millrace.engine.talk.Speaker;
import dev.millrace.spi.remote.Question;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.Reply;
import dev.millrace.spi.text.DialectEvent;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Has a model elsewhere speak, and another one on this machine while it cannot. An answer that broke off in the middle goes on where
 * its text ended. Safe for use from any thread.
 */
final class Relay implements Speaker {

    private static final System.Logger LOG = System.getLogger(Relay.class.getName());

    private final RemoteModel remote;
    private final Optional<Substitute> substitute;
    private final Duration pause;
    private final InstantSource clock;
    private volatile @Nullable Failure last;

    /** Why it is left alone, and until when. */
    private record Failure(String reason, Instant until) {
    }

    /**
     * A relay.
     *
     * @param substitute speaks while the remote model cannot
     * @param pause how long the remote model is left alone after it failed
     */
    Relay(RemoteModel remote, Optional<Substitute> substitute, Duration pause, InstantSource clock) {
        this.remote = remote;
        this.substitute = substitute;
        this.pause = pause;
        this.clock = clock;
    }

    @Override
    public Reply answer(Question question, RemoteModel.Listener listener, Consumer<Event> events)
            throws InterruptedException {
        Failure before = last;
        if (before != null && substitute.isPresent() && clock.instant().isBefore(before.until())) {
            return instead(question, listener, events, before.reason());
        }
        Told told = new Told(listener, () -> events.accept(new Event.AnsweredBy(remote.info().name(),
                remote.device().id(), before == null ? "" : "it can be reached again")));
        try {
            Reply reply = remote.answer(question, told);
            told.begin();
            last = null;
            return reply;
        } catch (RemoteModelException e) {
            if (!isOutage(e)) {
                throw e;
            }
            last = new Failure(e.getMessage(), clock.instant().plus(pause));
            if (substitute.isEmpty()) {
                throw e;
            }
            LOG.log(System.Logger.Level.WARNING, "{0} Another model answers for {1} seconds.", e.getMessage(),
                    pause.toSeconds());
            if (told.called) {
                // what it has called runs; the other model goes on from the results
                return new Reply(FinishReason.STOP, told.usage());
            }
            return instead(told.goOn(question), listener, events, e.getMessage());
        }
    }

    /** Whether somebody else may do better: a request that is wrong stays wrong. */
    private static boolean isOutage(RemoteModelException problem) {
        return problem.kind() != RemoteModelException.Kind.REFUSED;
    }

    private Reply instead(Question question, RemoteModel.Listener listener, Consumer<Event> events, String reason)
            throws InterruptedException {
        return substitute.orElseThrow().answer(question, listener, events, reason);
    }

    /** Why the model elsewhere cannot answer now; empty if it can, as far as is known. */
    String problem() {
        Failure failure = last;
        return failure == null ? "" : failure.reason();
    }

    /** Passes on what is said, and keeps it, so that another model can go on from there. */
    private static final class Told implements RemoteModel.Listener {

        private final RemoteModel.Listener listener;
        private final StringBuilder text = new StringBuilder();
        private @Nullable Runnable onBegin;
        private int pieces;
        private boolean called;

        Told(RemoteModel.Listener listener, Runnable onBegin) {
            this.listener = listener;
            this.onBegin = onBegin;
        }

        void begin() {
            Runnable first = onBegin;
            onBegin = null;
            if (first != null) {
                first.run();
            }
        }

        @Override
        public boolean said(DialectEvent event) {
            begin();
            pieces++;
            if (event instanceof DialectEvent.Text more) {
                text.append(more.text());
            }
            called |= event instanceof DialectEvent.CallCompleted;
            return listener.said(event);
        }

        @Override
        public void scored(TokenScore score) {
            listener.scored(score);
        }

        Usage usage() {
            return new Usage(0, 0, pieces);
        }

        /** The question, with what was said as the beginning of the answer. Thinking begins anew. */
        Question goOn(Question question) {
            if (text.isEmpty()) {
                return question;
            }
            List<Message> messages = new ArrayList<>(question.messages());
            boolean begun = messages.getLast().role() == Message.Role.ASSISTANT;
            String before = begun ? messages.removeLast().content() : "";
            messages.add(Message.assistant(before + text));
            return question.withMessages(messages);
        }
    }
}
