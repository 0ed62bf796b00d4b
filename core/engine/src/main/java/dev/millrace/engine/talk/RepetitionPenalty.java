/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.TokenHistory;
import java.util.BitSet;

/**
 * Makes tokens less likely that occurred in prompt or answer (Keskar et al., 2019; as transformers does): positive logits are
 * divided by the penalty, negative ones multiplied.
 */
final class RepetitionPenalty implements SamplerStage {

    private final float penalty;
    private final BitSet seen = new BitSet();
    private int noted;

    private RepetitionPenalty(RepetitionPenalty other) {
        penalty = other.penalty;
        seen.or(other.seen);
        noted = other.noted;
    }

    RepetitionPenalty(double penalty) {
        this.penalty = (float) penalty;
    }

    @Override
    public void apply(float[] logits, TokenHistory history) {
        for (; noted < history.length(); noted++) {
            seen.set(history.token(noted));
        }
        for (int id = seen.nextSetBit(0); id >= 0; id = seen.nextSetBit(id + 1)) {
            logits[id] = logits[id] < 0 ? logits[id] * penalty : logits[id] / penalty;
        }
    }

    @Override
    public SamplerStage fork() {
        return new RepetitionPenalty(this);
    }
}
