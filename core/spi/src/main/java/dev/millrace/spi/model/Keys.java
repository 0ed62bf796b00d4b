/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import dev.millrace.api.ModelFormatException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.annotation.versioning.ProviderType;

/**
 * What a model file says under its keys, asked for by type and range. Where several names are given, the first that is present
 * and not null counts. A value that must be there and is not, or is of a wrong type or out of range, is refused by a
 * {@link ModelFormatException} with the file, the key and what was expected. For one thread, during
 * {@link Architecture#read}.
 */
@ProviderType
public interface Keys {

    /** Where keys and tensors have their names from. */
    enum Form {
        /** GGUF: keys such as {@code block_count}, without the architecture's name before them. */
        GGUF,
        /** Hugging Face: config.json. */
        HUGGING_FACE
    }

    /**
     * Where keys and tensors have their names from.
     *
     * @return the form of the file
     */
    Form form();

    /**
     * The family's name in the file.
     *
     * @return one of {@link Architecture#names}
     */
    String architecture();

    /**
     * Whether a key has a value.
     *
     * @param key its name
     * @return false also for null
     */
    boolean has(String key);

    /**
     * The value, whatever it is.
     *
     * @param keys its names
     * @return {@code Long}, {@code Double}, {@code Boolean}, {@code String}, {@code List} or {@code Map}; null if there is
     *         none
     */
    @Nullable
    Object find(String... keys);

    /**
     * A whole number that must be there.
     *
     * @param min smallest allowed
     * @param max largest allowed
     * @param keys its names
     * @return the number
     */
    int integer(int min, int max, String... keys);

    /**
     * A whole number that may be missing.
     *
     * @param otherwise its value then
     * @param min smallest allowed
     * @param max largest allowed
     * @param keys its names
     * @return the number
     */
    int integerOr(int otherwise, int min, int max, String... keys);

    /**
     * One whole number per layer, given as a list, or once for all.
     *
     * @param layers how many
     * @param min smallest allowed
     * @param max largest allowed
     * @param keys their names
     * @return the numbers
     */
    int[] integers(int layers, int min, int max, String... keys);

    /**
     * A positive number that must be there.
     *
     * @param keys its names
     * @return a finite float, more than 0
     */
    float positive(String... keys);

    /**
     * A positive number that may be missing.
     *
     * @param otherwise its value then
     * @param keys its names
     * @return a finite float, more than 0
     */
    float positiveOr(float otherwise, String... keys);

    /**
     * A number that may be missing.
     *
     * @param otherwise its value then
     * @param min smallest allowed
     * @param max largest allowed
     * @param keys its names
     * @return the number
     */
    double numberOr(double otherwise, double min, double max, String... keys);

    /**
     * A list of positive numbers that must be there.
     *
     * @param count how many
     * @param keys its names
     * @return the numbers, finite
     */
    List<Float> numbers(int count, String... keys);

    /**
     * A truth value that may be missing.
     *
     * @param otherwise its value then
     * @param keys its names
     * @return the value
     */
    boolean flagOr(boolean otherwise, String... keys);

    /**
     * A text that may be missing.
     *
     * @param keys its names
     * @return the text, or empty
     */
    Optional<String> text(String... keys);

    /**
     * A list that may be missing.
     *
     * @param keys its names
     * @return the list, empty if there is none
     */
    List<?> list(String... keys);

    /**
     * A group of keys inside these.
     *
     * @param key its name
     * @return the group, empty if there is none
     */
    Keys group(String key);

    /**
     * The same keys, with values for those that the file leaves out.
     *
     * @param values key to value, of the types that {@link #find} gives
     * @return keys that find what the file says, or else these values
     */
    Keys otherwise(Map<String, ?> values);

    /**
     * Refuses a value that the family cannot compute.
     *
     * @param harmless the value that changes nothing; a missing key is fine, too
     * @param keys its names
     * @throws ModelFormatException if there is another value
     */
    void refuse(Object harmless, String... keys);

    /**
     * A wrong value.
     *
     * @param key its name
     * @param problem what is wrong: a clause without the names
     * @return to be thrown
     */
    ModelFormatException wrong(String key, String problem);
}
