/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
 * @param provider what an accelerator's execution provider is told, from its own names to values
 * @param isolated whether each model runs in a process of its own
 * @param patience how long one call to such a process may take
 */
record OnnxSettings(Optional<String> variant, OptLevel optimisation, boolean spinning, Optional<Path> optimised,
        Map<String, String> provider, boolean isolated, Duration patience) {

    /** What can be set. */
    static final Set<String> NAMES = Set.of("variant", "optimisation", "spinning", "optimised", "provider", "isolated",
            "patience");

    private static final String PREFIX = "millrace.onnx.";
    private static final String DEFAULT_PATIENCE = "900";

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
            throw wrong("optimisation", level, "none, basic, extended or all");
        }
        return new OnnxSettings(stated(text, "variant"), optimisation, truth(text, "spinning"),
                stated(text, "optimised").map(Path::of),
                stated(text, "provider").map(OnnxSettings::pairs).orElse(Map.of()),
                truth(text, "isolated"), patience(text.getOrDefault("patience", DEFAULT_PATIENCE)));
    }

    static OnnxSettings fromSystemProperties() {
        return of(NAMES.stream().filter(name -> System.getProperty(PREFIX + name) != null)
                .collect(Collectors.toMap(name -> name, name -> System.getProperty(PREFIX + name))));
    }

    /** The same, without isolation, as flags for another Java process. */
    List<String> flags() {
        List<String> flags = new ArrayList<>();
        variant.ifPresent(name -> flags.add(flag("variant", name)));
        LEVELS.forEach((name, level) -> {
            if (level == optimisation) {
                flags.add(flag("optimisation", name));
            }
        });
        flags.add(flag("spinning", String.valueOf(spinning)));
        optimised.ifPresent(folder -> flags.add(flag("optimised", folder.toAbsolutePath().toString())));
        if (!provider.isEmpty()) {
            flags.add(flag("provider", provider.entrySet().stream().map(one -> one.getKey() + "=" + one.getValue())
                    .collect(Collectors.joining(","))));
        }
        return flags;
    }

    private static String flag(String name, String value) {
        return "-D" + PREFIX + name + "=" + value;
    }

    private static Optional<String> stated(Map<String, String> text, String name) {
        return Optional.ofNullable(text.get(name)).filter(value -> !value.isBlank());
    }

    private static boolean truth(Map<String, String> text, String name) {
        String value = text.getOrDefault(name, "false").strip().toLowerCase(Locale.ROOT);
        if (!value.equals("true") && !value.equals("false")) {
            throw wrong(name, value, "true or false");
        }
        return value.equals("true");
    }

    private static Duration patience(String seconds) {
        String value = seconds.strip();
        if (!value.matches("[1-9][0-9]{0,6}")) {
            throw wrong("patience", value, "a number of seconds");
        }
        return Duration.ofSeconds(Long.parseLong(value));
    }

    private static Map<String, String> pairs(String text) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String pair : text.split(",", -1)) {
            int equals = pair.indexOf('=');
            if (equals < 1) {
                throw wrong("provider", text, "NAME=VALUE, with commas between several");
            }
            pairs.put(pair.substring(0, equals).strip(), pair.substring(equals + 1).strip());
        }
        return Map.copyOf(pairs);
    }

    private static IllegalArgumentException wrong(String name, String value, String right) {
        return new IllegalArgumentException(
                "The setting " + name + " of the ONNX backend is \"" + value + "\"; it must be " + right + ".");
    }
}
