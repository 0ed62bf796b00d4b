/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** The settings of the policy: words by name. */
final class Settings {

    /** The configuration. */
    static final String PID = "dev.millrace.policy";
    /** What properties of the system begin with. */
    private static final String PREFIX = "millrace.policy.";
    private static final List<String> NAMES = List.of("rules", "file", "audit", "audit.bytes", "audit.files",
            "audit.mask");

    private Settings() {
    }

    /** What the system is set to. */
    static Map<String, String> ofSystem(Properties system) {
        Map<String, String> settings = new LinkedHashMap<>();
        for (String name : NAMES) {
            String value = system.getProperty(PREFIX + name);
            if (value != null && !value.isBlank()) {
                settings.put(name, value);
            }
        }
        return settings;
    }

    /**
     * A configuration over what the system is set to.
     *
     * @param configured as the framework gives it; a list of words stands for lines
     */
    static Map<String, String> of(Map<String, ?> configured, Properties system) {
        Map<String, String> settings = ofSystem(system);
        for (String name : NAMES) {
            String value = text(configured.get(name));
            if (!value.isBlank()) {
                settings.put(name, value);
            }
        }
        return settings;
    }

    private static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "";
            case Object[] lines -> {
                List<String> all = new ArrayList<>();
                for (Object line : lines) {
                    all.add(String.valueOf(line));
                }
                yield String.join("\n", all);
            }
            case Iterable<?> lines -> {
                List<String> all = new ArrayList<>();
                lines.forEach(line -> all.add(String.valueOf(line)));
                yield String.join("\n", all);
            }
            default -> value.toString();
        };
    }
}
