/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Asks whoever sits at the console whether a call may run. In a pipe the next line is the answer. What is neither yes nor no is told to
 * the model.
 */
final class ConsoleApprover implements ToolApprover {

    /** Where an answer comes from. */
    @FunctionalInterface
    interface Lines {

        /**
         * Shows a question and reads a line.
         *
         * @return null at the end, or if the question was abandoned
         */
        @Nullable
        String ask(String question) throws IOException, InterruptedException;
    }

    private final Lines lines;

    ConsoleApprover(Lines lines) {
        this.lines = lines;
    }

    /** The name of whoever has started the program. */
    static String user() {
        return System.getProperty("user.name", "");
    }

    @Override
    public ToolApproval ask(ToolRequest request, String question, Duration patience) throws InterruptedException {
        String line;
        try {
            line = lines.ask("May " + AnswerView.written(request.call()) + " run?"
                    + (question.isBlank() ? "" : " " + question) + " [y/N] ");
        } catch (IOException e) {
            return ToolApproval.refused("", "Nobody could be asked whether it may run: " + e.getMessage() + ".");
        }
        String word = line == null ? "" : line.strip();
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "y", "yes" -> ToolApproval.allowed(user());
            case "", "n", "no" -> ToolApproval.refused(user(), "The user does not allow this call.");
            default -> ToolApproval.refused(user(), "The user does not allow this call: " + word);
        };
    }
}
