/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.backend.cuda.runtime.CudaException;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs ahead of Java: behind a pass of one token per sequence, and the choice from its logits, the pass is queued that comes next if each
 * sequence reads its likeliest token, which the device takes from the choice itself. So it goes on while Java is told of the choice and
 * thinks. If just that is asked for, it is computed already, or nearly; anything else leaves it, and nothing of it is seen: it has written
 * behind the tokens that were read, on pages of its sequences alone, and the other side of their states. What is queued later on pages that
 * were given back comes later on the device, too. After a pass that was left, {@link #TRUST} passes are waited for before another one.
 */
final class Ahead {

    /** System property: false where the device is to wait for what is asked of it. */
    static final String SETTING = "millrace.cuda.ahead";

    /** So many guesses in a row must have been right: a pass for nothing costs several times what a right one gains. */
    static final int TRUST = 8;

    /** Stands for a token that only the device knows. */
    private static final int UNKNOWN = 0;

    private static final System.Logger LOG = System.getLogger(Ahead.class.getName());

    private final Gpu gpu;
    private final Batch batch;
    private final ForwardPass pass;
    private final int context;
    private final boolean on = Boolean.parseBoolean(System.getProperty(SETTING, "true"));
    /** What each sequence of the last pass reads next, in the order of its rows. */
    private final List<Step> guesses = new ArrayList<>();
    private int right;
    /** Whether the pass of these guesses has been queued. */
    private boolean running;

    Ahead(Gpu gpu, Batch batch, ForwardPass pass, int context) {
        this.gpu = gpu;
        this.batch = batch;
        this.pass = pass;
        this.context = context;
    }

    /** Whether a pass is one after which this guesses: a token and a row of logits for each sequence. */
    boolean follows(Batch done) {
        return on && done.hasSingleTokens() && done.rows() == done.steps() && done.rows() <= pass.logitRows();
    }

    /**
     * Whether steps are being computed already. If not, what runs is left.
     *
     * @param rows takes the steps in the order of the rows of the pass that runs
     */
    boolean computes(List<Step> steps, List<Step> rows) {
        boolean guessed = guessed(steps);
        right = guessed ? right + 1 : 0;
        if (!guessed || !running) {
            leave();
            return false;
        }
        running = false;
        rows.addAll(guesses);
        for (Step step : steps) {
            rows.set(((CudaSequence) step.sequence()).guessed(), step);
        }
        forget();
        return true;
    }

    private boolean guessed(List<Step> steps) {
        if (guesses.isEmpty() || steps.size() != guesses.size()) {
            return false;
        }
        for (Step step : steps) {
            int row = ((CudaSequence) step.sequence()).guessed();
            if (row < 0 || step.length() != 1 || step.logitRows() != 1
                    || step.token(0) != guesses.get(row).token(0) || step.reach() != guesses.get(row).reach()) {
                return false;
            }
        }
        return true;
    }

    /**
     * Queues what is likely to come after a pass, if the last guesses were right.
     *
     * @param done steps of that pass, by rows; their sequences count its tokens already
     * @param choice is queued for them
     */
    void follow(List<Step> done, Choice choice) {
        if (right < TRUST) {
            return;
        }
        for (int row = 0; row < done.size(); row++) {
            if (!guess(done.get(row), row, UNKNOWN)) {
                return;
            }
        }
        try {
            for (Step guess : guesses) {
                ((CudaSequence) guess.sequence()).reserve(1);
            }
            gpu.mark();
            running = true;
            batch.fill(guesses, pass.tileTokens());
            batch.upload(gpu);
            choice.readLikeliest(batch);
            pass.runAll(batch);
        } catch (OutOfRoomException e) {
            LOG.log(System.Logger.Level.DEBUG, "No room to run ahead: " + e.getMessage());
            leave();
        } catch (CudaException e) {
            // if the device is lost, whoever uses it next is told
            LOG.log(System.Logger.Level.DEBUG, "A pass that was not asked for failed: " + e.getMessage());
            leave();
        }
    }

    /** Waits for the pass that was asked for and the choice, not for what runs ahead. */
    void await() {
        if (running) {
            gpu.awaitMark();
        } else {
            gpu.await();
        }
    }

    /**
     * Takes note of the likeliest tokens after a pass.
     *
     * @param done as in {@link #follow}
     * @param choice has chosen for them
     */
    void guess(List<Step> done, Choice choice) {
        for (int row = 0; row < done.size(); row++) {
            if (choice.likeliest(row) < 0) {
                leave();
                return;
            }
        }
        guesses.clear();
        for (int row = 0; row < done.size(); row++) {
            if (!guess(done.get(row), row, choice.likeliest(row))) {
                return;
            }
        }
    }

    /** @return false if the context is full; nothing is guessed then, of no sequence */
    private boolean guess(Step done, int row, int token) {
        CudaSequence sequence = (CudaSequence) done.sequence();
        if (sequence.length() == context) {
            forget();
            return false;
        }
        guesses.add(sequence.guess(row, token, done.vocabularySize()));
        return true;
    }

    /** Leaves what runs, if anything does, and gives back the pages that it took. */
    void leave() {
        running = false;
        for (Step guess : guesses) {
            ((CudaSequence) guess.sequence()).trim();
        }
        forget();
    }

    private void forget() {
        for (Step guess : guesses) {
            ((CudaSequence) guess.sequence()).forgetGuess();
        }
        guesses.clear();
    }
}
