/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api.setting;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Which values a setting may have. Later versions may add kinds.
 *
 * @param <T> what a value is
 */
public sealed interface Range<T> {

    /**
     * Reads a value.
     *
     * @param text as it was written, without blanks around it
     * @return the value; empty if it is none of this range
     */
    Optional<T> parse(String text);

    /**
     * What is right, in words.
     *
     * @return behind "it must be", such as {@code true or false}
     */
    String text();

    /**
     * Whole numbers. Later versions may add components.
     *
     * @param least the smallest
     * @param most the largest
     */
    record Whole(long least, long most) implements Range<Long> {

        /**
         * Checks the order.
         *
         * @throws IllegalArgumentException if the smallest is larger than the largest
         */
        public Whole {
            if (least > most) {
                throw new IllegalArgumentException("The range from " + least + " to " + most + " is empty.");
            }
        }

        @Override
        public Optional<Long> parse(String text) {
            try {
                long value = Long.parseLong(text);
                return value < least || value > most ? Optional.empty() : Optional.of(value);
            } catch (NumberFormatException e) {
                return Optional.empty();
            }
        }

        @Override
        public String text() {
            return most == Long.MAX_VALUE
                    ? "a whole number of at least " + least
                    : "a whole number from " + least + " to " + most;
        }
    }

    /** Yes or no. Later versions may add components. */
    record Truth() implements Range<Boolean> {

        @Override
        public Optional<Boolean> parse(String text) {
            return switch (text) {
                case "true" -> Optional.of(true);
                case "false" -> Optional.of(false);
                default -> Optional.empty();
            };
        }

        @Override
        public String text() {
            return "true or false";
        }
    }

    /**
     * One of some words. Later versions may add components.
     *
     * @param words in the order in which they are shown
     */
    record Words(List<String> words) implements Range<String> {

        /**
         * Copies the words.
         *
         * @throws IllegalArgumentException if there are none
         */
        public Words {
            words = List.copyOf(words);
            if (words.isEmpty()) {
                throw new IllegalArgumentException("There are no words.");
            }
        }

        @Override
        public Optional<String> parse(String text) {
            return words.contains(text) ? Optional.of(text) : Optional.empty();
        }

        @Override
        public String text() {
            return words.size() == 1
                    ? words.getFirst()
                    : String.join(", ", words.subList(0, words.size() - 1)) + " or " + words.getLast();
        }
    }

    /**
     * A text of some form. Later versions may add components.
     *
     * @param <T> what it says
     * @param text the form in words
     * @param reader makes the value; throws {@link IllegalArgumentException} if the text has another form
     */
    record Form<T>(String text, Function<String, T> reader) implements Range<T> {

        @Override
        public Optional<T> parse(String written) {
            try {
                return Optional.of(reader.apply(written));
            } catch (IllegalArgumentException e) {
                return Optional.empty();
            }
        }
    }

    /**
     * Whole numbers.
     *
     * @param least the smallest
     * @param most the largest
     * @return the range
     */
    static Range<Long> whole(long least, long most) {
        return new Whole(least, most);
    }

    /**
     * Yes or no.
     *
     * @return the range
     */
    static Range<Boolean> truth() {
        return new Truth();
    }

    /**
     * One of some words.
     *
     * @param words in the order in which they are shown
     * @return the range
     */
    static Range<String> words(String... words) {
        return new Words(Arrays.asList(words));
    }

    /**
     * A text of some form.
     *
     * @param <T> what it says
     * @param text the form in words, behind "it must be"
     * @param reader makes the value; throws {@link IllegalArgumentException} if the text has another form
     * @return the range
     */
    static <T> Range<T> form(String text, Function<String, T> reader) {
        return new Form<>(text, reader);
    }
}
