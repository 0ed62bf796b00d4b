/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.marked;

import java.util.Arrays;

/**
 * Text that knows which of its characters are inert: they came from data (what users, tools and models said) and must never
 * be read as control tokens, whatever they spell. Everything else came from the template or from the runtime itself. It also
 * knows whether the template said that it is HTML; that matters inside a template alone.
 * Immutable; safe for use from any thread.
 */
public final class MarkedText {

    /** No characters. */
    public static final MarkedText EMPTY = new MarkedText("", new int[0], false);

    private final String text;
    /** Where inert ranges begin and end, in turn; ascending, none empty, none touching the next. */
    private final int[] ranges;
    /** Whether the template said that this is HTML, so that it needs no escaping. */
    private final boolean markup;

    private MarkedText(String text, int[] ranges, boolean markup) {
        this.text = text;
        this.ranges = ranges;
        this.markup = markup;
    }

    /**
     * Text whose control tokens are meant.
     *
     * @param text any text
     * @return the text, nothing inert
     */
    public static MarkedText trusted(String text) {
        return text.isEmpty() ? EMPTY : new MarkedText(text, EMPTY.ranges, false);
    }

    /**
     * Text that is data.
     *
     * @param text any text
     * @return the text, all of it inert
     */
    public static MarkedText inert(String text) {
        return text.isEmpty() ? EMPTY : new MarkedText(text, new int[]{0, text.length()}, false);
    }

    /**
     * The characters.
     *
     * @return the text without its marks
     */
    public String text() {
        return text;
    }

    /**
     * The inert parts.
     *
     * @return where each begins (inclusive) and ends (exclusive) in turn, in UTF-16 units, ascending; a copy
     */
    public int[] inertRanges() {
        return ranges.clone();
    }

    /**
     * Whether a part has an inert character.
     *
     * @param from where it begins
     * @param to where it ends, exclusive
     * @return true if it must not be read as a control token
     */
    public boolean inert(int from, int to) {
        int at = Arrays.binarySearch(ranges, from);
        int next = at >= 0 ? at + 1 : -at - 1;
        // an odd index means that from lies behind a begin, so inside a range
        return from < to && ((next & 1) == 1 || (next < ranges.length && ranges[next] < to));
    }

    /**
     * This text and another behind it.
     *
     * @param other what follows
     * @return both
     */
    public MarkedText plus(MarkedText other) {
        if (other.text.isEmpty()) {
            return this;
        }
        if (text.isEmpty()) {
            return other;
        }
        return new Builder(text.length() + other.text.length()).append(this).append(other).build();
    }

    /**
     * Whether this is HTML for Jinja2, which escapes what is put beside it.
     *
     * @return whether the template said so
     */
    public boolean isMarkup() {
        return markup;
    }

    /**
     * The same text as HTML.
     *
     * @return with the same inert ranges
     */
    public MarkedText markup() {
        return markup ? this : new MarkedText(text, ranges, true);
    }

    /**
     * The same text, not as HTML.
     *
     * @return with the same inert ranges
     */
    public MarkedText plain() {
        return markup ? new MarkedText(text, ranges, false) : this;
    }

    /**
     * This text as HTML if the other is, else as plain text.
     *
     * @param other any text
     * @return with the same inert ranges
     */
    public MarkedText like(MarkedText other) {
        return other.markup ? markup() : plain();
    }

    /**
     * The length.
     *
     * @return in UTF-16 units
     */
    public int length() {
        return text.length();
    }

    /**
     * Whether there are no characters.
     *
     * @return whether the length is 0
     */
    public boolean isEmpty() {
        return text.isEmpty();
    }

    /**
     * A part of this text with its marks.
     *
     * @param from where it begins, in UTF-16 units
     * @param to where it ends, exclusive
     * @return the part; empty if it does not end behind its beginning
     */
    public MarkedText slice(int from, int to) {
        if (from >= to) {
            return EMPTY.like(this);
        }
        if (from == 0 && to == text.length()) {
            return this;
        }
        Builder part = new Builder(to - from);
        part.append(this, from, to);
        return part.build().like(this);
    }

    /**
     * Other characters made from these. If the length is the same the ranges are; if not, and any character was inert, all are.
     *
     * @param to the other characters
     * @return the other text
     */
    public MarkedText changed(String to) {
        if (ranges.length == 0) {
            return trusted(to).like(this);
        }
        return to.length() == text.length() ? new MarkedText(to, ranges, markup) : inert(to).like(this);
    }

    /** Two texts are equal if their characters are, whatever is inert. */
    @Override
    public boolean equals(Object other) {
        return other instanceof MarkedText that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
        return text.hashCode();
    }

    @Override
    public String toString() {
        return text;
    }

    /** Puts texts together. For one thread. */
    public static final class Builder {

        private final StringBuilder characters;
        private int[] ranges = new int[8];
        private int used;

        /** Nothing yet. */
        public Builder() {
            this(64);
        }

        Builder(int capacity) {
            characters = new StringBuilder(capacity);
        }

        /**
         * The length.
         *
         * @return in UTF-16 units
         */
        public int length() {
            return characters.length();
        }

        /**
         * Appends text of the template.
         *
         * @param trusted nothing of it is inert
         * @return this
         */
        public Builder append(String trusted) {
            characters.append(trusted);
            return this;
        }

        Builder append(char trusted) {
            characters.append(trusted);
            return this;
        }

        /**
         * Appends text with its marks.
         *
         * @param part the text
         * @return this
         */
        public Builder append(MarkedText part) {
            return append(part, 0, part.text.length());
        }

        /**
         * Appends a part of a text with its marks.
         *
         * @param part the text
         * @param from where the part begins, in UTF-16 units
         * @param to where it ends, exclusive
         * @return this
         */
        public Builder append(MarkedText part, int from, int to) {
            int shift = characters.length() - from;
            int at = Arrays.binarySearch(part.ranges, from);
            int first = at >= 0 ? at : -at - 1;
            for (int i = first & ~1; i < part.ranges.length && part.ranges[i] < to; i += 2) {
                mark(Math.max(part.ranges[i], from) + shift, Math.min(part.ranges[i + 1], to) + shift);
            }
            characters.append(part.text, from, to);
            return this;
        }

        /**
         * Appends characters made from some text.
         *
         * @param made the characters; inert if any character of the text is
         * @param from the text
         * @return this
         */
        public Builder append(String made, MarkedText from) {
            if (from.ranges.length > 0) {
                mark(characters.length(), characters.length() + made.length());
            }
            characters.append(made);
            return this;
        }

        private void mark(int from, int to) {
            if (from >= to) {
                return;
            }
            if (used > 0 && ranges[used - 1] == from) {
                ranges[used - 1] = to;
                return;
            }
            if (used + 2 > ranges.length) {
                ranges = Arrays.copyOf(ranges, ranges.length * 2);
            }
            ranges[used++] = from;
            ranges[used++] = to;
        }

        /**
         * All that was appended.
         *
         * @return plain text, not HTML
         */
        public MarkedText build() {
            return characters.isEmpty()
                    ? EMPTY
                    : new MarkedText(characters.toString(), Arrays.copyOf(ranges, used), false);
        }
    }
}
