/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What stands for characters that a vocabulary lacks: their bytes, or one token for the unknown.
 *
 * @param byteIds the id of each byte's token, -1 where it has none; empty if bytes are not used
 * @param unknown the id of the unknown token, or -1
 * @param fuse whether neighbouring unknown characters are one token
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Fallback(int[] byteIds, int unknown, boolean fuse) {

    /** Finds the tokens that are spelled {@code <0x00>} to {@code <0xFF>}. */
    static int[] byteIds(Vocabulary vocabulary) {
        int[] ids = new int[256];
        for (int b = 0; b < 256; b++) {
            ids[b] = vocabulary.find(spelling(b).getBytes(StandardCharsets.UTF_8));
        }
        return ids;
    }

    static String spelling(int b) {
        return String.format(Locale.ROOT, "<0x%02X>", b);
    }

    /** The byte that a token of this kind stands for, or -1. */
    static int byteOf(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || token.charAt(5) != '>') {
            return -1;
        }
        int high = Character.digit(token.charAt(3), 16);
        int low = Character.digit(token.charAt(4), 16);
        return high < 0 || low < 0 ? -1 : high * 16 + low;
    }

    /** Whether every byte of a range has a token. */
    boolean spells(byte[] bytes, int from, int to) {
        if (byteIds.length == 0) {
            return false;
        }
        for (int i = from; i < to; i++) {
            if (byteIds[bytes[i] & 0xFF] < 0) {
                return false;
            }
        }
        return true;
    }
}
