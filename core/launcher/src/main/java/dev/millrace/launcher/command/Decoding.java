/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.engine.LoadedModel;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;

/** One sequence on a loaded model, fed by hand: for raw logits and for measuring. For the model's one thread. */
final class Decoding implements AutoCloseable {

    /** Logits after every token of one micro-batch are kept below this. */
    private static final int MOST_LOGITS = 1 << 26;

    private final LoadedModel model;
    private final Sequence sequence;
    private final Step step;
    private final int vocabulary;
    private final List<Step> steps;
    private final int[] next = new int[1];
    /** Long prompts are read in micro-batches of this many tokens, as conversations do. */
    private final int piece;

    Decoding(LoadedModel model) {
        this.model = model;
        this.vocabulary = model.program().vocabularySize();
        this.piece = model.executor().limits().batchTokens();
        this.sequence = model.executor().newSequence();
        this.step = step(sequence, vocabulary);
        this.steps = List.of(step);
    }

    /** A step for this thread; whoever interrupts it does not want what is being computed. */
    static Step step(Sequence sequence, int vocabulary) {
        return new Step(sequence, vocabulary).withdrawnWhen(Thread.currentThread()::isInterrupted);
    }

    /** Reads tokens and gives the logits after the last: the first {@code vocabulary} values are valid until the next call. */
    float[] read(int... ids) {
        feed(ids, Step.Logits.LAST);
        return step.logits();
    }

    /** Reads tokens without asking what follows. */
    void take(int... ids) {
        feed(ids, Step.Logits.NONE);
    }

    private void feed(int[] ids, Step.Logits last) {
        for (int from = 0; from < ids.length; from += piece) {
            int to = Math.min(ids.length, from + piece);
            step.feed(ids, from, to, to == ids.length ? last : Step.Logits.NONE);
            forward(model, steps);
        }
    }

    /** Reads tokens and gives a row of logits for each. */
    float[][] readAll(int... ids) {
        int most = Math.clamp(MOST_LOGITS / vocabulary, 1, piece);
        float[][] rows = new float[ids.length][];
        for (int from = 0; from < ids.length; from += most) {
            int to = Math.min(ids.length, from + most);
            step.feed(ids, from, to, Step.Logits.ALL);
            forward(model, steps);
            for (int i = from; i < to; i++) {
                rows[i] = Arrays.copyOfRange(step.logits(), (i - from) * vocabulary, (i - from + 1) * vocabulary);
            }
        }
        return rows;
    }

    /** Reads one token and gives the logits after it. */
    float[] readOne(int id) {
        next[0] = id;
        step.feed(next, 0, 1, Step.Logits.LAST);
        forward(model, steps);
        return step.logits();
    }

    /**
     * Computes, unless somebody wants the end.
     *
     * @throws CancellationException if this thread was interrupted
     * @throws dev.millrace.api.BackendException if a step cannot be computed
     */
    static void forward(LoadedModel model, List<Step> steps) {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException();
        }
        model.executor().forward(steps);
        for (Step each : steps) {
            if (each.isWithdrawn()) {
                throw new CancellationException();
            }
            if (each.failed()) {
                throw each.failure().orElseThrow();
            }
        }
    }

    /** The likeliest token; of equals the first. */
    int likeliest(float[] logits) {
        return likeliest(logits, vocabulary);
    }

    /** The likeliest of the first so many tokens; of equals the first. */
    static int likeliest(float[] logits, int vocabulary) {
        int best = 0;
        for (int i = 1; i < vocabulary; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    @Override
    public void close() {
        sequence.close();
    }
}
