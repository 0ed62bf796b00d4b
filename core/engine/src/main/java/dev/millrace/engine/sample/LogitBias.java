/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.spi.text.LogitChanges;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.TokenHistory;
import java.util.Map;

/**
 * Adds something to the logits of tokens.
 *
 * @param byToken what, by id
 */
record LogitBias(Map<Integer, Double> byToken) implements SparseStage {

    @Override
    public void change(TokenHistory history, LogitChanges changes) {
        byToken.forEach((token, bias) -> changes.subtract(token, (float) -bias));
    }

    @Override
    public SparseStage fork() {
        return this;
    }
}
