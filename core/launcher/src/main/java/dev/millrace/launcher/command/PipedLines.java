/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Lines of a pipe, which may be waited for on any thread, and no longer than wanted: Java cannot interrupt a read of a pipe, so one thread
 * of its own reads it. That thread ends with the pipe or with the program.
 */
final class PipedLines implements AutoCloseable {

    /** Lines that are read before anybody asks for them. */
    private static final int AHEAD = 16;
    /** Characters of a line: no model reads as much at once. */
    private static final int LONGEST = 16 << 20;

    /** A line, the end, or why there is neither. */
    private record Read(@Nullable String line, @Nullable IOException problem) {
    }

    private final BlockingQueue<Read> read = new ArrayBlockingQueue<>(AHEAD);
    private final Thread thread;

    PipedLines(InputStream in) {
        BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        thread = Thread.ofPlatform().daemon().name("millrace-lines").start(() -> pump(reader));
    }

    private void pump(BufferedReader reader) {
        try {
            Read next;
            do {
                next = next(reader);
                read.put(next);
            } while (next.line() != null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nobody wants more
        }
    }

    private static Read next(BufferedReader reader) {
        try {
            return new Read(line(reader), null);
        } catch (IOException e) {
            return new Read(null, e);
        }
    }

    /** A line without its end, null at the end of all; a pipe may bring one that never ends. */
    private static @Nullable String line(BufferedReader reader) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = reader.read(); c != '\n'; c = reader.read()) {
            if (c < 0) {
                return line.isEmpty() ? null : ended(line);
            }
            if (line.length() == LONGEST) {
                throw new IOException("a line has more than " + (LONGEST >> 20) + " million characters");
            }
            line.append((char) c);
        }
        return ended(line);
    }

    private static String ended(StringBuilder line) {
        int last = line.length() - 1;
        return last >= 0 && line.charAt(last) == '\r' ? line.substring(0, last) : line.toString();
    }

    /**
     * The next line.
     *
     * @return null at the end
     * @throws IOException if the pipe cannot be read
     */
    @Nullable
    String next() throws IOException, InterruptedException {
        Read next = read.take();
        if (next.line() == null) {
            // whoever asks again is told the same
            read.put(next);
        }
        if (next.problem() != null) {
            throw new IOException(next.problem().getMessage(), next.problem());
        }
        return next.line();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
