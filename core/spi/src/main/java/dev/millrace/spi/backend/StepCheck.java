/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.spi.model.Program;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks the steps of a forward before anything is changed: what an executor calls first. Keeps a table between calls, so that
 * nothing is allocated per call; for one thread.
 */
public final class StepCheck {

    private final int vocabularySize;
    private final int context;
    private final Limits limits;
    private @Nullable Sequence[] table = new Sequence[64];

    /**
     * Checks for a loaded model.
     *
     * @param program the model
     * @param context tokens that a sequence may hold: {@link LoadOptions#context}
     * @param limits of the executor
     */
    public StepCheck(Program program, int context, Limits limits) {
        this.vocabularySize = program.vocabularySize();
        this.context = context;
        this.limits = limits;
    }

    /**
     * Checks the content of steps. That a sequence belongs to the executor and is open, is the executor's to check.
     *
     * @param steps as given to {@link Executor#forward}; none is fine
     * @throws IllegalArgumentException if a step has no tokens, a token is outside the vocabulary, a sequence would outgrow the
     *             context or stands there twice, a step was made for another vocabulary, or there are more tokens or steps than
     *             the limits allow
     */
    public void check(List<Step> steps) {
        long tokens = 0;
        for (int i = 0; i < steps.size(); i++) {
            check(steps.get(i));
            tokens += steps.get(i).length();
        }
        if (tokens > limits.batchTokens() || steps.size() > limits.sequences()) {
            throw new IllegalArgumentException(steps.size() + " steps with " + tokens
                    + " tokens are more than this model takes at once: " + limits.sequences() + " steps with "
                    + limits.batchTokens() + " tokens.");
        }
        distinct(steps);
    }

    private void check(Step step) {
        if (step.length() < 1) {
            throw new IllegalArgumentException("A step has no tokens.");
        }
        int length = step.sequence().length();
        if (step.length() > context - length) {
            throw new IllegalArgumentException("The sequence holds " + length + " tokens and cannot take "
                    + step.length() + " more: the context ends at " + context + ".");
        }
        if (step.vocabularySize() != vocabularySize) {
            throw new IllegalArgumentException("A step was made for a vocabulary of " + step.vocabularySize()
                    + " tokens; this model has " + vocabularySize + ".");
        }
        for (int i = 0; i < step.length(); i++) {
            if (step.token(i) < 0 || step.token(i) >= vocabularySize) {
                throw new IllegalArgumentException(
                        "Token " + step.token(i) + " is outside the vocabulary of " + vocabularySize + ".");
            }
        }
    }

    /** Puts each sequence into the table, at the first free place from where its hash code says. */
    @SuppressWarnings("ReferenceEquality") // a sequence is itself alone
    private void distinct(List<Step> steps) {
        if (steps.size() > table.length / 2) {
            table = new Sequence[Integer.highestOneBit(steps.size()) * 4];
        }
        try {
            for (int i = 0; i < steps.size(); i++) {
                Sequence sequence = steps.get(i).sequence();
                int at = System.identityHashCode(sequence) & table.length - 1;
                while (table[at] != null) {
                    if (table[at] == sequence) {
                        throw new IllegalArgumentException("Two steps feed the same sequence.");
                    }
                    at = at + 1 & table.length - 1;
                }
                table[at] = sequence;
            }
        } finally {
            Arrays.fill(table, null);
        }
    }
}
