/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.api.TokenScore;
import dev.millrace.spi.backend.Best;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.util.ArrayList;
import java.util.List;

/** Tells how likely the model found the tokens that were chosen. For one thread. */
public final class TokenScorer {

    private final PromptTokenizer tokenizer;
    private final int alternatives;
    private final Best best;
    private float[] row = {};

    /**
     * A scorer for one conversation's answers.
     *
     * @param tokenizer spells the tokens
     * @param vocabularySize logits in a row
     * @param alternatives how many of the likeliest are told
     */
    public TokenScorer(PromptTokenizer tokenizer, int vocabularySize, int alternatives) {
        this.tokenizer = tokenizer;
        this.alternatives = alternatives;
        this.best = new Best(vocabularySize).count(Math.max(1, alternatives));
    }

    /** Looks at a row before anything changes it. */
    void look(float[] logits, int vocabularySize) {
        if (row.length < vocabularySize) {
            row = new float[vocabularySize];
        }
        System.arraycopy(logits, 0, row, 0, vocabularySize);
        best.choose(row);
    }

    /**
     * How likely a token was.
     *
     * @param token that was chosen from the row looked at last
     * @return its score
     */
    public TokenScore score(int token) {
        double sum = best.logSum();
        List<TokenScore.Scored> others = new ArrayList<>();
        for (int rank = 0; rank < Math.min(alternatives, best.size()); rank++) {
            others.add(scored(best.id(rank), best.logit(rank) - sum));
        }
        return new TokenScore(scored(token, row[token] - sum), others);
    }

    private TokenScore.Scored scored(int id, double logprob) {
        boolean spelled = id < tokenizer.size();
        List<Byte> bytes = new ArrayList<>();
        if (spelled) {
            for (byte one : tokenizer.bytes(id)) {
                bytes.add(one);
            }
        }
        return new TokenScore.Scored(id, spelled ? tokenizer.decode(id) : "", bytes, logprob);
    }
}
