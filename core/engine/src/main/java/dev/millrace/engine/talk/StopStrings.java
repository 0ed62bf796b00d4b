/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import dev.millrace.json.Json;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Texts that end an answer.
 *
 * @param texts none is empty
 * @param inThinking whether they count in the model's thinking, too
 */
record StopStrings(List<String> texts, boolean inThinking) {

    static final StopStrings NONE = new StopStrings(List.of(), false);

    StopStrings {
        texts = List.copyOf(texts);
    }

    /**
     * Checks texts.
     *
     * @throws IllegalArgumentException if one is empty or has a lone surrogate
     */
    static StopStrings of(List<String> texts, boolean inThinking) {
        for (String text : texts) {
            if (text.isEmpty() || !text.equals(Json.wellFormed(text))) {
                throw new IllegalArgumentException(
                        "A stop string has at least one character, and none of them is half of a"
                                + " surrogate pair: \"" + Json.wellFormed(text) + "\".");
            }
        }
        return new StopStrings(texts, inThinking);
    }

    /** A search through one text. */
    Search search() {
        return new Search(texts);
    }

    /**
     * Looks for stop strings in a text that comes in pieces. Keeps back what may be the beginning of one. For one thread.
     */
    static final class Search {

        private final List<String> texts;
        private final StringBuilder kept = new StringBuilder();
        private @Nullable String found;

        private Search(List<String> texts) {
            this.texts = texts;
        }

        /**
         * Takes more of the text.
         *
         * @return what certainly stands before any stop string
         */
        String next(String piece) {
            if (texts.isEmpty()) {
                return piece;
            }
            if (found != null) {
                return "";
            }
            kept.append(piece);
            int first = first();
            if (first >= 0) {
                String before = kept.substring(0, first);
                kept.setLength(0);
                return before;
            }
            int safe = safe();
            String before = kept.substring(0, safe);
            kept.delete(0, safe);
            return before;
        }

        /** The text is over: gives what was kept back. */
        String rest() {
            String rest = kept.toString();
            kept.setLength(0);
            return rest;
        }

        boolean isFound() {
            return found != null;
        }

        /** The text that was found. */
        Optional<String> found() {
            return Optional.ofNullable(found);
        }

        /** Where the stop string begins that is complete first, the longest of those, or -1: however the text was cut. */
        private int first() {
            int first = -1;
            int end = Integer.MAX_VALUE;
            for (String text : texts) {
                int at = kept.indexOf(text);
                int here = at + text.length();
                if (at >= 0 && (here < end || (here == end && at < first))) {
                    first = at;
                    end = here;
                    found = text;
                }
            }
            return first;
        }

        /** How many characters cannot belong to a stop string that is still coming. */
        private int safe() {
            for (int from = 0; from < kept.length(); from++) {
                for (String text : texts) {
                    int length = kept.length() - from;
                    if (length < text.length() && text.startsWith(kept.substring(from))) {
                        return from;
                    }
                }
            }
            return kept.length();
        }
    }
}
