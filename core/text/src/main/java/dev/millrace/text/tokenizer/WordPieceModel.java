/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.nio.charset.StandardCharsets;

/** WordPiece: the longest token that fits, again and again; a word that cannot be spelled so is one unknown token. */
final class WordPieceModel implements TokenModel {

    private final Vocabulary vocabulary;
    private final byte[] first;
    private final byte[] next;
    private final int longestWord;
    private final int unknown;

    /**
     * A model.
     *
     * @param first what the vocabulary prefixes tokens with that begin a word
     * @param next what it prefixes the others with
     * @param longestWord a word of more code points is unknown
     * @param unknown the id of the unknown token
     */
    WordPieceModel(Vocabulary vocabulary, String first, String next, int longestWord, int unknown) {
        this.vocabulary = vocabulary;
        this.first = first.getBytes(StandardCharsets.UTF_8);
        this.next = next.getBytes(StandardCharsets.UTF_8);
        this.longestWord = longestWord;
        this.unknown = unknown;
    }

    @Override
    public Worker worker() {
        return new WordWorker();
    }

    private final class WordWorker implements Worker {

        private byte[] bytes = new byte[0];

        @Override
        public void encode(char[] text, int from, int to, IntList out) {
            int room = Math.max(first.length, next.length);
            int most = Math.addExact(Math.multiplyExact(to - from, 3), room);
            if (bytes.length < most) {
                bytes = new byte[most];
            }
            int length = Utf8.encode(text, from, to, bytes, room);
            if (to - from > longestWord && Character.codePointCount(text, from, to - from) > longestWord) {
                out.add(unknown);
                return;
            }
            int before = out.size();
            byte[] prefix = first;
            for (int at = room; at < length;) {
                // what stands before the rest is spelled already and makes room for the prefix
                System.arraycopy(prefix, 0, bytes, at - prefix.length, prefix.length);
                int start = at - prefix.length;
                int end = at;
                int id = -1;
                int hash = Vocabulary.HASH_START;
                int last = Math.min(length, start + vocabulary.longest());
                for (int i = start; i < last; i++) {
                    hash = Vocabulary.hash(hash, bytes[i]);
                    int found = i < at ? -1 : vocabulary.find(hash, bytes, start, i + 1);
                    if (found >= 0) {
                        id = found;
                        end = i + 1;
                    }
                }
                if (id < 0) {
                    out.truncate(before);
                    out.add(unknown);
                    return;
                }
                out.add(id);
                at = end;
                prefix = next;
            }
        }
    }
}
