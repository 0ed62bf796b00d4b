/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolResult;
import dev.millrace.json.Json;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Shows an answer while it comes: what is said goes to standard output, what is thought and done to standard error, dimmed
 * where the terminal can.
 */
final class AnswerView {

    private enum At {
        LINE_START, THINKING, TEXT
    }

    /** A question is not held back for longer, should its call never be shown. */
    private static final long LONGEST_NANOS = 30_000_000_000L;

    /** An abandoned question is gone sooner. */
    private static final long QUESTION_NANOS = 2_000_000_000;

    private final Console console;
    /** Calls that were shown, by their ids. */
    private final Set<String> called = new HashSet<>();
    private At at = At.LINE_START;
    private boolean textEndsLine = true;
    private boolean silent = true;
    private boolean asking;

    AnswerView(Console console) {
        this.console = console;
    }

    /** Shows the next event. */
    synchronized void show(Event event) {
        awaitQuestion();
        switch (event) {
            case Event.Thinking thinking -> {
                turnTo(At.THINKING);
                console.err().print(console.dimmed(thinking.text()));
                console.err().flush();
            }
            case Event.Text text -> {
                turnTo(At.TEXT);
                console.piece(text.text());
                if (!text.text().isEmpty()) {
                    silent = false;
                    textEndsLine = text.text().endsWith("\n");
                }
            }
            case Event.ToolCalled told -> {
                note("-> " + written(told.call()));
                called.add(told.call().id());
                notifyAll();
            }
            case Event.ToolProgressed progress -> note(".. " + written(progress));
            case Event.ToolAnswered answered -> note("<- " + written(answered.result()));
            case Event.AnsweredBy other -> {
                if (!other.reason().isEmpty()) {
                    note("(" + other.model() + " on " + other.device() + " answers: " + other.reason() + ")");
                }
            }
            case Event.Finished finished -> {
                turnTo(At.LINE_START);
                if (silent && !console.outTerminal()) {
                    // an answer without a word is an empty line, and one that cannot be written is a failure like any other
                    console.result("");
                }
                String why = why(finished.reason());
                if (!why.isEmpty()) {
                    console.note(console.dimmed("(" + why + ")"));
                }
            }
        }
    }

    /**
     * Ends the line that was begun, so that a question about a call can be asked, from any thread. The call is shown before it, and
     * nothing else until {@link #goOn}.
     *
     * @throws InterruptedException if nobody wants to know any more
     */
    synchronized void restAfter(ToolCall call) throws InterruptedException {
        long end = System.nanoTime() + LONGEST_NANOS;
        for (long left = LONGEST_NANOS; !called.contains(call.id()) && left > 0; left = end - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
        turnTo(At.LINE_START);
        asking = true;
    }

    /** The question was answered or abandoned. */
    synchronized void goOn() {
        asking = false;
        notifyAll();
    }

    /** What comes of an abandoned question is not shown on its line. */
    private void awaitQuestion() {
        long end = System.nanoTime() + QUESTION_NANOS;
        try {
            for (long left = QUESTION_NANOS; asking && left > 0; left = end - System.nanoTime()) {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is shown where it comes
        }
    }

    private void note(String line) {
        turnTo(At.LINE_START);
        console.note(console.dimmed(line));
    }

    /** Ends the line of what was shown before, if something else follows. */
    private void turnTo(At next) {
        if (at == next) {
            return;
        }
        if (at == At.THINKING) {
            console.note("");
        } else if (at == At.TEXT && !textEndsLine) {
            console.result("");
            textEndsLine = true;
        }
        at = next;
    }

    /** A call on one line. */
    static String written(ToolCall call) {
        return call.name() + call.arguments().entrySet().stream().map(AnswerView::written)
                .collect(Collectors.joining(", ", "(", ")"));
    }

    private static String written(Map.Entry<String, @Nullable Object> argument) {
        return argument.getKey() + "=" + Json.write(argument.getValue());
    }

    private static String written(Event.ToolProgressed progress) {
        String much = Double.isNaN(progress.fraction()) ? "" : Math.round(100 * progress.fraction()) + " %";
        return Stream.of(progress.call().name(), progress.what(), much).filter(word -> !word.isBlank())
                .collect(Collectors.joining(" "));
    }

    private static String written(ToolResult result) {
        String text = result.value() instanceof String s ? s : Json.write(result.value());
        return result.error() ? "error: " + text : text;
    }

    private static String why(FinishReason reason) {
        return switch (reason) {
            case STOP, STOP_STRING, TOOL_CALLS -> "";
            case LENGTH -> "cut: the token budget is spent, see --max-tokens";
            case CONTEXT_FULL -> "cut: the context is full, see --context";
            case TOOL_LIMIT -> "ended: the model went on calling tools";
            case DEADLINE -> "cut: its time was up";
            case LOOP -> "ended: the model said the same again and again";
            case CANCELLED -> "cancelled";
        };
    }
}
