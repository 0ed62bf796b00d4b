/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** What a child writes to its standard output and error: goes to the log, and its last words are kept. */
final class ChildLog {

    private static final System.Logger LOG = System.getLogger(ChildLog.class.getName());
    /** A longer line is cut into several. */
    private static final int LINE = 4000;
    private static final String WARNING = "WARNING: ";
    private static final String SEVERE = "SEVERE: ";

    /** The line of a breakdown that says which it is. */
    private static final Pattern BREAKDOWN = Pattern.compile("#\\s+(SIG|EXCEPTION_|Internal Error|Native memory).*");

    private final Process process;
    private final Thread thread;
    private volatile String lastWords = "";
    private boolean broken;

    ChildLog(Process process) {
        this.process = process;
        this.thread = Thread.ofPlatform().name("millrace-child-" + process.pid()).daemon().start(this::read);
    }

    private void read() {
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            StringBuilder line = new StringBuilder();
            for (int c = in.read(); c >= 0; c = in.read()) {
                if (c != '\n') {
                    line.append((char) c);
                }
                if (c == '\n' || line.length() == LINE) {
                    log(line.toString().strip());
                    line.setLength(0);
                }
            }
            log(line.toString().strip());
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "What the process " + process.pid() + " says is cut off.", e);
        }
    }

    private void log(String line) {
        if (line.isEmpty()) {
            return;
        }
        // a virtual machine that breaks down writes a page of lines with this mark, and the same to a file
        boolean breakdown = line.startsWith("#");
        boolean place = line.startsWith("at ") || line.startsWith("... ");
        if (breakdown && BREAKDOWN.matcher(line).matches()) {
            lastWords = line.substring(1).strip();
            broken = true;
        } else if (!place && !breakdown && !broken) {
            lastWords = line;
        }
        boolean warning = line.startsWith(WARNING) || line.startsWith(SEVERE);
        LOG.log(breakdown
                ? System.Logger.Level.DEBUG
                : warning ? System.Logger.Level.WARNING : System.Logger.Level.INFO, "The process {0} of ONNX says: {1}",
                Long.toString(process.pid()), warning ? line.substring(line.indexOf(' ') + 1) : line);
    }

    /** The last line, once all is read. */
    String lastWords() {
        return lastWords;
    }

    /** Waits until all is read, which ends with the process. */
    void await(long millis) throws InterruptedException {
        thread.join(millis);
    }
}
