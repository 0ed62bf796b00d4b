/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.api.ModelInfo;
import dev.millrace.api.Sampling;
import dev.millrace.engine.cache.Fingerprint;
import dev.millrace.engine.cache.Prefixes;
import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.text.Dialect;
import dev.millrace.text.prompt.PromptWriter;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What conversations need of a model.
 *
 * @param info name, sizes and context
 * @param program which runs now, with the shapes of its states
 * @param fingerprint by which the program that runs now is known again
 * @param tokenizer ids to text
 * @param prompts messages to ids
 * @param dialect text to thinking and calls
 * @param endTokens ids that end a turn
 * @param sampling what the makers recommend
 * @param scheduler reads tokens
 * @param prefixes beginnings that conversations share
 */
public record ModelParts(ModelInfo info, Supplier<Program> program, Supplier<Fingerprint> fingerprint,
        PromptTokenizer tokenizer, PromptWriter prompts,
        Dialect dialect, Set<Integer> endTokens, Sampling sampling, Scheduler scheduler, Prefixes prefixes) {

    /** Copies the set. */
    public ModelParts {
        endTokens = Set.copyOf(endTokens);
    }
}
