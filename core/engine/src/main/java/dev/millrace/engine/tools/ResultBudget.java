/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.Tokenizer;

/**
 * Cuts what tools give back: a result that fills the context would end the conversation. All results of one turn together may take a
 * quarter of the context.
 */
public final class ResultBudget {

    private static final int SHARE = 4;
    /** More characters than this never stand in one token on average. */
    private static final int CHARACTERS = 16;
    /** A character of Java is at most so many bytes, and a token is at least one. */
    private static final int BYTES = 3;

    private final Tokenizer tokenizer;
    private final int tokens;

    /**
     * A budget.
     *
     * @param tokenizer of the model
     * @param contextLength tokens that the context holds
     */
    public ResultBudget(Tokenizer tokenizer, int contextLength) {
        this.tokenizer = tokenizer;
        this.tokens = contextLength / SHARE;
    }

    /**
     * What a model reads of a result.
     *
     * @param text the result as text
     * @param results how many there are in the turn, 1 or more
     * @return the text, or its beginning and a note that it was cut
     */
    public String cut(String text, int results) {
        int room = Math.max(1, tokens / results);
        if ((long) text.length() * BYTES <= room) {
            return text;
        }
        int keep = whole(text, (int) Math.min(text.length(), (long) room * CHARACTERS));
        int taken = tokenizer.encode(text.substring(0, keep)).length;
        while (taken > room && keep > 0) {
            // about as many tokens per character everywhere; a little less, so that it ends soon
            keep = whole(text, (int) ((double) keep * room / taken * 0.95));
            taken = tokenizer.encode(text.substring(0, keep)).length;
        }
        return noted(text, keep);
    }

    /**
     * The beginning of a text.
     *
     * @param text any
     * @param characters the most that are kept, 1 or more
     * @return the text, or its beginning and a note that it was cut
     */
    public static String beginning(String text, int characters) {
        return noted(text, whole(text, Math.min(text.length(), characters)));
    }

    private static String noted(String text, int keep) {
        return keep == text.length()
                ? text
                : text.substring(0, keep) + "\n[Cut here: these are the first " + keep + " of " + text.length()
                        + " characters. Ask for less.]";
    }

    /** A length that cuts no character into two surrogates. */
    private static int whole(String text, int length) {
        return length > 0 && length < text.length() && Character.isHighSurrogate(text.charAt(length - 1))
                ? length - 1
                : length;
    }
}
