/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The visible character that stands for each byte in byte-level vocabularies, as GPT-2 introduced it: printable Latin-1 bytes
 * stand for themselves, the other 68 follow in order from U+0100.
 */
final class ByteAlphabet {

    private static final char[] CHARS = new char[256];
    private static final short[] BYTES = new short[256 + 68];

    static {
        Arrays.fill(BYTES, (short) -1);
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean visible = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
            CHARS[b] = (char) (visible ? b : next++);
            BYTES[CHARS[b]] = (short) b;
        }
    }

    private ByteAlphabet() {
    }

    static char charOf(int unsignedByte) {
        return CHARS[unsignedByte];
    }

    /** The byte that a character stands for, or -1. */
    static int byteOf(char c) {
        return c < BYTES.length ? BYTES[c] : -1;
    }

    /** The bytes that a spelling stands for, or null if a character stands for none. */
    static byte @Nullable [] bytesOf(String spelling) {
        byte[] bytes = new byte[spelling.length()];
        for (int i = 0; i < bytes.length; i++) {
            int b = byteOf(spelling.charAt(i));
            if (b < 0) {
                return null;
            }
            bytes[i] = (byte) b;
        }
        return bytes;
    }
}
