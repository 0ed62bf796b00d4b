/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Message;
import dev.millrace.api.ToolCall;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.text.dialect.ToolArguments;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** What a model has said in one turn, wherever it runs: events for whoever listens, calls to be run, and a message. */
final class Said {

    private static final System.Logger LOG = System.getLogger(Said.class.getName());

    private final ConversationOptions options;
    private final UnaryOperator<String> ids;
    private final LiveGeneration log;
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder thinking = new StringBuilder();
    private final List<ToolCall> calls = new ArrayList<>();
    private final Map<String, String> refusals = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final StopStrings.Search textSearch;
    private final StopStrings.Search thinkingSearch;
    /** Scores of tokens whose text has not come out yet. */
    private final List<TokenScore> scores = new ArrayList<>();
    /** What was said before this turn goes into the message, not into the log. */
    private boolean begun;
    private FinishReason reason = FinishReason.STOP;

    /**
     * Nothing said yet.
     *
     * @param ids what a call is named by, from the id that the model's side gave it
     */
    Said(ConversationOptions options, UnaryOperator<String> ids, LiveGeneration log) {
        this.options = options;
        this.ids = ids;
        this.log = log;
        this.textSearch = options.stop().search();
        this.thinkingSearch = (options.stop().inThinking() ? options.stop() : StopStrings.NONE).search();
    }

    /** From now on, or no longer, what comes was said before this turn. */
    void begun(boolean before) {
        begun = before;
    }

    /** How likely the next token was. */
    void score(TokenScore score) {
        scores.add(score);
    }

    /** The turn is over. */
    void end(FinishReason why) {
        reason = why;
        flushThinking();
        flushText();
        if (isStopped()) {
            reason = FinishReason.STOP_STRING;
        }
    }

    /** Takes what was said next. */
    void found(DialectEvent event) {
        if (isStopped()) {
            return; // what follows a stop string is no part of the answer
        }
        switch (event) {
            case DialectEvent.Thinking more -> {
                flushText();
                think(begun ? more.text() : thinkingSearch.next(more.text()));
            }
            case DialectEvent.Text more -> {
                flushThinking();
                say(begun ? more.text() : textSearch.next(more.text()));
            }
            case DialectEvent.CallStarted started -> {
                // told as a whole when it is complete
            }
            case DialectEvent.CallArguments more -> {
                // told as a whole when the call is complete
            }
            case DialectEvent.CallCompleted complete -> {
                flushThinking();
                flushText();
                scores.clear();
                called(complete.call());
            }
            case DialectEvent.Problem problem -> {
                flushThinking();
                flushText();
                // the text stays in the message, so that the model sees what it wrote
                text.append(problem.source());
                problems.add(problem.message());
            }
        }
    }

    private void think(String more) {
        if (!more.isEmpty()) {
            thinking.append(more);
            tell(options.reasoning().hidden() ? null : new Event.Thinking(more, scores));
        }
    }

    private void tell(@Nullable Event event) {
        if (event != null && !begun) {
            log.add(event);
        }
        scores.clear();
    }

    private void say(String more) {
        if (!more.isEmpty()) {
            text.append(more);
            tell(new Event.Text(more, scores));
        }
    }

    /** Thinking is over for now: what was kept back was no beginning of a stop string. */
    private void flushThinking() {
        think(thinkingSearch.rest());
    }

    private void flushText() {
        say(textSearch.rest());
    }

    /** Whether the model has written a stop string. */
    boolean isStopped() {
        return textSearch.isFound() || thinkingSearch.isFound();
    }

    /** The stop string that the model has written. */
    Optional<String> stopString() {
        return textSearch.found().or(thinkingSearch::found);
    }

    private void called(ToolCall call) {
        for (ToolCall earlier : calls) {
            if (earlier.name().equals(call.name()) && earlier.arguments().equals(call.arguments())) {
                LOG.log(System.Logger.Level.INFO, "The model repeated the call of {0} in one turn: it runs once.",
                        call.name());
                return;
            }
        }
        ToolCall own = checked(new ToolCall(ids.apply(call.id()), call.name(), call.arguments()));
        calls.add(own);
        log.add(new Event.ToolCalled(own));
    }

    /** The call with arguments made to fit the tool's schema; one that does not fit is noted, to be refused. */
    private ToolCall checked(ToolCall call) {
        Optional<ToolDefinition> tool = options.definition(call.name());
        if (tool.isEmpty()) {
            return call;
        }
        try {
            return switch (ToolArguments.check(tool.get(), call)) {
                case ToolArguments.Accepted accepted -> {
                    accepted.notes().forEach(note -> LOG.log(System.Logger.Level.INFO, note));
                    yield accepted.call();
                }
                case ToolArguments.Refused refused -> {
                    refusals.put(call.id(), refused.message());
                    yield call;
                }
            };
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "The schema of the tool " + call.name() + " cannot be used.", e);
            refusals.put(call.id(), "The arguments cannot be checked, because the schema of the tool is broken: " + e);
            return call;
        }
    }

    FinishReason reason() {
        return reason;
    }

    List<ToolCall> calls() {
        return calls;
    }

    /** Why a call must not run, for the model. */
    Optional<String> refusal(ToolCall call) {
        return Optional.ofNullable(refusals.get(call.id()));
    }

    /** What looked like calls and could not be understood, for the model; also where other calls were understood. */
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
