/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.spi.model.Blueprint;

/** What follows the product with the head: the multiplier of the logits and their softcap, where a model has them. */
final class LogitsTail {

    private final Workers workers;
    private final int vocabularySize;
    private final float factor;
    private final float softcap;
    private final Workers.Items items = this::finish;
    private float[] logits = {};
    private int offset;

    LogitsTail(Workers workers, Blueprint blueprint) {
        this.workers = workers;
        vocabularySize = blueprint.vocabularySize();
        factor = blueprint.multipliers().logits();
        softcap = blueprint.softcap();
    }

    /** Finishes all logits that a micro-batch wants. */
    void run(MicroBatch batch) {
        if (factor == 1 && softcap == 0) {
            return;
        }
        for (int i = 0; i < batch.wantedCount; i++) {
            logits = batch.logits.array(i);
            offset = batch.logits.offset(i);
            workers.run(items, vocabularySize, softcap == 0 ? 1 : 30);
        }
        logits = new float[0];
    }

    private void finish(int worker, int from, int to) {
        for (int i = offset + from; i < offset + to; i++) {
            float logit = logits[i] * factor;
            logits[i] = softcap == 0 ? logit : softcap * (float) Math.tanh(logit / softcap);
        }
    }
}
