/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.draft;

import dev.millrace.spi.text.TokenHistory;
import java.util.Arrays;

/**
 * Where the last tokens of a text stood before: an index of all pairs of neighbouring tokens, each linked to the place of the same pair before.
 * Takes 12 bytes per token. For one thread.
 */
final class Copies {

    /** Tokens that have to be the same. */
    static final int LEAST = 2;
    /** More of them say nothing more. */
    static final int MOST = 16;
    /** Places that are looked at. */
    private static final int TRIES = 16;

    /** For each hash of a pair, the place behind the last one that has it; 0 if there is none. */
    private int[] heads = new int[256];
    /** For each place, the one before it that has the same hash. */
    private int[] before = new int[128];
    private int noted;
    private int place;
    private int length;

    /**
     * Takes note of further tokens.
     *
     * @param text goes on where it ended the last time
     */
    void note(TokenHistory text) {
        int end = text.length();
        if (end > before.length) {
            grow(text, end);
        }
        // behind the last pair nothing stands yet
        for (noted = Math.max(noted, LEAST); noted < end; noted++) {
            link(text, noted);
        }
    }

    private void grow(TokenHistory text, int end) {
        before = Arrays.copyOf(before, Math.max(end, 2 * before.length));
        heads = new int[Integer.highestOneBit(before.length) * 2];
        int known = noted;
        for (noted = LEAST; noted < known; noted++) {
            link(text, noted);
        }
    }

    private void link(TokenHistory text, int at) {
        int slot = slot(text, at);
        before[at] = heads[slot];
        heads[slot] = at;
    }

    private int slot(TokenHistory text, int at) {
        int hash = (text.token(at - 2) * 31 + text.token(at - 1)) * 0x9E3779B1;
        return (hash ^ hash >>> 15) & heads.length - 1;
    }

    /**
     * Looks for the place whose last tokens are the same as those of the text, for as long as possible; of several the last.
     *
     * @param text which was noted
     * @return whether there is one
     */
    boolean find(TokenHistory text) {
        place = 0;
        length = 0;
        int end = text.length();
        if (end < LEAST) {
            return false;
        }
        int at = heads[slot(text, end)];
        for (int tries = 0; at > 0 && tries < TRIES && length < MOST; tries++) {
            int same = 0;
            while (same < MOST && same < at && text.token(at - 1 - same) == text.token(end - 1 - same)) {
                same++;
            }
            if (same > length && same >= LEAST) {
                length = same;
                place = at;
            }
            at = before[at];
        }
        return length > 0;
    }

    /** The place of the token that came next there. */
    int place() {
        return place;
    }

    /** How many tokens before it are the same. */
    int length() {
        return length;
    }
}
