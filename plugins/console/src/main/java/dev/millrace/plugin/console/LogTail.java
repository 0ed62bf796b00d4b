/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** The last lines of the log. Only what goes to java.util.logging is seen, which is where the JDK sends the log by itself. */
final class LogTail {

    private static final int MOST_LINES = 500;
    private static final int MOST_CHARACTERS = 2000;

    private final Logger root = Logger.getLogger("");
    private final Deque<Line> lines = new ArrayDeque<>();
    private final Tail handler = new Tail();
    private long count;

    /**
     * A line.
     *
     * @param number rises by one
     * @param time milliseconds since 1970
     * @param level for example WARNING
     * @param source the name of the logger
     * @param text what is said, without stack traces
     */
    record Line(long number, long time, String level, String source, String text) {
    }

    void open() {
        root.addHandler(handler);
    }

    void close() {
        root.removeHandler(handler);
    }

    /** The lines after a number. */
    synchronized List<Line> after(long number) {
        List<Line> later = new ArrayList<>();
        for (Line line : lines) {
            if (line.number() > number) {
                later.add(line);
            }
        }
        return later;
    }

    private synchronized void add(LogRecord message, String text) {
        count++;
        lines.add(new Line(count, message.getMillis(), message.getLevel().getName(),
                String.valueOf(message.getLoggerName()),
                text.length() > MOST_CHARACTERS ? text.substring(0, MOST_CHARACTERS) + "..." : text));
        if (lines.size() > MOST_LINES) {
            lines.removeFirst();
        }
    }

    private final class Tail extends Handler {

        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord message) {
            if (isLoggable(message)) {
                Throwable thrown = message.getThrown();
                add(message, formatter.formatMessage(message) + (thrown == null ? "" : " (" + thrown + ")"));
            }
        }

        @Override
        public void flush() {
            // nothing is held back
        }

        @Override
        public void close() {
            // nothing is open
        }
    }
}
