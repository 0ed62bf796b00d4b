/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How much a model that thinks may think. Immutable: each {@code with} method returns a changed copy. A model that does not think is
 * left alone.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param mode whether it thinks at all
 * @param budget tokens of thinking in one answer, over all its rounds, or empty for no bound; when they are spent the thinking is
 *            closed with the model's own mark and the model goes on with its answer
 * @param effort for models whose template knows degrees of effort, such as {@code low}; others ignore it
 * @param hidden whether thinking is left out of the events; it stays in the messages
 */
public record Reasoning(Mode mode, OptionalInt budget, Optional<String> effort, boolean hidden) {

    /** Whether a model thinks. */
    public enum Mode {
        /** As its template has it by default. */
        MODEL,
        /** It thinks, if its template can be told so. */
        ON,
        /**
         * It does not. Where its template cannot be told so, an empty thinking is put before its answer, and it may not open
         * another.
         */
        OFF
    }

    /** As the model does it, without a bound. */
    public static final Reasoning DEFAULT = new Reasoning(Mode.MODEL, OptionalInt.empty(), Optional.empty(), false);

    /**
     * Checks the budget.
     *
     * @throws IllegalArgumentException if it is negative
     */
    public Reasoning {
        if (budget.isPresent() && budget.getAsInt() < 0) {
            throw new IllegalArgumentException(
                    "A budget of thinking is 0 tokens or more, not " + budget.getAsInt() + ".");
        }
    }

    /**
     * No thinking.
     *
     * @return {@link Mode#OFF}
     */
    public static Reasoning off() {
        return DEFAULT.withMode(Mode.OFF);
    }

    /**
     * With another mode.
     *
     * @param value see {@link #mode()}
     * @return a changed copy
     */
    public Reasoning withMode(Mode value) {
        return new Reasoning(value, budget, effort, hidden);
    }

    /**
     * With a budget.
     *
     * @param tokens see {@link #budget()}; 0 closes each thinking at once
     * @return a changed copy
     */
    public Reasoning withBudget(int tokens) {
        return new Reasoning(mode, OptionalInt.of(tokens), effort, hidden);
    }

    /**
     * With an effort.
     *
     * @param word see {@link #effort()}
     * @return a changed copy
     */
    public Reasoning withEffort(String word) {
        return new Reasoning(mode, budget, Optional.of(word), hidden);
    }

    /**
     * Shown or hidden.
     *
     * @param value see {@link #hidden()}
     * @return a changed copy
     */
    public Reasoning withHidden(boolean value) {
        return new Reasoning(mode, budget, effort, value);
    }
}
