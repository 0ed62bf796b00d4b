/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.Arrays;

/**
 * SentencePiece's byte pair encoding: neighbours join as long as what they spell is a token, always the pair with the best score, of
 * equals the leftmost (Kudo and Richardson, 2018; the order of merges is in the scores). What is no token in the end is spelled in
 * bytes.
 */
final class ScoreModel implements TokenModel {

    private final Vocabulary vocabulary;
    /** The place of each token in the order of scores, best first; equal scores share a place. */
    private final int[] places;
    private final Fallback fallback;

    ScoreModel(Vocabulary vocabulary, float[] scores, Fallback fallback) {
        this.vocabulary = vocabulary;
        this.fallback = fallback;
        this.places = places(scores);
    }

    private static int[] places(float[] scores) {
        int[] places = new int[scores.length];
        for (int id = 0; id < scores.length; id++) {
            // the bits of a float, flipped so that they sort as ints from the largest to the smallest
            int bits = Float.floatToIntBits(scores[id] + 0.0f);
            places[id] = bits < 0 ? bits & 0x7FFFFFFF : ~bits;
        }
        return places;
    }

    @Override
    public Worker worker() {
        return new ScoreWorker();
    }

    private final class ScoreWorker implements Worker {

        private static final long NONE = Long.MIN_VALUE;

        private final LongHeap queue = new LongHeap(64);
        private byte[] bytes = new byte[0];
        private int[] ends = new int[0];
        private int[] previous = new int[0];
        /** The queue entry of the pair that begins at a byte. */
        private long[] pairs = new long[0];

        @Override
        public void encode(char[] text, int from, int to, IntList out) {
            int most = Math.multiplyExact(to - from, 3);
            if (bytes.length < most) {
                bytes = new byte[most];
                ends = new int[most];
                previous = new int[most];
                pairs = new long[most];
            }
            int length = Utf8.encode(text, from, to, bytes, 0);
            queue.clear();
            Arrays.fill(pairs, 0, length, NONE);
            int before = -1;
            for (int at = 0; at < length; at = ends[at]) {
                ends[at] = at + Utf8.length(bytes[at]);
                previous[at] = before;
                before = at;
            }
            for (int at = 0; at < length; at = ends[at]) {
                pair(at, length);
            }
            merge(length);
            for (int at = 0; at < length; at = ends[at]) {
                write(at, ends[at], out);
            }
        }

        private void merge(int length) {
            while (!queue.isEmpty()) {
                long entry = queue.poll();
                int at = (int) entry;
                // an entry is stale when its pair has changed since
                if (pairs[at] != entry) {
                    continue;
                }
                int gone = ends[at];
                pairs[gone] = NONE;
                ends[at] = ends[gone];
                if (ends[at] < length) {
                    previous[ends[at]] = at;
                }
                pair(at, length);
                if (previous[at] >= 0) {
                    pair(previous[at], length);
                }
            }
        }

        private void pair(int at, int length) {
            int middle = ends[at];
            int id = middle < length ? vocabulary.find(bytes, at, ends[middle]) : -1;
            pairs[at] = id < 0 ? NONE : ((long) places[id] << 32) | at;
            if (id >= 0) {
                queue.add(pairs[at]);
            }
        }

        private void write(int from, int to, IntList out) {
            int id = vocabulary.find(bytes, from, to);
            if (id >= 0) {
                out.add(id);
            } else if (fallback.spells(bytes, from, to)) {
                for (int i = from; i < to; i++) {
                    out.add(fallback.byteIds()[bytes[i] & 0xFF]);
                }
            } else if (fallback.unknown() >= 0) {
                out.add(fallback.unknown());
            }
        }
    }
}
