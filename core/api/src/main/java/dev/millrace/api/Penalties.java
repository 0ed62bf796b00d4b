/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;
import java.util.Map;

/**
 * What makes single tokens less or more likely, before anything else is decided. Immutable.
 *
 * <p>
 * For each token, in this order: the repetition penalty of {@link Sampling}, then everything here added up, then what is banned.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param presence taken from the logits of tokens that occurred in the answer; negative makes them more likely
 * @param frequency taken from the logits of tokens in the answer, once for each time that they occurred there
 * @param window how many of the last tokens the repetition, presence and frequency penalties look at; 0 for all
 * @param dry against repeated sequences
 * @param bias added to the logits of tokens, by id; minus infinity bans one
 * @param bannedTexts texts that an answer never spells, whatever tokens they are made of; the one that would complete such a text is
 *            banned. None is empty or has half of a surrogate pair
 */
public record Penalties(double presence, double frequency, int window, Dry dry, Map<Integer, Double> bias,
        List<String> bannedTexts) {

    /** None. */
    public static final Penalties NONE = new Penalties(0, 0, 0, Dry.OFF, Map.of(), List.of());

    /**
     * Copies map and list, and checks the ranges.
     *
     * @throws IllegalArgumentException if a value is out of range
     */
    public Penalties {
        bias = Map.copyOf(bias);
        bannedTexts = List.copyOf(bannedTexts);
        Ranges.check(Double.isFinite(presence), "the presence penalty must be a number", presence);
        Ranges.check(Double.isFinite(frequency), "the frequency penalty must be a number", frequency);
        Ranges.check(window >= 0, "the window of penalties must be 0 or more", window);
        bias.forEach((token, value) -> {
            Ranges.check(token >= 0, "a biased token must be 0 or more", token);
            Ranges.check(value < Double.POSITIVE_INFINITY, "a bias must be a number or minus infinity", value);
        });
        Ranges.checkTexts(bannedTexts, "a banned text");
    }

    /**
     * DRY (p-e-w, 2024): what would go on with a sequence of tokens as it went on before becomes less likely, the more the longer
     * the sequence is. The penalty is {@code multiplier * base ^ (length - allowedLength)}.
     *
     * <p>
     * Minor versions may add components.
     *
     * @param multiplier size of the penalty; 0 switches it off
     * @param base how fast it grows; 1 or more
     * @param allowedLength sequences shorter than this many tokens may be repeated; 1 or more
     * @param window how many of the last tokens are looked at; 0 for all
     * @param breakers a sequence ends at a token that has one of these texts in it, and at a control token. None is empty
     *            or has half of a surrogate pair
     */
    public record Dry(double multiplier, double base, int allowedLength, int window, List<String> breakers) {

        /** Texts that end a sequence if nothing else is said. */
        public static final List<String> BREAKERS = List.of("\n", ":", "\"", "*");

        /** No penalty. */
        public static final Dry OFF = new Dry(0, 1.75, 2, 0, BREAKERS);

        /**
         * Copies the list, and checks the ranges.
         *
         * @throws IllegalArgumentException if a value is out of range
         */
        public Dry {
            breakers = List.copyOf(breakers);
            Ranges.check(multiplier >= 0 && Double.isFinite(multiplier), "the DRY multiplier must be 0 or more",
                    multiplier);
            Ranges.check(base >= 1 && Double.isFinite(base), "the DRY base must be 1 or more", base);
            Ranges.check(allowedLength >= 1, "the allowed length of DRY must be 1 or more", allowedLength);
            Ranges.check(window >= 0, "the window of DRY must be 0 or more", window);
            Ranges.checkTexts(breakers, "a sequence breaker of DRY");
        }

        /**
         * The usual DRY of a size.
         *
         * @param multiplier size of the penalty, 0.8 for example
         * @return base 1.75, allowed length 2, all tokens, the usual breakers
         */
        public static Dry of(double multiplier) {
            return new Dry(multiplier, OFF.base, OFF.allowedLength, OFF.window, BREAKERS);
        }
    }
}
