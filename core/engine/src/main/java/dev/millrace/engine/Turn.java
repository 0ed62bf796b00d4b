/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Message;
import dev.millrace.api.Tokenizer;
import dev.millrace.api.ToolCall;
import dev.millrace.spi.DialectEvent;
import dev.millrace.spi.DialectParser;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What the model says from one prompt to the end of its turn. Turns tokens into events and a message. */
final class Turn {

    private static final System.Logger LOG = System.getLogger(Turn.class.getName());

    private final DialectParser parser;
    private final Tokenizer.Decoder decoder;
    private final Supplier<String> ids;
    private final LiveGeneration log;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder thinking = new StringBuilder();
    private final List<ToolCall> calls = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private FinishReason reason = FinishReason.STOP;

    Turn(DialectParser parser, Tokenizer.Decoder decoder, Supplier<String> ids, LiveGeneration log) {
        this.parser = parser;
        this.decoder = decoder;
        this.ids = ids;
        this.log = log;
    }

    void token(int id) {
        take(decoder.next(id));
    }

    void end(FinishReason why) {
        reason = why;
        take(decoder.finish());
        parser.finish(this::found);
    }

    private void take(String piece) {
        if (!piece.isEmpty()) {
            parser.accept(piece, this::found);
        }
    }

    private void found(DialectEvent event) {
        switch (event) {
            case DialectEvent.Thinking more -> {
                thinking.append(more.text());
                log.add(new Event.Thinking(more.text()));
            }
            case DialectEvent.Text more -> {
                text.append(more.text());
                log.add(new Event.Text(more.text()));
            }
            case DialectEvent.CallStarted started -> {
                // told as a whole when it is complete
            }
            case DialectEvent.CallArguments more -> {
                // told as a whole when the call is complete
            }
            case DialectEvent.CallCompleted complete -> called(complete.call());
            case DialectEvent.Problem problem -> {
                // the text stays in the message, so that the model sees what it wrote
                text.append(problem.source());
                problems.add(problem.message());
            }
        }
    }

    private void called(ToolCall call) {
        for (ToolCall earlier : calls) {
            if (earlier.name().equals(call.name()) && earlier.arguments().equals(call.arguments())) {
                LOG.log(System.Logger.Level.INFO, "The model repeated the call of {0} in one turn: it runs once.",
                        call.name());
                return;
            }
        }
        ToolCall own = new ToolCall(ids.get(), call.name(), call.arguments());
        calls.add(own);
        log.add(new Event.ToolCalled(own));
    }

    FinishReason reason() {
        return reason;
    }

    List<ToolCall> calls() {
        return calls;
    }

    /** What looked like calls and could not be understood, for the model. */
    List<String> problems() {
        return problems;
    }

    boolean wantsTools() {
        return !calls.isEmpty() || !problems.isEmpty();
    }

    Message message() {
        return Message.assistant(text.toString(), thinking.isEmpty() ? null : thinking.toString(), calls);
    }
}
