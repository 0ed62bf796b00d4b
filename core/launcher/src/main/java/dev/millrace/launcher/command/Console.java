/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Where commands read and write: UTF-8 whatever the locale. Writing is flushed at each call.
 *
 * @param in standard input
 * @param out for results
 * @param err for everything else
 * @param inTerminal whether a person types
 * @param outTerminal whether results are seen by a person
 * @param errTerminal whether everything else is seen by a person
 * @param colour whether what goes to {@code err} may be dimmed and coloured
 */
record Console(InputStream in, StandardOutput out, PrintStream err, boolean inTerminal, boolean outTerminal,
        boolean errTerminal, boolean colour) {

    private static final String DIM = "\u001b[2m";
    private static final String PLAIN = "\u001b[0m";
    private static final Set<String> YES = Set.of("y", "yes");

    /**
     * The process's own. Which descriptors are terminals is told by the start script in the property
     * {@code millrace.terminals} ("0", "1" and "2"), since Java cannot ask for each of them.
     */
    static Console ofProcess() {
        String terminals = System.getProperty("millrace.terminals", "");
        Map<String, String> environment = System.getenv();
        boolean err = terminals.contains("2");
        boolean plain = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "dumb").equals("dumb");
        return new Console(System.in, new StandardOutput(new FileOutputStream(FileDescriptor.out)),
                new PrintStream(new FileOutputStream(FileDescriptor.err), false, StandardCharsets.UTF_8),
                terminals.contains("0"),
                terminals.contains("1"), err, err && !plain);
    }

    /**
     * Writes a line of the result.
     *
     * @throws OutputException if it cannot be written
     */
    void result(String line) {
        out.println(line);
        out.check();
    }

    /**
     * Writes a piece of the result as it is, without a line end.
     *
     * @throws OutputException if it cannot be written
     */
    void piece(String text) {
        out.print(text);
        out.check();
    }

    /** Writes a line for people. */
    void note(String line) {
        err.println(line);
        err.flush();
    }

    /**
     * Asks a person something that is answered by yes or no. Where there is nobody who sees the question and can type, the answer is no.
     *
     * @throws CancellationException if the thread is interrupted, as Ctrl-C does
     * @throws MillraceException if the answer cannot be read
     */
    boolean agreed(String question) {
        if (!inTerminal || !errTerminal) {
            return false;
        }
        err.print(question + " [y/N] ");
        err.flush();
        FutureTask<String> reading = new FutureTask<>(this::line);
        // Java cannot interrupt a read of a terminal; this thread ends with the line or with the program
        Thread.ofPlatform().daemon().name("millrace-question").start(reading);
        try {
            String answer = reading.get();
            if (!answer.endsWith("\n")) {
                note(""); // Ctrl-D leaves the question's line open
            }
            return YES.contains(answer.strip().toLowerCase(Locale.ROOT));
        } catch (InterruptedException e) {
            note("");
            Thread.currentThread().interrupt();
            throw new CancellationException("Cancelled.");
        } catch (ExecutionException e) {
            note("");
            throw new MillraceException(
                    "The answer cannot be read: " + Objects.requireNonNull(e.getCause()).getMessage()
                            + ".",
                    e);
        }
    }

    /** As it was typed, with its end, and not a byte more. */
    private String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int next;
        do {
            next = in.read();
            if (next >= 0) {
                line.write(next);
            }
        } while (next >= 0 && next != '\n');
        return line.toString(StandardCharsets.UTF_8);
    }

    /** Text that steps back, where the terminal can show it. */
    String dimmed(String text) {
        return colour ? DIM + text + PLAIN : text;
    }
}
