/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import java.util.Arrays;

/** Numbers by token, in a table as large as it has entries. For one thread. */
final class TokenIndex {

    private int[] tokens = new int[256];
    private int[] values = new int[256];
    /** An entry counts if it bears the present stamp: so that all are forgotten at once. */
    private int[] stamps = new int[256];
    private int stamp = 1;
    private int size;

    /** The number of a token, or -1. */
    int get(int token) {
        int at = find(token);
        return stamps[at] == stamp ? values[at] : -1;
    }

    /** Sets the number of a token. */
    void put(int token, int value) {
        int at = find(token);
        if (stamps[at] != stamp) {
            if (2 * size >= tokens.length) {
                grow();
                at = find(token);
            }
            stamps[at] = stamp;
            tokens[at] = token;
            size++;
        }
        values[at] = value;
    }

    void clear() {
        size = 0;
        if (++stamp == 0) {
            Arrays.fill(stamps, 0);
            stamp = 1;
        }
    }

    private int find(int token) {
        int mask = tokens.length - 1;
        int at = (token * 0x9E3779B1) >>> 7 & mask;
        while (stamps[at] == stamp && tokens[at] != token) {
            at = at + 1 & mask;
        }
        return at;
    }

    private void grow() {
        int[] oldTokens = tokens;
        int[] oldValues = values;
        int[] oldStamps = stamps;
        tokens = new int[oldTokens.length * 2];
        values = new int[tokens.length];
        stamps = new int[tokens.length];
        int old = stamp;
        stamp = 1;
        for (int i = 0; i < oldTokens.length; i++) {
            if (oldStamps[i] == old) {
                int at = find(oldTokens[i]);
                stamps[at] = stamp;
                tokens[at] = oldTokens[i];
                values[at] = oldValues[i];
            }
        }
    }
}
