/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.ModelInfo;
import dev.millrace.api.Sampling;
import dev.millrace.engine.observe.ModelMeters;
import java.util.function.Supplier;

/**
 * What conversations need of a model that runs elsewhere.
 *
 * @param info name and context
 * @param reference by which it was opened
 * @param speaker answers
 * @param defaults sampling that leaves it to the model
 * @param meters told of what happens in answers
 */
public record RemoteParts(Supplier<ModelInfo> info, String reference, Speaker speaker, Sampling defaults,
        ModelMeters meters) {

    /** Characters per token, where nobody can count them. */
    private static final int CHARACTERS = 4;

    /** About how many tokens a text has. */
    static int estimate(String text) {
        return (text.length() + CHARACTERS - 1) / CHARACTERS;
    }
}
