/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.util.Arrays;

/** The unigram language model: of all ways to spell a text in tokens, the most probable (Kudo, 2018), found by Viterbi's algorithm. */
final class UnigramModel implements TokenModel {

    /** In bytes. A longer token is never the best way to spell a text, but would cost time at every byte. */
    static final int LONGEST = 1024;

    /** How much less probable an unknown character is than the least probable token. */
    private static final double UNKNOWN_PENALTY = 10;

    private final Vocabulary vocabulary;
    private final double[] scores;
    private final double unknownScore;
    private final Fallback fallback;

    UnigramModel(String key, Vocabulary vocabulary, double[] scores, Fallback fallback) {
        if (vocabulary.longest() > LONGEST) {
            throw new MillraceException(key + ": A token has " + vocabulary.longest() + " bytes; at most " + LONGEST
                    + " are supported for a unigram model.");
        }
        this.vocabulary = vocabulary;
        this.scores = scores;
        this.fallback = fallback;
        this.unknownScore = Arrays.stream(scores).min().orElse(0) - UNKNOWN_PENALTY;
    }

    @Override
    public Worker worker() {
        return new UnigramWorker();
    }

    private final class UnigramWorker implements Worker {

        private static final int UNKNOWN = -1;
        private static final int UNREACHED = -2;

        private byte[] bytes = new byte[0];
        /** The best score of a spelling that ends before a byte, its last token and where that begins. */
        private double[] best = new double[0];
        private int[] token = new int[0];
        private int[] start = new int[0];

        @Override
        public void encode(char[] text, int from, int to, IntList out) {
            int most = Math.multiplyExact(to - from, 3) + 1;
            if (bytes.length < most) {
                bytes = new byte[most];
                best = new double[most];
                token = new int[most];
                start = new int[most];
            }
            int length = Utf8.encode(text, from, to, bytes, 0);
            Arrays.fill(token, 0, length + 1, UNREACHED);
            best[0] = 0;
            for (int at = 0; at < length;) {
                int next = at + Utf8.length(bytes[at]);
                boolean single = false;
                int hash = Vocabulary.HASH_START;
                int last = Math.min(length, at + vocabulary.longest());
                for (int end = at + 1; end <= last; end++) {
                    hash = Vocabulary.hash(hash, bytes[end - 1]);
                    int id = vocabulary.find(hash, bytes, at, end);
                    if (id >= 0) {
                        reach(at, end, id, scores[id]);
                        single |= end == next;
                    }
                }
                if (!single) {
                    reach(at, next, UNKNOWN, unknownScore);
                }
                at = next;
            }
            write(length, out);
        }

        private void reach(int from, int to, int id, double score) {
            double sum = best[from] + score;
            if (token[to] == UNREACHED || sum > best[to]) {
                best[to] = sum;
                token[to] = id;
                start[to] = from;
            }
        }

        private void write(int length, IntList out) {
            // the way back gives the ends; kept in the place of the starts that are no longer needed
            int next = length;
            for (int at = length; at > 0;) {
                int from = start[at];
                start[at] = next;
                next = at;
                at = from;
            }
            for (int from = 0, to = next; from < length;) {
                int id = token[to];
                int end = to;
                while (id == UNKNOWN && fallback.fuse() && end < length && token[start[end]] == UNKNOWN) {
                    end = start[end];
                }
                if (id >= 0) {
                    out.add(id);
                } else if (fallback.spells(bytes, from, end)) {
                    for (int i = from; i < end; i++) {
                        out.add(fallback.byteIds()[bytes[i] & 0xFF]);
                    }
                } else if (fallback.unknown() >= 0) {
                    out.add(fallback.unknown());
                }
                from = end;
                to = start[end];
            }
        }
    }
}
