/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import org.jspecify.annotations.Nullable;

/** Byte pair encoding over the bytes of UTF-8: every text can be spelled as long as every byte has a token. */
final class ByteLevelModel implements TokenModel {

    private final Vocabulary vocabulary;
    private final MergeTable merges;
    /** The symbol of each byte, -1 where it has none. */
    private final int[] byteSymbols;
    /** For symbols that merging makes but the vocabulary lacks: the ids to write instead; they count from the size on. */
    private final int[][] substitutes;
    private final boolean wholeFirst;
    private final PieceCache cache = new PieceCache();

    /**
     * A model.
     *
     * @param wholeFirst whether a whole pre-token that stands in the vocabulary is one token, even where merges cannot make it
     */
    ByteLevelModel(Vocabulary vocabulary, MergeTable merges, int[] byteSymbols, int[][] substitutes,
            boolean wholeFirst) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.byteSymbols = byteSymbols;
        this.substitutes = substitutes;
        this.wholeFirst = wholeFirst;
    }

    @Override
    public Worker worker() {
        return new ByteWorker();
    }

    private final class ByteWorker implements Worker {

        private final Merger merger = new Merger(merges);
        private byte[] bytes = new byte[PieceCache.LONGEST * 3];
        /** How many entries of the cache this text has replaced. */
        private int pushedOut;

        @Override
        public void encode(char[] text, int from, int to, IntList out) {
            if (to - from > PieceCache.LONGEST) {
                merge(text, from, to, out);
                return;
            }
            int hash = PieceCache.hash(text, from, to);
            int @Nullable [] known = cache.get(hash, text, from, to);
            if (known != null) {
                out.addAll(known);
                return;
            }
            int start = out.size();
            merge(text, from, to, out);
            if (!cache.isTaken(hash) || pushedOut++ < PieceCache.PUSHED_OUT) {
                cache.put(hash, text, from, to, out.copyFrom(start));
            }
        }

        private void merge(char[] text, int from, int to, IntList out) {
            int most = Math.multiplyExact(to - from, 3);
            if (bytes.length < most) {
                bytes = new byte[most];
            }
            int length = Utf8.encode(text, from, to, bytes, 0);
            if (wholeFirst) {
                int whole = vocabulary.find(bytes, 0, length);
                if (whole >= 0) {
                    out.add(whole);
                    return;
                }
            }
            merger.reset();
            for (int i = 0; i < length; i++) {
                int symbol = byteSymbols[bytes[i] & 0xFF];
                if (symbol >= 0) {
                    merger.add(symbol);
                }
            }
            merger.merge();
            for (int i = 0; i < merger.count(); i++) {
                int symbol = merger.symbol(i);
                if (symbol < vocabulary.size()) {
                    out.add(symbol);
                } else {
                    out.addAll(substitutes[symbol - vocabulary.size()]);
                }
            }
        }
    }
}
