/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.Tokenizer;

/** Puts the bytes of tokens together. For one thread. */
final class TokenDecoder implements Tokenizer.Decoder {

    private final Spelling spelling;
    private final TextAssembler text = new TextAssembler(16);
    private int lead;

    TokenDecoder(Spelling spelling) {
        this.spelling = spelling;
        this.lead = spelling.lead();
    }

    @Override
    public String next(int id) {
        accept(id);
        return text.take();
    }

    @Override
    public String finish() {
        text.breakOff();
        return text.take();
    }

    void accept(int id) {
        if (id < 0 || id >= spelling.bytes().size()) {
            throw new IllegalArgumentException(
                    "There is no token with id " + id + "; ids run from 0 to " + (spelling.bytes().size() - 1) + ".");
        }
        Vocabulary tokens = spelling.bytes();
        byte[] bytes = tokens.data();
        int from = tokens.start(id);
        int to = tokens.end(id);
        if (from == to) {
            return;
        }
        for (; lead > 0 && from < to && bytes[from] == ' '; lead--) {
            from++;
        }
        lead = 0;
        text.accept(bytes, from, to);
    }
}
