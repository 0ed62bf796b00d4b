/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.AnswerFormat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What the answer has to look like. */
final class FormatChoice {

    @Option(names = "--schema", paramLabel = "FILE.json", description = "A JSON schema: the answer is a value that meets it.")
    @Nullable
    Path schema;

    @Option(names = "--grammar", paramLabel = "FILE.gbnf", description = "A grammar in GBNF, as llama.cpp reads it: the answer is a text of it.")
    @Nullable
    Path grammar;

    @Option(names = "--regex", paramLabel = "R", description = "A regular expression that matches the whole answer, in the syntax of RE2.")
    @Nullable
    String regex;

    /**
     * The format.
     *
     * @param model names the command, for messages
     * @throws IOException if a file cannot be read
     */
    AnswerFormat read(ModelChoice model) throws IOException {
        int many = (schema == null ? 0 : 1) + (grammar == null ? 0 : 1) + (regex == null ? 0 : 1);
        if (many > 1) {
            throw model.wrong("--schema, --grammar and --regex exclude each other");
        }
        if (regex != null) {
            return new AnswerFormat.Pattern(regex);
        }
        if (grammar != null) {
            return new AnswerFormat.Grammar(TextFile.forPrograms(grammar));
        }
        return schema == null ? AnswerFormat.TEXT : schema(schema, TextFile.json(schema));
    }

    @SuppressWarnings("unchecked")
    private static AnswerFormat schema(Path file, @Nullable Object json) {
        if (json instanceof Map<?, ?> map) {
            return new AnswerFormat.JsonSchema((Map<String, @Nullable Object>) map);
        }
        throw new IllegalArgumentException("The file " + file + " holds no JSON schema: it must be an object.");
    }
}
