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
import java.util.Map;
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

    private final Console console;
    private At at = At.LINE_START;
    private boolean textEndsLine = true;
    private boolean silent = true;

    AnswerView(Console console) {
        this.console = console;
    }

    /** Shows the next event. */
    synchronized void show(Event event) {
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
            case Event.ToolCalled called -> note("-> " + written(called.call()));
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

    /** Ends the line that was begun, so that something else can be shown: a question, from any thread. */
    synchronized void rest() {
        turnTo(At.LINE_START);
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
