/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

/**
 * Puts bytes together to text. What is not UTF-8 becomes U+FFFD, one for each maximal subpart of an ill-formed sequence (Unicode
 * standard, section 3.9; the WHATWG encoding standard does the same). For one thread.
 */
final class TextAssembler {

    private final StringBuilder text;
    /** Bits of the character that is incomplete. */
    private int code;
    /** How many bytes are still missing. */
    private int missing;
    /** What the next byte may be: only the second byte of a sequence is narrower than 80 to BF. */
    private int lowest = 0x80;
    private int highest = 0xBF;

    TextAssembler(int capacity) {
        text = new StringBuilder(capacity);
    }

    void accept(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            int b = bytes[i] & 0xFF;
            if (missing > 0) {
                if (b >= lowest && b <= highest) {
                    lowest = 0x80;
                    highest = 0xBF;
                    code = (code << 6) | (b & 0x3F);
                    if (--missing == 0) {
                        text.appendCodePoint(code);
                    }
                    continue;
                }
                breakOff();
            }
            begin(b);
        }
    }

    private void begin(int b) {
        if (b < 0x80) {
            text.append((char) b);
        } else if (b >= 0xC2 && b <= 0xDF) {
            code = b & 0x1F;
            missing = 1;
        } else if (b >= 0xE0 && b <= 0xEF) {
            code = b & 0x0F;
            missing = 2;
            lowest = b == 0xE0 ? 0xA0 : 0x80;
            highest = b == 0xED ? 0x9F : 0xBF;
        } else if (b >= 0xF0 && b <= 0xF4) {
            code = b & 0x07;
            missing = 3;
            lowest = b == 0xF0 ? 0x90 : 0x80;
            highest = b == 0xF4 ? 0x8F : 0xBF;
        } else {
            text.append('\uFFFD');
        }
    }

    /** Gives up a character that is incomplete. */
    void breakOff() {
        if (missing > 0) {
            text.append('\uFFFD');
            missing = 0;
            lowest = 0x80;
            highest = 0xBF;
        }
    }

    /** The text since the last call. */
    String take() {
        if (text.isEmpty()) {
            return "";
        }
        String taken = text.toString();
        text.setLength(0);
        return taken;
    }
}
