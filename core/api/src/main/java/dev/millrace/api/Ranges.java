/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** Checks the ranges of sampling. A class of its own, so that the defaults of one record do not wait for those of another. */
final class Ranges {

    private Ranges() {
    }

    static void check(boolean holds, String rule, double value) {
        if (!holds) {
            throw new IllegalArgumentException("Sampling: " + rule + ", not " + value + ".");
        }
    }

    /** Texts that can be looked for in an answer: half of a surrogate pair never is in one. */
    static void checkTexts(List<String> texts, String what) {
        for (String text : texts) {
            if (text.isEmpty() || !StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
                throw new IllegalArgumentException("Sampling: " + what
                        + " has at least one character, and none of them is half of a surrogate pair.");
            }
        }
    }

    /** The same for whole numbers, which are told as such. */
    static void check(boolean holds, String rule, long value) {
        if (!holds) {
            throw new IllegalArgumentException("Sampling: " + rule + ", not " + value + ".");
        }
    }
}
