/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api.setting;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * One thing that can be set. Later versions may add components.
 *
 * @param <T> what a value is
 * @param name within its group: words of small letters with points between them, such as {@code prefixes.disk}
 * @param range which values it may have
 * @param standard the value where nothing is set, as it would be written; empty if there is none, and then {@code meaning} says what
 *            happens
 * @param unit of a number, such as {@code bytes}; empty if there is none
 * @param effect from when on a new value counts
 * @param perModel whether a model may have a value of its own, under the setting's name, a point, and the model's name
 * @param meaning one sentence, or a few
 */
public record Setting<T>(String name, Range<T> range, String standard, String unit, Effect effect, boolean perModel,
        String meaning) {

    private static final Pattern NAME = Pattern.compile("[a-z][a-zA-Z0-9]*(\\.[a-z][a-zA-Z0-9]*)*");

    /**
     * Checks the name and the standard.
     *
     * @throws IllegalArgumentException if the name has another form, or the standard is not in the range
     */
    public Setting {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("\"" + name + "\" is no name of a setting.");
        }
        if (!standard.isEmpty() && range.parse(standard).isEmpty()) {
            throw new IllegalArgumentException(
                    "The standard of " + name + " is " + standard + "; it must be " + range.text() + ".");
        }
    }

    /**
     * A setting without standard and unit that counts for models that are opened afterwards.
     *
     * @param <T> what a value is
     * @param name within its group
     * @param range which values it may have
     * @param meaning one sentence, or a few
     * @return the setting
     */
    public static <T> Setting<T> of(String name, Range<T> range, String meaning) {
        return new Setting<>(name, range, "", "", Effect.NEXT_MODEL, false, meaning);
    }

    /**
     * With a value for where nothing is set.
     *
     * @param value as it would be written
     * @return the changed setting
     */
    public Setting<T> standard(String value) {
        return new Setting<>(name, range, value, unit, effect, perModel, meaning);
    }

    /**
     * With a unit.
     *
     * @param word such as {@code seconds}
     * @return the changed setting
     */
    public Setting<T> in(String word) {
        return new Setting<>(name, range, standard, word, effect, perModel, meaning);
    }

    /**
     * With another time from which on values count.
     *
     * @param when that time
     * @return the changed setting
     */
    public Setting<T> counts(Effect when) {
        return new Setting<>(name, range, standard, unit, when, perModel, meaning);
    }

    /**
     * So that a model may have a value of its own.
     *
     * @return the changed setting
     */
    public Setting<T> forEachModel() {
        return new Setting<>(name, range, standard, unit, effect, true, meaning);
    }

    /**
     * Whether a name means this setting, be it that of one model.
     *
     * @param written a name without the group's prefix
     * @return whether it is this one's
     */
    public boolean isMeantBy(String written) {
        return written.equals(name)
                || (perModel && written.startsWith(name + ".") && written.length() > name.length() + 1);
    }

    /**
     * Reads a value.
     *
     * @param text as it was written
     * @param from the full name under which it was found, for the message
     * @return the value
     * @throws IllegalArgumentException if it is not in the range: one sentence with name, value and range
     */
    public T parse(String text, String from) {
        Optional<T> value = range.parse(text.strip());
        return value.orElseThrow(() -> new IllegalArgumentException(
                "The setting " + from + " is \"" + text.strip() + "\"; it must be " + range.text()
                        + (unit.isEmpty() ? "." : " (" + unit + ").")));
    }
}
