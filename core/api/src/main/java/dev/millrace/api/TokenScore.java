/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.List;

/**
 * A token of an answer with how likely the model found it, before any sampling: the logarithms are those of the softmax of the
 * model's own logits, without penalties, masks and temperature.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param token the token that was chosen
 * @param alternatives the likeliest tokens at this place, the likeliest first; the chosen one may be among them
 */
public record TokenScore(Scored token, List<Scored> alternatives) {

    /** Copies the list. */
    public TokenScore {
        alternatives = List.copyOf(alternatives);
    }

    /**
     * A token and the logarithm of its probability.
     *
     * <p>
     * Minor versions may add components.
     *
     * @param id the token's id; -1 if the model runs elsewhere and does not tell it
     * @param text what it spells; U+FFFD where it holds a part of a character
     * @param bytes what it adds to the text: UTF-8, or a part of it
     * @param logprob natural logarithm of its probability
     */
    public record Scored(int id, String text, List<Byte> bytes, double logprob) {

        /** Copies the list. */
        public Scored {
            bytes = List.copyOf(bytes);
        }
    }
}
