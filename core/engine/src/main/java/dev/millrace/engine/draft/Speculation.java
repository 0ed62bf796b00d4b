/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.draft;

import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Program;
import java.util.Set;
import java.util.function.Supplier;

/** What guessing rests on for one model. Safe for use from any thread. */
public final class Speculation {

    /** Tokens of a guess: with the one before them they are as many as kernels take at once. */
    static final int MOST = 7;

    private final DraftUse use;
    private final Scheduler scheduler;
    private final Supplier<Program> program;
    private final Set<Integer> endTokens;
    private final DraftRule rule;

    /**
     * For a model.
     *
     * @param use when tokens are guessed
     * @param scheduler reads them
     * @param program which runs now
     * @param endTokens behind which nothing is guessed
     */
    public Speculation(DraftUse use, Scheduler scheduler, Supplier<Program> program, Set<Integer> endTokens) {
        this.use = use;
        this.scheduler = scheduler;
        this.program = program;
        this.endTokens = Set.copyOf(endTokens);
        this.rule = new DraftRule(scheduler.guessCosts());
    }

    /**
     * Guesses for one round of an answer.
     *
     * @return for its thread alone
     */
    public Drafts begin() {
        return new Drafts(this);
    }

    Scheduler scheduler() {
        return scheduler;
    }

    DraftRule rule() {
        return rule;
    }

    boolean isEnd(int token) {
        return endTokens.contains(token);
    }

    boolean always() {
        return use == DraftUse.ALWAYS;
    }

    /** How many tokens may be guessed behind so many. */
    int most(int length) {
        Limits limits = scheduler.limits();
        boolean allowed = switch (use) {
            case OFF -> false;
            case AUTO -> limits.sameBits();
            case ON, ALWAYS -> true;
        };
        return allowed ? Math.min(Math.min(MOST, limits.rollback()), sameRope(length)) : 0;
    }

    /** A rope that changes with the length of a text would turn the last token as if the guesses were part of it. */
    private int sameRope(int length) {
        int most = Integer.MAX_VALUE;
        if (program.get() instanceof Blueprint blueprint) {
            for (Blueprint.Layer layer : blueprint.layers()) {
                if (layer.mixer() instanceof Blueprint.Attention attention
                        && attention.position() instanceof Position.Rope rope
                        && rope.scaling() instanceof Position.Scaling.LongRope scaling
                        && length <= scaling.originalContext()) {
                    most = Math.min(most, scaling.originalContext() - length);
                }
            }
        }
        return most;
    }
}
