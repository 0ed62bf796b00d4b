/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api.setting;

import java.lang.reflect.Array;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What the settings of a group are set to. A model's own value goes before that for all, the configuration before a system property,
 * and both before the standard. System properties are read each time. Unchangeable; safe for use from any thread.
 */
public final class Settings {

    /** Keys that frameworks and tools put into configurations, or begin with a point. */
    private static final List<String> OF_FRAMEWORKS = List.of("service.", "component.", "felix.fileinstall.",
            "objectClass", "osgi.", ".", ":");

    private final SettingGroup group;
    private final Map<String, String> configuration;

    private Settings(SettingGroup group, Map<String, String> configuration) {
        this.group = group;
        this.configuration = configuration;
    }

    /**
     * A value and where it was found.
     *
     * <p>
     * Later versions may add components.
     *
     * @param <T> what a value is
     * @param name the full name under which it is set, for messages; that of all models if nothing is set
     * @param value the value; empty if nothing is set and there is no standard
     */
    public record Found<T>(String name, Optional<T> value) {
    }

    /**
     * As system properties say.
     *
     * @param group the settings
     * @return their values
     */
    public static Settings ofSystem(SettingGroup group) {
        return new Settings(group, Map.of());
    }

    /**
     * With another configuration. A value that is not in its range is refused: what was configured before goes on to count.
     *
     * @param values from names to values; arrays and lists are texts with commas between them; a blank value is none
     * @param complaints gets one sentence for each value that is refused and each name that is no setting's
     * @return the changed values
     */
    public Settings configured(Map<String, ?> values, Consumer<String> complaints) {
        Map<String, String> checked = new HashMap<>();
        values.forEach((name, value) -> {
            Optional<Setting<?>> meant = group.settings().stream().filter(one -> one.isMeantBy(name)).findFirst();
            if (meant.isEmpty()) {
                if (OF_FRAMEWORKS.stream().noneMatch(name::startsWith)) {
                    complaints.accept("The configuration " + group.pid() + " has the name " + name
                            + ", which is no setting; there are " + names() + ".");
                }
                return;
            }
            String text = text(value);
            if (text.isBlank()) {
                return;
            }
            try {
                meant.get().parse(text, configured(name));
                checked.put(name, text);
            } catch (IllegalArgumentException e) {
                String before = configuration.get(name);
                complaints.accept(e.getMessage() + (before == null ? " It is left out." : " It stays " + before + "."));
                if (before != null) {
                    checked.put(name, before);
                }
            }
        });
        return new Settings(group, Map.copyOf(checked));
    }

    private static String text(Object value) {
        if (value.getClass().isArray()) {
            return IntStream.range(0, Array.getLength(value)).mapToObj(i -> String.valueOf(Array.get(value, i)))
                    .collect(Collectors.joining(","));
        }
        return value instanceof Iterable<?> items ? join(items) : String.valueOf(value);
    }

    private static String join(Iterable<?> items) {
        StringBuilder text = new StringBuilder();
        items.forEach(item -> text.append(text.isEmpty() ? "" : ",").append(item));
        return text.toString();
    }

    private String names() {
        return group.settings().stream().map(Setting::name).collect(Collectors.joining(", "));
    }

    private String configured(String name) {
        return name + " of the configuration " + group.pid();
    }

    /**
     * A setting that has a standard.
     *
     * @param <T> what a value is
     * @param setting one of the group
     * @return its value
     * @throws IllegalArgumentException if a system property has a value that is not in the range: one sentence
     */
    public <T> T get(Setting<T> setting) {
        return find(setting, "").value().orElseThrow();
    }

    /**
     * A setting that has a standard, for a model.
     *
     * @param <T> what a value is
     * @param setting one of the group
     * @param model the model's name
     * @return its value
     * @throws IllegalArgumentException if a system property has a value that is not in the range: one sentence
     */
    public <T> T get(Setting<T> setting, String model) {
        return find(setting, model).value().orElseThrow();
    }

    /**
     * Any setting, and where its value comes from.
     *
     * @param <T> what a value is
     * @param setting one of the group
     * @param model the model's name, or empty
     * @return the value and the name under which it is set
     * @throws IllegalArgumentException if a system property has a value that is not in the range: one sentence
     */
    public <T> Found<T> find(Setting<T> setting, String model) {
        List<String> names = setting.perModel() && !model.isEmpty()
                ? List.of(setting.name() + "." + model, setting.name())
                : List.of(setting.name());
        for (String name : names) {
            String configured = configuration.get(name);
            if (configured != null) {
                return new Found<>(configured(name), Optional.of(setting.parse(configured, configured(name))));
            }
            String property = group.prefix() + name;
            String text = System.getProperty(property);
            if (text != null && !text.isBlank()) {
                return new Found<>(property, Optional.of(setting.parse(text, property)));
            }
        }
        String name = group.prefix() + setting.name();
        return new Found<>(name, setting.standard().isEmpty()
                ? Optional.empty()
                : Optional.of(setting.parse(setting.standard(), name)));
    }
}
