/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an answer has to look like. A format is enforced while tokens are chosen, by a plugin; without one that can, a conversation
 * that asks for it is refused. Minor versions may add kinds.
 */
public sealed interface AnswerFormat {

    /** Free text. */
    AnswerFormat TEXT = new Text();

    /** Free text. */
    record Text() implements AnswerFormat {
    }

    /**
     * JSON that is valid by a schema.
     *
     * @param schema the schema as a map, see the package description
     */
    record JsonSchema(Map<String, @Nullable Object> schema) implements AnswerFormat {
    }

    /**
     * Text of a grammar.
     *
     * @param source the grammar in GBNF, as llama.cpp reads it
     */
    record Grammar(String source) implements AnswerFormat {
    }

    /**
     * Text that a regular expression matches as a whole.
     *
     * @param regex the expression, in the syntax of RE2
     */
    record Pattern(String regex) implements AnswerFormat {
    }

    /**
     * Any object in JSON.
     *
     * @return a format
     */
    static AnswerFormat json() {
        return new JsonSchema(Map.of("type", "object"));
    }

    /**
     * A value of a Java type, as JSON.
     *
     * @param type a record, an enum or another type of {@link ValueType}
     * @return a format
     * @throws IllegalArgumentException if the type has no schema
     */
    static AnswerFormat of(Class<?> type) {
        return new JsonSchema(ValueType.of(type).schema());
    }

    /**
     * One of several texts.
     *
     * @param texts at least one
     * @return a format
     * @throws IllegalArgumentException if there is none
     */
    static AnswerFormat choice(List<String> texts) {
        if (texts.isEmpty()) {
            throw new IllegalArgumentException("There is no text to choose.");
        }
        StringBuilder regex = new StringBuilder();
        for (String text : texts) {
            regex.append(regex.isEmpty() ? "" : "|");
            text.codePoints().forEach(c -> {
                if (Character.isLetterOrDigit(c)) {
                    regex.appendCodePoint(c);
                } else {
                    regex.append("\\x{").append(Integer.toHexString(c)).append('}');
                }
            });
        }
        return new Pattern(regex.toString());
    }
}
