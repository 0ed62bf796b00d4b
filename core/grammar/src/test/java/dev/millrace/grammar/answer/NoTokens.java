/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.answer;

import dev.millrace.api.Tokenizer;
import java.nio.charset.StandardCharsets;
import java.util.OptionalInt;

/** A vocabulary in which every spelling is a token and none is a control token: marks are spelled as text. */
final class NoTokens implements Tokenizer {

    @Override
    public int size() {
        return 256;
    }

    @Override
    public int[] encode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int[] ids = new int[bytes.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = bytes[i] & 0xff;
        }
        return ids;
    }

    @Override
    public int[] encodeWithControl(String text) {
        return encode(text);
    }

    @Override
    public String decode(int... ids) {
        byte[] bytes = new byte[ids.length];
        for (int i = 0; i < ids.length; i++) {
            bytes[i] = (byte) ids[i];
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public Decoder decoder() {
        throw new UnsupportedOperationException();
    }

    @Override
    public OptionalInt id(String token) {
        return OptionalInt.of(0);
    }

    @Override
    public boolean isControl(int id) {
        return false;
    }
}
