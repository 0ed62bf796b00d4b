/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * Byte pair encoding that starts from characters, as Hugging Face's files of Llama 2, Gemma and CLIP have it. What the vocabulary
 * lacks is spelled in bytes or replaced by the unknown token; without either it is dropped, as the reference implementation does.
 */
final class CharacterModel implements TokenModel {

    private final Vocabulary vocabulary;
    private final MergeTable merges;
    private final Fallback fallback;
    private final byte[] prefix;
    private final byte[] suffix;
    private final boolean wholeFirst;

    /**
     * A model.
     *
     * @param prefix what every character but the first of a pre-token is prefixed with
     * @param suffix what the last one is followed by
     * @param wholeFirst whether a whole pre-token that stands in the vocabulary is one token, even where merges cannot make it
     */
    CharacterModel(Vocabulary vocabulary, MergeTable merges, Fallback fallback, String prefix, String suffix,
            boolean wholeFirst) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.fallback = fallback;
        this.prefix = prefix.getBytes(StandardCharsets.UTF_8);
        this.suffix = suffix.getBytes(StandardCharsets.UTF_8);
        this.wholeFirst = wholeFirst;
    }

    @Override
    public Worker worker() {
        return new CharacterWorker();
    }

    private final class CharacterWorker implements Worker {

        private final Merger merger = new Merger(merges);
        private byte[] bytes = new byte[64];
        /** One character with what is put around it. */
        private final byte[] unit = new byte[prefix.length + 4 + suffix.length];

        @Override
        public void encode(char[] text, int from, int to, IntList out) {
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
            symbols(length);
            merger.merge();
            for (int i = 0; i < merger.count(); i++) {
                out.add(merger.symbol(i));
            }
        }

        private void symbols(int length) {
            boolean unknown = false;
            for (int at = 0; at < length;) {
                int end = at + Utf8.length(bytes[at]);
                int size = unit(at, end, length);
                int id = vocabulary.find(unit, 0, size);
                if (id >= 0) {
                    if (unknown) {
                        merger.add(fallback.unknown());
                        unknown = false;
                    }
                    merger.add(id);
                } else if (fallback.spells(unit, 0, size)) {
                    for (int i = 0; i < size; i++) {
                        merger.add(fallback.byteIds()[unit[i] & 0xFF]);
                    }
                } else if (fallback.unknown() >= 0) {
                    if (unknown && !fallback.fuse()) {
                        merger.add(fallback.unknown());
                    }
                    unknown = true;
                }
                at = end;
            }
            if (unknown) {
                merger.add(fallback.unknown());
            }
        }

        private int unit(int at, int end, int length) {
            int size = 0;
            if (at > 0) {
                System.arraycopy(prefix, 0, unit, 0, prefix.length);
                size = prefix.length;
            }
            System.arraycopy(bytes, at, unit, size, end - at);
            size += end - at;
            if (end == length) {
                System.arraycopy(suffix, 0, unit, size, suffix.length);
                size += suffix.length;
            }
            return size;
        }
    }
}
