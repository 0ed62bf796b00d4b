/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.nio.charset.StandardCharsets;

/**
 * Gives a model the bytes of a text in the byte alphabet, for vocabularies for which the byte-level model is too simple.
 *
 * @param model what reads the alphabet
 */
record SpelledBytes(TokenModel model) implements TokenModel {

    @Override
    public Worker worker() {
        Worker inner = model.worker();
        return (text, from, to, out) -> {
            byte[] bytes = new String(text, from, to - from).getBytes(StandardCharsets.UTF_8);
            char[] spelled = new char[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                spelled[i] = ByteAlphabet.charOf(bytes[i] & 0xFF);
            }
            inner.encode(spelled, 0, spelled.length, out);
        };
    }
}
