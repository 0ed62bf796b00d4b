/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.draft;

import dev.millrace.engine.schedule.Slot;

/**
 * Guesses for one round of an answer, from the text itself: where its last tokens stood before, the same tokens may follow again. For the
 * thread that generates.
 */
public final class Drafts {

    private final Speculation model;
    private final Copies copies = new Copies();
    private final Acceptance seen = new Acceptance();
    private final int[] guess = new int[Speculation.MOST];
    /** Tokens before a guess whose result is not known yet, and how many of them were the same elsewhere; 0 if there is none. */
    private int from;
    private int same;
    private int drafted;
    private int accepted;

    Drafts(Speculation model) {
        this.model = model;
    }

    /**
     * A token of a slot is about to be read: guesses what may follow, if that is worth it.
     *
     * @param slot holds that token as its last
     * @param most tokens that there is room for
     */
    public void guess(Slot slot, int most) {
        look(slot);
        int room = Math.min(most, model.most(slot.length()));
        model.rule().passed();
        if (room <= 0) {
            return;
        }
        copies.note(slot);
        if (!copies.find(slot)) {
            return;
        }
        int count = copy(slot, room);
        if (!model.always()) {
            count = model.rule().length(copies.length(), count, seen);
        }
        if (count > 0) {
            slot.guess(guess, count);
            from = slot.length();
            same = copies.length();
        }
    }

    /** What followed there; what repeats itself is its own continuation. */
    private int copy(Slot slot, int room) {
        int count = 0;
        for (; count < room; count++) {
            int at = copies.place() + count;
            int token = at < slot.length() ? slot.token(at) : guess[at - slot.length()];
            if (model.isEnd(token)) {
                break;
            }
            guess[count] = token;
        }
        return count;
    }

    /** What came of the last guess. */
    private void look(Slot slot) {
        int guesses = from == 0 ? 0 : slot.guessed();
        if (guesses > 0) {
            int right = slot.sure() - from;
            boolean decided = slot.length() > slot.sure();
            model.rule().done(same, guesses, right, decided && right < guesses, seen);
            drafted += guesses;
            accepted += right;
        }
        from = 0;
    }

    /**
     * The round is over: the slot has no guesses any more.
     *
     * @param slot which nobody reads at this moment
     */
    public void end(Slot slot) {
        look(slot);
        if (drafted > 0) {
            model.scheduler().endGuesses(slot);
        }
    }

    /**
     * Tokens that were guessed and read.
     *
     * @return 0 or more
     */
    public int drafted() {
        return drafted;
    }

    /**
     * Those of them that were right.
     *
     * @return 0 to {@link #drafted()}
     */
    public int accepted() {
        return accepted;
    }
}
