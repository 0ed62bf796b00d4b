/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks a call's arguments against the parameters of its tool, before anything runs, and mends what is only spelled in
 * another type: a number, truth value, list or object in quotes, an integer written as {@code 3.0}, a number where a string
 * is wanted. {@link SchemaFit} says which keywords of JSON Schema are read; other keywords are left to a guard.
 *
 * @see <a href="https://json-schema.org/draft/2020-12/json-schema-validation">JSON Schema, validation</a>
 */
public final class ToolArguments {

    private ToolArguments() {
    }

    /** What becomes of a call. */
    public sealed interface Verdict {
    }

    /**
     * The call fits.
     *
     * @param call the call, its arguments mended
     * @param notes what was mended, a sentence each, the first few; empty if nothing was
     */
    public record Accepted(ToolCall call, List<String> notes) implements Verdict {

        /** Copies the list. */
        public Accepted {
            notes = List.copyOf(notes);
        }
    }

    /**
     * The call does not fit and must not run.
     *
     * @param message what is wrong with which argument, for the model
     */
    public record Refused(String message) implements Verdict {
    }

    /**
     * Checks a call.
     *
     * @param tool what the model was told of the tool
     * @param call what it asks for
     * @return the mended call, or why it is refused
     */
    public static Verdict check(ToolDefinition tool, ToolCall call) {
        SchemaFit fit = new SchemaFit(tool.parameters());
        Map<String, @Nullable Object> mended = fit.arguments(call.arguments());
        if (fit.complaints().isEmpty()) {
            return new Accepted(new ToolCall(call.id(), call.name(), mended), fit.notes());
        }
        return new Refused("The arguments do not fit the tool " + tool.name() + ": "
                + String.join("; ", fit.complaints()) + ".");
    }
}
