/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.RemoteModelException;
import dev.millrace.api.ToolCall;
import dev.millrace.plugin.http.ApiError;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Hands the events of one answer to its listener. For the thread of the request. */
final class OneAnswer {

    private static final System.Logger LOG = System.getLogger(OneAnswer.class.getName());

    private final Ask ask;
    private final Generation generation;
    private final Listener listener;
    private final Ids ids;
    private final StringBuilder thinking = new StringBuilder();
    private boolean called;
    private @Nullable Ending ending;

    OneAnswer(Ask ask, Generation generation, Listener listener, Ids ids) {
        this.ask = ask;
        this.generation = generation;
        this.listener = listener;
        this.ids = ids;
    }

    /**
     * Takes an event or a failure.
     *
     * @return whether it was the last
     * @throws ApiError if the answer failed
     */
    boolean take(Object told) throws IOException {
        switch (told) {
            case Event.Thinking piece -> {
                thinking.append(piece.text());
                listener.thinking(piece.text());
            }
            case Event.Text piece -> listener.text(piece.text(), piece.tokens());
            case Event.ToolCalled call -> called(call);
            case Event.Finished end -> {
                ending = ending(end);
                return true;
            }
            case RuntimeException failure -> throw failed(failure);
            default -> {
                // what the engine told the model
            }
        }
        return false;
    }

    private void called(Event.ToolCalled call) throws IOException {
        // calls of tools that nobody offered are answered by the engine
        if (ask.offers(call.name()) && !(called && ask.oneCall())) {
            called = true;
            listener.called(new ToolCall(ids.next("call_"), call.name(), call.arguments()));
            if (ask.oneCall()) {
                generation.cancel();
            }
        }
    }

    private Ending ending(Event.Finished end) {
        int reasoning = thinking.isEmpty() ? 0 : Math.min(end.usage().completionTokens(), thinkingTokens());
        return new Ending(reason(end.reason(), called && ask.oneCall()), end.usage(), reasoning, end.timings(),
                stopString(end));
    }

    private Optional<String> stopString(Event.Finished end) {
        // a model elsewhere may not say by which; where there is only one, it was that
        return end.reason() == FinishReason.STOP_STRING && ask.stop().size() == 1
                ? Optional.of(ask.stop().getFirst())
                : end.stopString();
    }

    private int thinkingTokens() {
        // the vocabulary of a model that runs elsewhere is not here: about a token for each four characters
        return ask.model().model().info().vocabularySize() == 0
                ? (thinking.length() + 3) / 4
                : ask.model().model().tokenizer().encode(thinking.toString()).length;
    }

    /** How it ended, once it has. */
    Ending ending() {
        return Objects.requireNonNull(ending);
    }

    private static Ending.Reason reason(FinishReason reason, boolean cutAfterCall) {
        return switch (reason) {
            // what went round in circles, or took too long, was cut, too
            case LENGTH, CONTEXT_FULL, LOOP, DEADLINE -> Ending.Reason.LENGTH;
            case TOOL_CALLS -> Ending.Reason.CALLS;
            case CANCELLED -> {
                if (!cutAfterCall) {
                    throw ApiError.busy(503, "The answer was cancelled.", 5);
                }
                yield Ending.Reason.CALLS;
            }
            // also after the last round of tools, and for reasons that come with later versions
            default -> Ending.Reason.STOP;
        };
    }

    private static ApiError failed(RuntimeException failure) {
        if (failure instanceof RemoteModelException elsewhere) {
            LOG.log(System.Logger.Level.WARNING, elsewhere.getMessage());
            return Elsewhere.error(elsewhere);
        }
        LOG.log(System.Logger.Level.ERROR, "An answer failed.", failure);
        return new ApiError(500, failure instanceof MillraceException
                ? String.valueOf(failure.getMessage())
                : "The answer failed; the log of the server says why.", null, "server_error");
    }
}
