/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectParser;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The events of one answer, each run of pieces put together, so that answers compare however they were cut. Checks the order of
 * events as they come.
 */
final class AnswerEvents {

    /**
     * A part of an answer as the engine hands it on.
     *
     * @param text the part
     * @param control whether it is a control token
     */
    record Piece(String text, boolean control) {

        static Piece text(String text) {
            return new Piece(text, false);
        }

        static Piece control(String spelling) {
            return new Piece(spelling, true);
        }
    }

    private final List<DialectEvent> events = new ArrayList<>();
    /** The call that has started and is not complete, or -1. */
    private int open = -1;
    private int next;

    private AnswerEvents() {
    }

    /** Reads a whole answer. */
    static AnswerEvents of(Dialect dialect, boolean insideThinking, List<Piece> pieces) {
        String answer = pieces.stream().map(Piece::text).collect(Collectors.joining());
        AnswerEvents all = new AnswerEvents();
        try {
            DialectParser parser = dialect.parser(insideThinking);
            for (Piece piece : pieces) {
                if (piece.control) {
                    parser.control(piece.text, all::add);
                } else {
                    parser.accept(piece.text, all::add);
                }
            }
            parser.finish(all::add);
        } catch (RuntimeException | StackOverflowError e) {
            throw new AssertionError("The parser throws " + e + " for the answer " + shown(answer)
                    + ": a parser takes any text, and tells by a Problem what it cannot understand.", e);
        }
        assertEquals(-1, all.open,
                () -> "A call has started and neither CallCompleted nor Problem follows, in the answer "
                        + shown(answer) + ".");
        return all;
    }

    static AnswerEvents of(Dialect dialect, String text) {
        return of(dialect, false, List.of(Piece.text(text)));
    }

    static AnswerEvents empty() {
        return new AnswerEvents();
    }

    /** One more event. */
    void add(DialectEvent event) {
        switch (event) {
            case DialectEvent.Thinking thinking -> {
                assertClosed(event);
                if (events.isEmpty() || !(events.getLast() instanceof DialectEvent.Thinking before)) {
                    put(event, thinking.text());
                } else {
                    events.set(events.size() - 1, new DialectEvent.Thinking(before.text() + thinking.text()));
                }
            }
            case DialectEvent.Text text -> {
                assertClosed(event);
                if (events.isEmpty() || !(events.getLast() instanceof DialectEvent.Text before)) {
                    put(event, text.text());
                } else {
                    events.set(events.size() - 1, new DialectEvent.Text(before.text() + text.text()));
                }
            }
            case DialectEvent.CallStarted started -> {
                assertClosed(event);
                assertEquals(next, started.index(), () -> event + ": calls are numbered from 0 in their order.");
                open = next++;
                events.add(event);
            }
            case DialectEvent.CallArguments arguments -> {
                assertOpen(event, arguments.index());
                if (events.getLast() instanceof DialectEvent.CallArguments before) {
                    events.set(events.size() - 1,
                            new DialectEvent.CallArguments(before.index(), before.text() + arguments.text()));
                } else {
                    put(event, arguments.text());
                }
            }
            case DialectEvent.CallCompleted completed -> {
                assertOpen(event, completed.index());
                open = -1;
                events.add(event);
            }
            case DialectEvent.Problem problem -> {
                assertFalse(problem.message().isBlank(), "A Problem says to the model what is wrong.");
                open = -1;
                events.add(event);
            }
        }
    }

    private void put(DialectEvent event, String text) {
        if (!text.isEmpty()) {
            events.add(event);
        }
    }

    private void assertClosed(DialectEvent event) {
        assertEquals(-1, open,
                () -> event + " comes inside a call: nothing but CallArguments stands between CallStarted and"
                        + " CallCompleted or Problem.");
    }

    private void assertOpen(DialectEvent event, int index) {
        assertTrue(open == index,
                () -> event + " belongs to no call that has started: CallStarted with its index comes first.");
    }

    List<DialectEvent> events() {
        return events;
    }

    /** All text for the user. */
    String text() {
        return events.stream().filter(DialectEvent.Text.class::isInstance).map(e -> ((DialectEvent.Text) e).text())
                .collect(Collectors.joining());
    }

    /** All thinking. */
    String thinking() {
        return events.stream().filter(DialectEvent.Thinking.class::isInstance)
                .map(e -> ((DialectEvent.Thinking) e).text()).collect(Collectors.joining());
    }

    /** The calls that were understood. */
    List<ToolCall> calls() {
        return events.stream().filter(DialectEvent.CallCompleted.class::isInstance)
                .map(e -> ((DialectEvent.CallCompleted) e).call()).toList();
    }

    /** What looked like a call. */
    List<DialectEvent.Problem> problems() {
        return events.stream().filter(DialectEvent.Problem.class::isInstance).map(DialectEvent.Problem.class::cast)
                .toList();
    }

    /** An answer for a report. */
    static String shown(String text) {
        String line = text.replace("\n", "\\n").replace("\r", "\\r");
        return "\"" + (line.length() > 200 ? line.substring(0, 200) + "..." : line) + "\"";
    }

    @Override
    public String toString() {
        return events.toString();
    }
}
