/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.spi.backend.Best;
import dev.millrace.spi.text.TokenHistory;
import java.util.Arrays;
import java.util.BitSet;

/**
 * Makes tokens less likely that occurred in prompt or answer (Keskar et al., 2019; as transformers does): positive logits are
 * divided by the penalty, negative ones multiplied. Serves one prompt.
 */
final class RepetitionPenalty {

    private final float penalty;
    private final BitSet seen = new BitSet();
    private int noted;
    private int[] tokens = new int[64];
    private float[] divisors = new float[64];
    private float[] offsets = new float[64];
    private int count;

    /** A penalty; one that is too small for 32 bits counts as the smallest that is not. */
    RepetitionPenalty(double penalty) {
        this.penalty = Math.clamp((float) penalty, Float.MIN_VALUE, Float.MAX_VALUE);
    }

    /** Notes what has come since the last call. */
    void note(TokenHistory history) {
        for (; noted < history.length(); noted++) {
            int token = history.token(noted);
            if (!seen.get(token)) {
                seen.set(token);
                add(token);
            }
        }
    }

    private void add(int token) {
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, count * 2);
            divisors = Arrays.copyOf(divisors, count * 2);
            offsets = Arrays.copyOf(offsets, count * 2);
        }
        tokens[count] = token;
        divisors[count++] = penalty;
    }

    /** Has a backend apply it. */
    void ask(Best best) {
        best.penalise(tokens, divisors, offsets, count);
    }

    /** Applies it to a row. */
    void apply(float[] logits) {
        for (int i = 0; i < count; i++) {
            float logit = logits[tokens[i]];
            logits[tokens[i]] = logit > 0 ? logit / penalty : logit * penalty;
        }
    }
}
