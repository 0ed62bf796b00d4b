/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

/** Searches in bytes. */
final class Bytes {

    private Bytes() {
    }

    /** Where a piece stands first, or -1. */
    static int indexOf(byte[] all, byte[] piece) {
        for (int at = 0; at + piece.length <= all.length; at++) {
            if (startsWith(all, at, piece, 0)) {
                return at;
            }
        }
        return -1;
    }

    /** Whether the rest of a piece stands at a place. */
    static boolean startsWith(byte[] all, int at, byte[] piece, int from) {
        int length = piece.length - from;
        if (at + length > all.length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (all[at + i] != piece[from + i]) {
                return false;
            }
        }
        return true;
    }
}
