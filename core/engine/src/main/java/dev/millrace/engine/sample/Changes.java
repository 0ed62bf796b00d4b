/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.spi.backend.Best;
import dev.millrace.spi.text.LogitChanges;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What all sparse stages want to change before one token, gathered by token. For one thread. */
final class Changes implements LogitChanges {

    private final int vocabularySize;
    private final TokenIndex index = new TokenIndex();
    private int[] tokens = new int[64];
    private float[] divisors = new float[64];
    private float[] offsets = new float[64];
    private int count;
    private long @Nullable [] mask;
    private boolean masked;

    Changes(int vocabularySize) {
        this.vocabularySize = vocabularySize;
    }

    /** Forgets all, for the next token. */
    void clear() {
        index.clear();
        count = 0;
        masked = false;
    }

    @Override
    public void divide(int token, float divisor) {
        if (!(divisor > 0)) {
            throw new IllegalArgumentException("A logit is divided by more than 0, not by " + divisor + ".");
        }
        // one that has become too large or too small for 32 bits counts as the last that is not
        int at = at(token);
        divisors[at] = Math.clamp(divisors[at] * divisor, Float.MIN_VALUE, Float.MAX_VALUE);
    }

    @Override
    public void subtract(int token, float offset) {
        // the place first: it may take larger arrays
        int at = at(token);
        offsets[at] += offset;
    }

    /** A ban stays one, whatever is added. */
    @Override
    public void ban(int token) {
        int at = at(token);
        offsets[at] = Float.POSITIVE_INFINITY;
    }

    private int at(int token) {
        if (token < 0 || token >= vocabularySize) {
            throw new IllegalArgumentException(
                    "The token " + token + " is outside the vocabulary of " + vocabularySize + ".");
        }
        int known = index.get(token);
        if (known >= 0) {
            return known;
        }
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, count * 2);
            divisors = Arrays.copyOf(divisors, count * 2);
            offsets = Arrays.copyOf(offsets, count * 2);
        }
        index.put(token, count);
        tokens[count] = token;
        divisors[count] = 1;
        offsets[count] = 0;
        return count++;
    }

    @Override
    public void allow(long[] bits) {
        int words = (vocabularySize + Long.SIZE - 1) / Long.SIZE;
        if (bits.length < words) {
            throw new IllegalArgumentException(
                    "A mask of " + bits.length + " words does not cover " + vocabularySize + " tokens.");
        }
        long[] own = mask;
        if (own == null) {
            own = new long[words];
            mask = own;
        }
        for (int i = 0; i < words; i++) {
            own[i] = masked ? own[i] & bits[i] : bits[i];
        }
        int beyond = words * Long.SIZE - vocabularySize;
        own[words - 1] &= -1L >>> beyond;
        masked = true;
    }

    /**
     * All stages have said what they want. If the masks leave nothing but what is banned, the bans are dropped: an answer in its form
     * is better than none.
     */
    void settle() {
        long[] own = mask;
        if (!masked || own == null) {
            return;
        }
        int left = 0;
        for (long word : own) {
            left += Long.bitCount(word);
        }
        for (int i = 0; i < count; i++) {
            left -= isBanned(i, own) ? 1 : 0;
        }
        for (int i = 0; i < count && left == 0; i++) {
            if (isBanned(i, own)) {
                offsets[i] = 0;
            }
        }
    }

    private boolean isBanned(int index, long[] own) {
        return offsets[index] == Float.POSITIVE_INFINITY && (own[tokens[index] >> 6] & 1L << tokens[index]) != 0;
    }

    /** Has a backend make them. */
    void ask(Best best) {
        best.penalise(tokens, divisors, offsets, count).allow(masked ? mask : null);
    }

    /** Makes them in a row. */
    void apply(float[] row) {
        for (int i = 0; i < count; i++) {
            float logit = row[tokens[i]];
            row[tokens[i]] = (logit > 0 ? logit / divisors[i] : logit * divisors[i]) - offsets[i];
        }
        long[] own = mask;
        if (masked && own != null) {
            for (int id = 0; id < vocabularySize; id++) {
                if ((own[id >> 6] & 1L << id) == 0) {
                    row[id] = Float.NEGATIVE_INFINITY;
                }
            }
        }
    }
}
