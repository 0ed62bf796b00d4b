/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai.talk;

import java.security.SecureRandom;

/** Makes ids that are unique over all requests. */
public final class Ids {

    private static final String LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static final int LENGTH = 24;

    private final SecureRandom random = new SecureRandom();

    /** A new id. */
    public String next(String prefix) {
        StringBuilder id = new StringBuilder(prefix);
        random.ints(LENGTH, 0, LETTERS.length()).forEach(i -> id.append(LETTERS.charAt(i)));
        return id.toString();
    }
}
