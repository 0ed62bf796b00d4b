/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.api.Penalties;
import dev.millrace.spi.text.LogitChanges;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * DRY (p-e-w, 2024): penalises what would go on with a sequence as it went on before. How long a sequence before each place equals
 * the latest one is found in one pass, by the Z algorithm on the tokens in reverse.
 */
final class DryPenalty implements SparseStage {

    private final StageContext context;
    private final Penalties.Dry dry;
    private final List<byte[]> breakers;

    private final TokenIndex index = new TokenIndex();
    private int[] next = new int[64];
    private int[] lengths = new int[64];
    private int size;
    private int[] matches = {};
    private int noted;
    /** Where a sequence has ended last. */
    private int lastBreak = -1;

    DryPenalty(StageContext context) {
        this.context = context;
        this.dry = context.sampling().penalties().dry();
        this.breakers = dry.breakers().stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    }

    @Override
    public void begin(TokenHistory history, int round) {
        noted = 0;
        lastBreak = -1;
    }

    @Override
    public void change(TokenHistory history, LogitChanges changes) {
        int end = history.length();
        for (; noted < end; noted++) {
            if (breaks(history.token(noted))) {
                lastBreak = noted;
            }
        }
        int longest = end - 1 - lastBreak;
        if (longest < dry.allowedLength()) {
            return;
        }
        find(history, dry.window() > 0 ? Math.min(end, dry.window()) : end, longest);
        for (int i = 0; i < size; i++) {
            double penalty = dry.multiplier() * Math.pow(dry.base(), lengths[i] - (double) dry.allowedLength());
            changes.subtract(next[i], (float) Math.min(penalty, Float.MAX_VALUE));
        }
    }

    private boolean breaks(int token) {
        if (context.tokenizer().isControl(token)) {
            return true;
        }
        if (breakers.isEmpty()) {
            return false;
        }
        byte[] bytes = context.bytes(token);
        return breakers.stream().anyMatch(text -> Bytes.indexOf(bytes, text) >= 0);
    }

    /** For each token that followed a sequence like the latest one: the longest such sequence. */
    private void find(TokenHistory history, int count, int longest) {
        if (matches.length < count) {
            matches = new int[Math.max(count, 2 * matches.length)];
        }
        index.clear();
        size = 0;
        int last = history.length() - 1;
        int left = 0;
        int right = 0;
        for (int i = 1; i < count; i++) {
            int match = i < right ? Math.min(right - i, matches[i - left]) : 0;
            while (i + match < count && history.token(last - match) == history.token(last - i - match)) {
                match++;
            }
            matches[i] = match;
            if (i + match > right) {
                left = i;
                right = i + match;
            }
            int length = Math.min(match, longest);
            if (length >= dry.allowedLength()) {
                follow(history.token(last - i + 1), length);
            }
        }
    }

    private void follow(int token, int length) {
        int at = index.get(token);
        if (at >= 0) {
            lengths[at] = Math.max(lengths[at], length);
            return;
        }
        // an answer may end as it did before
        if (context.tokenizer().isControl(token) || context.endTokens().contains(token)) {
            return;
        }
        if (size == next.length) {
            next = Arrays.copyOf(next, size * 2);
            lengths = Arrays.copyOf(lengths, size * 2);
        }
        index.put(token, size);
        next[size] = token;
        lengths[size++] = length;
    }

    @Override
    public SparseStage fork() {
        return new DryPenalty(context);
    }
}
