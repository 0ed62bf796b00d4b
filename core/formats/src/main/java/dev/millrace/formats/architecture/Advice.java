/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import dev.millrace.api.Sampling;
import dev.millrace.spi.model.KeyTable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Reads what a file recommends for answers: sampling, and tokens that end them. It is advice: what cannot be used is passed over
 * with a note, and never keeps a model from opening.
 */
public final class Advice {

    private static final double MAX_TEMPERATURE = 100;
    private static final double MAX_PENALTY = 1e6;
    /** The largest number of its type, or -1, is how some writers say that there is no token. */
    private static final double NONE = 0xffff_ffffL;

    private final KeyTable settings;
    private final List<String> notes = new ArrayList<>();

    /**
     * Reads from settings.
     *
     * @param settings where the advice stands
     */
    public Advice(KeyTable settings) {
        this.settings = settings;
    }

    /**
     * What the file recommends.
     *
     * @param prefix before the keys
     * @param temperature key of the temperature
     * @param penalty key of the repetition penalty
     * @param temperatureOtherwise the temperature where the file states none
     * @param topKOtherwise the number of tokens where the file states none
     * @return the sampling
     */
    public Sampling sampling(String prefix, String temperature, String penalty, double temperatureOtherwise,
            int topKOtherwise) {
        return new Sampling(number(prefix + temperature, temperatureOtherwise, 0, MAX_TEMPERATURE),
                (int) number(prefix + "top_k", topKOtherwise, 0, Integer.MAX_VALUE), number(prefix + "top_p", 1, 0, 1),
                number(prefix + "min_p", 0, 0, 1), number(prefix + penalty, 1, 1e-6, MAX_PENALTY),
                OptionalLong.empty());
    }

    /**
     * Tokens that end an answer. One that the vocabulary does not have never comes, so nothing is lost without it.
     *
     * @param key of an id or a list of ids
     * @param size of the vocabulary
     * @return those from 0 to size - 1, in the order of the file
     */
    public Set<Integer> endTokens(String key, int size) {
        Object value = settings.find(key);
        Set<Integer> ids = new LinkedHashSet<>();
        for (Object id : value instanceof List<?> list ? list : value == null ? List.of() : List.of(value)) {
            double number = id instanceof Number n ? n.doubleValue() : Double.NaN;
            if (number >= 0 && number < size && number == Math.rint(number)) {
                ids.add((int) number);
            } else if (id != null && number != -1 && number != NONE) {
                notes.add("The end token " + id + " of " + key + " is not in the vocabulary of " + size + " tokens.");
            }
        }
        return ids;
    }

    /**
     * What was passed over.
     *
     * @return sentences for people
     */
    public List<String> notes() {
        return List.copyOf(notes);
    }

    private double number(String key, double otherwise, double min, double max) {
        Object value = settings.find(key);
        if (value == null) {
            return otherwise;
        }
        double number = value instanceof Number n ? n.doubleValue() : Double.NaN;
        if (number >= min && number <= max) {
            return number;
        }
        double harmless = key.endsWith("top_k")
                ? 0
                : key.endsWith("temp") || key.endsWith("temperature") ? 0 : otherwise;
        // -1 is how other programs switch it off
        if (!(key.endsWith("top_k") && number == -1)) {
            notes.add("The recommended " + key + " is " + value + ", which cannot be used; " + harmless + " is taken.");
        }
        return harmless;
    }
}
