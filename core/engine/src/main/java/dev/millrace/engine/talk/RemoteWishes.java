/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.ToolChoice;
import java.util.Set;

/**
 * What a model elsewhere is asked to keep to.
 *
 * @param format of an answer
 * @param choice whether it has to call tools
 * @param strict names of tools whose calls are held to their schema
 */
record RemoteWishes(AnswerFormat format, ToolChoice choice, Set<String> strict) {

    RemoteWishes {
        strict = Set.copyOf(strict);
    }

    RemoteWishes with(AnswerFormat other) {
        return new RemoteWishes(other, choice, strict);
    }
}
