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
            return new Read(reader.readLine(), null);
        } catch (IOException e) {
            return new Read(null, e);
        }
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
