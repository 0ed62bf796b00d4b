/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.spi.text.LogitChanges;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.TokenHistory;
import java.util.Arrays;

/**
 * Makes tokens less likely that occurred before. The repetition penalty (Keskar et al., 2019; as transformers does) looks at prompt
 * and answer; presence and frequency penalties (as OpenAI has them) look at the answer.
 */
final class OccurrencePenalties implements SparseStage {

    private final float repetition;
    private final float presence;
    private final float frequency;
    private final int window;

    private final TokenIndex index = new TokenIndex();
    private int[] tokens = new int[64];
    private int[] everywhere = new int[64];
    private int[] inAnswer = new int[64];
    private int size;
    /** The window goes from the first of these to the second. */
    private int from;
    private int noted;

    OccurrencePenalties(double repetition, double presence, double frequency, int window) {
        // one that is too small for 32 bits counts as the smallest that is not
        this.repetition = Math.clamp((float) repetition, Float.MIN_VALUE, Float.MAX_VALUE);
        this.presence = (float) presence;
        this.frequency = (float) frequency;
        this.window = window;
    }

    @Override
    public void begin(TokenHistory history, int round) {
        index.clear();
        size = 0;
        from = 0;
        noted = 0;
    }

    @Override
    public void change(TokenHistory history, LogitChanges changes) {
        for (; noted < history.length(); noted++) {
            count(history, noted, 1);
        }
        for (; window > 0 && noted - from > window; from++) {
            count(history, from, -1);
        }
        for (int i = 0; i < size; i++) {
            if (everywhere[i] > 0 && repetition != 1) {
                changes.divide(tokens[i], repetition);
            }
            if (inAnswer[i] > 0 && (presence != 0 || frequency != 0)) {
                changes.subtract(tokens[i], presence + inAnswer[i] * frequency);
            }
        }
    }

    private void count(TokenHistory history, int position, int change) {
        int token = history.token(position);
        int at = index.get(token);
        if (at < 0) {
            at = add(token);
        }
        everywhere[at] += change;
        if (position >= history.promptLength()) {
            inAnswer[at] += change;
        }
    }

    private int add(int token) {
        if (size == tokens.length) {
            tokens = Arrays.copyOf(tokens, size * 2);
            everywhere = Arrays.copyOf(everywhere, size * 2);
            inAnswer = Arrays.copyOf(inAnswer, size * 2);
        }
        index.put(token, size);
        tokens[size] = token;
        everywhere[size] = 0;
        inAnswer[size] = 0;
        return size++;
    }

    @Override
    public SparseStage fork() {
        return new OccurrencePenalties(repetition, presence, frequency, window);
    }
}
