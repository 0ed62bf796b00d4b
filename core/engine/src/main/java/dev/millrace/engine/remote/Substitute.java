/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.remote;

import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.Usage;
import dev.millrace.spi.remote.Question;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.Reply;
import dev.millrace.spi.text.DialectEvent;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A model on this machine that speaks for one elsewhere. It is opened when it is first needed. */
final class Substitute implements AutoCloseable {

    private final Supplier<Model> open;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Model model;
    private boolean closed;

    Substitute(Supplier<Model> open) {
        this.open = open;
    }

    private Model model(String reason) {
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("The model is closed.");
            }
            Model known = model;
            if (known == null) {
                known = open(reason);
                model = known;
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    private Model open(String reason) {
        try {
            return open.get();
        } catch (MillraceException e) {
            throw new BackendException(reason + " The model that stands in for it cannot be opened. " + e.getMessage(),
                    e);
        }
    }

    /**
     * Speaks.
     *
     * @param reason why it does, for people
     */
    Reply answer(Question question, RemoteModel.Listener listener, Consumer<Event> events, String reason)
            throws InterruptedException {
        Model speaker = model(reason);
        events.accept(new Event.AnsweredBy(speaker.info().name(), speaker.device().id(), reason));
        Set<String> tools = question.tools().stream().map(ToolDefinition::name).collect(Collectors.toSet());
        try (Conversation conversation = conversation(speaker, question)) {
            List<Message> messages = question.messages();
            conversation.rewind(messages.size() - 1);
            Generation generation = conversation.send(List.of(messages.getLast()), 1).getFirst();
            int calls = 0;
            for (Event event : generation) {
                if (event instanceof Event.Finished end) {
                    return reply(end);
                }
                boolean more = switch (event) {
                    case Event.Thinking piece -> {
                        piece.tokens().forEach(listener::scored);
                        yield listener.said(new DialectEvent.Thinking(piece.text()));
                    }
                    case Event.Text piece -> {
                        piece.tokens().forEach(listener::scored);
                        yield listener.said(new DialectEvent.Text(piece.text()));
                    }
                    // tools that nobody offered are answered in there
                    case Event.ToolCalled called -> !tools.contains(called.name())
                            || listener.said(new DialectEvent.CallCompleted(calls++, called.call()));
                    default -> true;
                };
                if (!more) {
                    generation.cancel();
                }
            }
            throw new IllegalStateException("The answer ended without saying why.");
        }
    }

    private static Reply reply(Event.Finished end) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException();
        }
        Usage usage = end.usage();
        return new Reply(switch (end.reason()) {
            // calls are run outside; what was cut because no more was wanted is as if all was said
            case TOOL_CALLS, TOOL_LIMIT, CANCELLED -> FinishReason.STOP;
            default -> end.reason();
        }, usage);
    }

    private static Conversation conversation(Model speaker, Question question) {
        Conversation.Builder builder = speaker.conversation().messages(question.messages()).declare(question.tools())
                .stop(question.stop()).reasoning(question.reasoning()).format(question.format())
                .toolChoice(question.choice());
        question.sampling().ifPresent(builder::sampling);
        question.maxTokens().ifPresent(builder::maxTokens);
        question.logprobs().ifPresent(builder::logprobs);
        question.time().filter(time -> time.isPositive()).ifPresent(builder::deadline);
        question.strict().forEach(tool -> builder.strict(tool, true));
        return builder.start();
    }

    /** Closes the model, if it was opened. */
    @Override
    public void close() {
        Model known;
        lock.lock();
        try {
            closed = true;
            known = model;
        } finally {
            lock.unlock();
        }
        if (known != null) {
            known.close();
        }
    }
}
