/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What users may set, by the configuration {@code dev.millrace.backend.onnx} or as system properties
 * {@code millrace.onnx.variant} and so on.
 *
 * @param variant the variant to take if a model has it, or empty for what suits device and precision
 * @param optimisation how far ONNX Runtime may rewrite graphs
 * @param spinning whether waiting threads keep a processor busy: faster on an idle machine, wasteful on a busy one
 * @param optimised folder that keeps rewritten graphs for the next start, or empty
 */
record OnnxSettings(Optional<String> variant, OptLevel optimisation, boolean spinning, Optional<Path> optimised) {

    /** What can be set. */
    static final Set<String> NAMES = Set.of("variant", "optimisation", "spinning", "optimised");

    private static final String PREFIX = "millrace.onnx.";

    private static final Map<String, OptLevel> LEVELS = Map.of("none", OptLevel.NO_OPT, "basic", OptLevel.BASIC_OPT,
            "extended", OptLevel.EXTENDED_OPT, "all", OptLevel.ALL_OPT);

    /**
     * Reads settings.
     *
     * @param text from names to values; what is missing has its default
     * @throws IllegalArgumentException if a value is not known
     */
    static OnnxSettings of(Map<String, String> text) {
        String level = text.getOrDefault("optimisation", "all").toLowerCase(Locale.ROOT);
        OptLevel optimisation = LEVELS.get(level);
        if (optimisation == null) {
            throw new IllegalArgumentException("The setting optimisation of the ONNX backend is \"" + level
                    + "\"; it must be none, basic, extended or all.");
        }
        return new OnnxSettings(stated(text, "variant"), optimisation,
                Boolean.parseBoolean(text.getOrDefault("spinning", "false")), stated(text, "optimised").map(Path::of));
    }

    static OnnxSettings fromSystemProperties() {
        return of(NAMES.stream().filter(name -> System.getProperty(PREFIX + name) != null)
                .collect(Collectors.toMap(name -> name, name -> System.getProperty(PREFIX + name))));
    }

    private static Optional<String> stated(Map<String, String> text, String name) {
        return Optional.ofNullable(text.get(name)).filter(value -> !value.isBlank());
    }
}
