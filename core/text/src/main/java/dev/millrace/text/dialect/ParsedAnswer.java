/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectParser;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A whole answer, taken apart: the events of a parser added up. Nothing is trimmed here; which white space belongs to a mark
 * is the dialect's to say.
 *
 * @param reasoning all thinking, end to end
 * @param content all text for the user, end to end
 * @param calls the calls that were understood, in order
 * @param problems what looked like a call and was not understood, in order; in none of the others
 */
public record ParsedAnswer(String reasoning, String content, List<ToolCall> calls,
        List<DialectEvent.Problem> problems) {

    /** How the families spell their control tokens; an end of text only where a text ends. */
    private static final Pattern CONTROL = Pattern
            .compile("<\\|/?[A-Za-z0-9_ -]{1,64}\\|>|<\uFF5C[^<>\uFF5C]{1,64}\uFF5C>"
                    + "|</?think>|</?tool_calls?>|<(?:start|end)_of_turn>|<(?:bos|eos|pad)>|</s>(?=\\s*$)"
                    + "|\\[/?(?:INST|THINK|TOOL_CALLS|TOOL_RESULTS|AVAILABLE_TOOLS|SYSTEM_PROMPT|ARGS|CALL_ID)\\]");

    /** Copies the lists. */
    public ParsedAnswer {
        calls = List.copyOf(calls);
        problems = List.copyOf(problems);
    }

    /**
     * Takes an answer apart.
     *
     * @param dialect how it is written
     * @param text the whole answer, control tokens as they are spelled
     * @return its parts
     */
    public static ParsedAnswer of(Dialect dialect, String text) {
        return of(dialect, text, List.of());
    }

    /**
     * Takes an answer apart.
     *
     * @param dialect how it is written
     * @param text the whole answer, control tokens as they are spelled
     * @param tools what may be called: their schemas name what a Python call does not
     * @return its parts
     */
    public static ParsedAnswer of(Dialect dialect, String text, List<ToolDefinition> tools) {
        List<DialectEvent> events = new ArrayList<>();
        Matcher control = CONTROL.matcher(text);
        DialectParser parser = dialect.parser(closesThinking(dialect, control), tools);
        control.reset();
        int at = 0;
        while (control.find()) {
            parser.accept(text.substring(at, control.start()), events::add);
            if (parser instanceof AnswerParser own) {
                own.spelled(control.group(), events::add);
            } else {
                parser.accept(control.group(), events::add);
            }
            at = control.end();
        }
        parser.accept(text.substring(at), events::add);
        parser.finish(events::add);
        return of(events);
    }

    /** Whether the first control token closes thinking, which the template has opened or nobody has. */
    private static boolean closesThinking(Dialect dialect, Matcher control) {
        return control.find() && dialect.thinkingMarks().map(marks -> marks.close().strip())
                .filter(control.group()::equals).isPresent();
    }

    /**
     * Adds up events.
     *
     * @param events all events of one answer, in order
     * @return its parts
     */
    public static ParsedAnswer of(List<? extends DialectEvent> events) {
        StringBuilder reasoning = new StringBuilder();
        StringBuilder content = new StringBuilder();
        List<ToolCall> calls = new ArrayList<>();
        List<DialectEvent.Problem> problems = new ArrayList<>();
        for (DialectEvent event : events) {
            switch (event) {
                case DialectEvent.Thinking thinking -> reasoning.append(thinking.text());
                case DialectEvent.Text text -> content.append(text.text());
                case DialectEvent.CallCompleted completed -> calls.add(completed.call());
                case DialectEvent.Problem problem -> problems.add(problem);
                case DialectEvent.CallStarted started -> {
                    // told again, whole, when the call is complete
                }
                case DialectEvent.CallArguments arguments -> {
                    // told again, whole, when the call is complete
                }
            }
        }
        return new ParsedAnswer(reasoning.toString(), content.toString(), calls, problems);
    }
}
