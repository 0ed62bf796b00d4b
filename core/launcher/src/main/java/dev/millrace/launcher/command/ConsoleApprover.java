/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Asks whoever sits at the console whether a call may run. In a pipe the next line is the answer. Who says always is not asked about the
 * same tool again, until the program ends or the tool describes itself in another way. Other words are told to the model. Safe for use
 * from any thread.
 */
final class ConsoleApprover implements ToolApprover {

    /** Where an answer comes from. */
    @FunctionalInterface
    interface Lines {

        /**
         * Shows a question about a call and reads a line.
         *
         * @return null at the end, or if the question was abandoned
         */
        @Nullable
        String ask(ToolCall call, String question) throws IOException, InterruptedException;
    }

    private final Lines lines;
    /** What was allowed for good, and when that was said. */
    private final Map<ToolDefinition, ToolApproval> always = new ConcurrentHashMap<>();

    ConsoleApprover(Lines lines) {
        this.lines = lines;
    }

    /** The name of whoever has started the program. */
    static String user() {
        return System.getProperty("user.name", "");
    }

    @Override
    public ToolApproval ask(ToolRequest request, String question, Duration patience) throws InterruptedException {
        ToolApproval standing = always.get(request.tool());
        if (standing != null) {
            return standing;
        }
        String line;
        try {
            line = lines.ask(request.call(), "May " + AnswerView.written(request.call()) + " run?"
                    + (question.isBlank() ? "" : " " + question) + " [y/N/always] ");
        } catch (IOException e) {
            return ToolApproval.refused("", "Nobody could be asked whether it may run: " + e.getMessage() + ".");
        }
        String word = line == null ? "" : line.strip();
        return switch (word.toLowerCase(Locale.ROOT)) {
            case "y", "yes" -> ToolApproval.allowed(user());
            case "always" -> {
                ToolApproval approval = ToolApproval.allowed(user());
                always.put(request.tool(), approval);
                yield approval;
            }
            case "", "n", "no" -> ToolApproval.refused(user(), "The user does not allow this call.");
            default -> ToolApproval.refused(user(), "The user does not allow this call: " + word);
        };
    }
}
