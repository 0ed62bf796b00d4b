/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Many inputs in one start: a JSON array of inputs gives a JSON array of outputs, in order. */
final class Cases {

    /** What is done with one input. */
    @FunctionalInterface
    interface Work {

        /**
         * Does it.
         *
         * @param input JSON
         * @return JSON
         */
        @Nullable
        Object run(@Nullable Object input);
    }

    private Cases() {
    }

    /**
     * Runs all inputs of a file and prints a JSON array. An input that fails gives {@code {"error": ...}} and does not stop the
     * others.
     *
     * @param file holds a JSON array
     * @param work done with each
     * @return the exit code: failed if one of them failed
     * @throws IOException if the file cannot be read
     * @throws MillraceException if it does not hold a JSON array
     */
    static int run(Console console, Path file, Work work) throws IOException {
        if (!(TextFile.json(file) instanceof List<?> inputs)) {
            throw new MillraceException(file + " must hold a JSON array of inputs for --batch.");
        }
        return run(console, inputs, work);
    }

    /** Runs all inputs of a list. */
    static int run(Console console, List<?> inputs, Work work) {
        List<@Nullable Object> outputs = new ArrayList<>(inputs.size());
        int code = ExitCode.DONE;
        for (Object input : inputs) {
            try {
                outputs.add(work.run(input));
            } catch (MillraceException | IllegalArgumentException e) {
                outputs.add(object("error", e.getMessage()));
                code = ExitCode.FAILED;
            }
        }
        console.result(Json.write(outputs));
        return code;
    }

    /**
     * An input that is a text: a string, or an object with one under {@code text}.
     *
     * @throws MillraceException if it is something else
     */
    static String text(@Nullable Object input) {
        if (input instanceof Map<?, ?> map && map.get("text") instanceof String text) {
            return text;
        }
        if (input instanceof String text) {
            return text;
        }
        throw new MillraceException("Expected a string, or an object with one under \"text\".");
    }

    /** A JSON object. */
    static Map<String, @Nullable Object> object(@Nullable Object... namesAndValues) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            object.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return object;
    }
}
