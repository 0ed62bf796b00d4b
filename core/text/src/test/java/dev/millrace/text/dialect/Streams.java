/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.spi.text.Dialect;
import dev.millrace.spi.text.DialectEvent;
import dev.millrace.spi.text.DialectParser;
import java.util.ArrayList;
import java.util.List;

/** Runs a parser over pieces of a text and adds its events up. */
final class Streams {

    private Streams() {
    }

    /** Events of an answer that comes in pieces; neighbours of one kind are joined, as a reader would join them. */
    static List<DialectEvent> events(Dialect dialect, boolean insideThinking, String... pieces) {
        List<DialectEvent> events = new ArrayList<>();
        DialectParser parser = dialect.parser(insideThinking);
        for (String piece : pieces) {
            parser.accept(piece, event -> add(events, event));
        }
        parser.finish(event -> add(events, event));
        return events;
    }

    static List<DialectEvent> events(Dialect dialect, String... pieces) {
        return events(dialect, false, pieces);
    }

    /** The text cut before each of the given positions. */
    static String[] cut(String text, int... positions) {
        String[] pieces = new String[positions.length + 1];
        int from = 0;
        for (int i = 0; i < positions.length; i++) {
            pieces[i] = text.substring(from, positions[i]);
            from = positions[i];
        }
        pieces[positions.length] = text.substring(from);
        return pieces;
    }

    /** The text in single characters. */
    static String[] characters(String text) {
        return text.chars().mapToObj(c -> String.valueOf((char) c)).toArray(String[]::new);
    }

    private static void add(List<DialectEvent> events, DialectEvent event) {
        DialectEvent last = events.isEmpty() ? null : events.getLast();
        DialectEvent joined = switch (event) {
            case DialectEvent.Text more when last instanceof DialectEvent.Text text ->
                new DialectEvent.Text(text.text() + more.text());
            case DialectEvent.Thinking more when last instanceof DialectEvent.Thinking thinking ->
                new DialectEvent.Thinking(thinking.text() + more.text());
            case DialectEvent.CallArguments more when last instanceof DialectEvent.CallArguments arguments
                    && arguments.index() == more.index() ->
                new DialectEvent.CallArguments(more.index(), arguments.text() + more.text());
            default -> null;
        };
        if (joined == null) {
            events.add(event);
        } else {
            events.set(events.size() - 1, joined);
        }
    }
}
