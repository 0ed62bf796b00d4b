/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.api.LoopLimits;
import dev.millrace.spi.text.LogitChanges;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import dev.millrace.spi.text.WatchingStage;
import java.util.Arrays;

/**
 * Notices that a model says the same again and again.
 *
 * <p>
 * A run of six tokens that stood before counts as a repeat; how often it stood is counted, and how far back it stood last. The answer
 * loops if, over one period, two thirds of the tokens end such a run (so a word may differ in each repeat), the runs follow each
 * other as they did before and come back in even distances, and nothing new is said: no token that has not been used lately, no digit in a new place, and few words in
 * a new order. So lists and
 * tables, which repeat their frame and go on with their content, are no loops. Short periods have to go on for longer than long ones,
 * as they occur in lines, tables and zeros.
 *
 * <p>
 * For one thread.
 */
final class LoopGuard implements WatchingStage {

    /** Tokens of a run. */
    private static final int RUN = 6;
    /** As far back as repeats are looked for; a power of two. */
    private static final int WINDOW = 4096;
    private static final int MASK = WINDOW - 1;
    /** Periods shorter than this have to go on for longer. */
    private static final int SHORT_PERIOD = 8;
    private static final int SHORT_FACTOR = 4;
    /** How much longer than to be nudged a loop has to be. */
    private static final int TO_CLOSE = 2;
    private static final int TO_END = 8;
    /** Of a hundred tokens, so many end a run that stood before. */
    private static final int REPEATED_PER_HUNDRED = 65;
    /** Of a hundred tokens, so many may be new in a loop. */
    private static final int NEW_PER_HUNDRED = 1;
    /** Of a hundred tokens, so many may end a run that did not stand before: known words in a new order. */
    private static final int NEW_RUNS_PER_HUNDRED = 5;
    private static final float NUDGE = 1.5f;
    private static final float STRONGEST_NUDGE = 12;

    private final StageContext context;
    private final LoopLimits limits;

    // by position, in a ring
    private final int[] tokens = new int[WINDOW];
    private final int[] earlierRun = new int[WINDOW];
    private final int[] earlierToken = new int[WINDOW];
    private final int[] repeats = new int[WINDOW];
    private final int[] distances = new int[WINDOW];
    private final boolean[] isNew = new boolean[WINDOW];
    // the latest position plus one, by hash
    private final int[] latestRun = new int[WINDOW];
    private final int[] latestToken = new int[WINDOW];
    private int length;
    private int heldFor;
    private int level;
    private Verdict verdict = Verdict.GO_ON;

    LoopGuard(StageContext context) {
        this.context = context;
        this.limits = context.loops();
    }

    @Override
    public void begin(TokenHistory history, int round) {
        Arrays.fill(latestRun, 0);
        Arrays.fill(latestToken, 0);
        length = 0;
        level = 0;
        heldFor = 0;
        verdict = Verdict.GO_ON;
    }

    @Override
    public void accept(int token) {
        int at = length++;
        tokens[at & MASK] = token;
        boolean unknown = noteToken(at, token);
        noteRun(at);
        isNew[at & MASK] = unknown || (repeats[at & MASK] == 1 && hasDigit(token));
        judge(at);
    }

    private boolean noteToken(int at, int token) {
        int slot = (token * 0x9E3779B1) >>> 8 & MASK;
        int before = latestToken[slot] - 1;
        while (isNear(before, at) && tokens[before & MASK] != token) {
            before = earlierToken[before & MASK];
        }
        earlierToken[at & MASK] = latestToken[slot] - 1;
        latestToken[slot] = at + 1;
        return !isNear(before, at);
    }

    /** Counts how often the run that ends here stood before, as far as that matters. */
    private void noteRun(int at) {
        repeats[at & MASK] = 1;
        distances[at & MASK] = 0;
        if (at < RUN - 1) {
            return;
        }
        int hash = 0;
        for (int i = 0; i < RUN; i++) {
            hash = hash * 0x01000193 + tokens[at - i & MASK];
        }
        int slot = (hash * 0x9E3779B1) >>> 8 & MASK;
        int before = latestRun[slot] - 1;
        while (isNear(before, at) && !sameRun(before, at)) {
            before = earlierRun[before & MASK];
        }
        earlierRun[at & MASK] = latestRun[slot] - 1;
        latestRun[slot] = at + 1;
        if (isNear(before, at)) {
            distances[at & MASK] = at - before;
            repeats[at & MASK] = repeats[before & MASK] + 1;
        }
    }

    private static boolean isNear(int before, int at) {
        return before >= 0 && at - before < WINDOW - RUN;
    }

    private boolean sameRun(int before, int at) {
        for (int i = 0; i < RUN; i++) {
            if (tokens[before - i & MASK] != tokens[at - i & MASK]) {
                return false;
            }
        }
        return true;
    }

    private boolean hasDigit(int token) {
        for (byte one : context.bytes(token)) {
            if (one >= '0' && one <= '9') {
                return true;
            }
        }
        return false;
    }

    private void judge(int at) {
        verdict = Verdict.GO_ON;
        int period = distances[at & MASK];
        if (repeats[at & MASK] < limits.nudgeAfter() || !isSteady(at, period)) {
            // a word that differs does not end a loop
            level = heldFor-- > 0 ? level : 0;
            return;
        }
        int factor = period < SHORT_PERIOD ? SHORT_FACTOR : 1;
        int least = limits.leastTokens() * factor;
        int now = 0;
        if (loops(at, period, limits.nudgeAfter(), least)) {
            now = limits.nudgeAfter();
            while (now < limits.endAfter() && loops(at, period, now + 1, least)) {
                now++;
            }
        }
        level = now;
        heldFor = period;
        // what has gone on for long enough to be nudged has not yet done so for long enough to be ended
        if (level >= limits.endAfter() && loops(at, period, limits.nudgeAfter(), TO_END * least)) {
            verdict = Verdict.END;
        } else if (level >= limits.closeAfter() && loops(at, period, limits.nudgeAfter(), TO_CLOSE * least)) {
            verdict = Verdict.CLOSE_THINKING;
        }
    }

    /** Whether the last two repeats were about as far apart: what comes back now and then is no loop. */
    private boolean isSteady(int at, int period) {
        int before = distances[at - period & MASK];
        return Math.abs(before - period) <= Math.max(2, period / 4);
    }

    /** Whether the last tokens, one period at least, were said so often. */
    private boolean loops(int at, int period, int times, int least) {
        int span = Math.max(period, least);
        if (span > at || span > WINDOW / 2) {
            return false;
        }
        int repeated = 0;
        int inStep = 0;
        int fresh = 0;
        int freshRuns = 0;
        for (int i = at - span + 1; i <= at; i++) {
            if (isNew[i & MASK]) {
                fresh++;
            }
            if (repeats[i & MASK] == 1) {
                freshRuns++;
            }
            // at the beginning of a long span the same was said less often
            if (repeats[i & MASK] >= Math.max(2, times - (at - i) / Math.max(1, period))) {
                repeated++;
                if (distances[i & MASK] == distances[i - 1 & MASK]) {
                    inStep++;
                }
            }
        }
        return 100 * fresh <= NEW_PER_HUNDRED * span && 100 * freshRuns <= NEW_RUNS_PER_HUNDRED * span
                && 100 * repeated >= REPEATED_PER_HUNDRED * span
                && 4 * inStep >= 3 * repeated;
    }

    @Override
    public Verdict verdict() {
        return verdict;
    }

    /** Whatever went on from here before becomes less likely, the more the longer it lasts. */
    @Override
    public void change(TokenHistory history, LogitChanges changes) {
        if (level < limits.nudgeAfter() || length == 0) {
            return;
        }
        float nudge = Math.min(STRONGEST_NUDGE, NUDGE * (level - limits.nudgeAfter() + 1));
        int last = length - 1;
        int before = distances[last & MASK] == 0 ? -1 : last - distances[last & MASK];
        for (int i = 0; i < limits.endAfter() && isNear(before, last); i++) {
            int next = tokens[before + 1 & MASK];
            if (!context.endTokens().contains(next) && !context.tokenizer().isControl(next)) {
                changes.subtract(next, nudge / limits.endAfter());
            }
            int further = distances[before & MASK];
            before = further == 0 ? -1 : before - further;
        }
    }

    @Override
    public LoopGuard fork() {
        return new LoopGuard(context);
    }
}
