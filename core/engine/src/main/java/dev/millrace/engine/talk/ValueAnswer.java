/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.Answer;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ValueType;
import dev.millrace.json.Json;

/** An answer that is a value of a Java type. */
final class ValueAnswer {

    private ValueAnswer() {
    }

    /** Waits for the value, and lets the answer go. */
    static <T> T read(Generation answering, ValueType<T> wanted, Class<T> type) {
        try (Generation generation = answering) {
            Answer answer = generation.answer();
            if (answer.reason() != FinishReason.STOP) {
                throw new MillraceException("The answer ended before a value of " + type.getSimpleName()
                        + " was whole: " + answer.reason() + " after " + answer.usage().completionTokens()
                        + " tokens.");
            }
            return wanted.read(Json.parse(answer.text()));
        }
    }
}
