/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

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

    /** Text that steps back, where the terminal can show it. */
    String dimmed(String text) {
        return colour ? DIM + text + PLAIN : text;
    }
}
