/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.ArrayList;
import java.util.List;

/** A small model whose passes use every kernel with barriers. */
final class AllKernels {

    private static final int PROMPT = 34;

    private AllKernels() {
    }

    static Executor load(Precision precision) {
        CudaBackend backend = Emulated.backend();
        return backend.load(SmallModels.ofAllKernels(), backend.devices().getFirst(),
                LoadOptions.of(256).withPrecision(precision).withKeyValues(KeyValueType.F16), Progress.NONE);
    }

    /** All logits of a prompt, then those of two steps, and the best of some, then those of single steps. */
    static float[] compute(Executor executor) {
        int width = SmallModels.VOCABULARY;
        List<float[]> rows = new ArrayList<>();
        int[] tokens = new int[PROMPT];
        for (int i = 0; i < PROMPT; i++) {
            tokens[i] = (i * 37 + 11) % width;
        }
        Step step = new Step(executor.newSequence(), width);
        try (Sequence sequence = step.sequence(); Sequence fork = sequence.fork()) {
            executor.forward(List.of(step.feed(tokens, 0, PROMPT, Step.Logits.ALL)));
            rows.add(step.logits().clone());
            Step other = new Step(fork, width);
            step.feed(tokens, 0, 1, Step.Logits.BEST).best().count(20);
            executor.forward(List.of(step, other.feed(tokens, 1, 2, Step.Logits.LAST)));
            rows.add(other.logits().clone());
            float[] best = new float[40];
            for (int k = 0; k < step.best().size(); k++) {
                best[2 * k] = step.best().id(k);
                best[2 * k + 1] = step.best().logit(k);
            }
            rows.add(best);
            for (int at = 2; at < 4; at++) {
                executor.forward(List.of(other.feed(tokens, at, at + 1, Step.Logits.LAST)));
                rows.add(other.logits().clone());
            }
        }
        float[] all = new float[rows.stream().mapToInt(r -> r.length).sum()];
        int at = 0;
        for (float[] row : rows) {
            System.arraycopy(row, 0, all, at, row.length);
            at += row.length;
        }
        return all;
    }
}
