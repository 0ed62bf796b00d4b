/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.message;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Topics with names for some of their levels: {@code home/{room}/temperature} stands for all topics that {@code home/+/temperature}
 * matches. The wildcards {@code +} and, at the end, {@code #} are levels without a name.
 */
public final class TopicPattern {

    /** The longest topic, in bytes of UTF-8, that MQTT allows is longer; nobody needs it. */
    private static final int LONGEST = 1_000;
    private static final Pattern NAME = Pattern.compile("\\{[A-Za-z][A-Za-z0-9_]{0,39}}");

    private final String text;
    private final List<String> levels;

    private TopicPattern(String text) {
        this.text = text;
        this.levels = List.of(text.split("/", -1));
    }

    /**
     * Reads a pattern.
     *
     * @throws IllegalArgumentException if it is none, with the reason as the end of a sentence
     */
    public static TopicPattern of(String text) {
        if (text.isEmpty() || text.length() > LONGEST) {
            throw new IllegalArgumentException("must have 1 to " + LONGEST + " characters");
        }
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("must not hold the character zero");
        }
        TopicPattern pattern = new TopicPattern(text);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < pattern.levels.size(); i++) {
            String level = pattern.levels.get(i);
            if (isName(level)) {
                if (!names.add(level)) {
                    throw new IllegalArgumentException("must not have the level " + level + " twice");
                }
            } else if (level.equals("#")) {
                if (i < pattern.levels.size() - 1) {
                    throw new IllegalArgumentException("may have # as its last level only");
                }
            } else if (!level.equals("+") && level.matches(".*[+#{}].*")) {
                throw new IllegalArgumentException("has the level " + level
                        + ": a wildcard or a name such as {room} takes a whole level");
            }
        }
        return pattern;
    }

    private static boolean isName(String level) {
        return NAME.matcher(level).matches();
    }

    private static String name(String level) {
        return level.substring(1, level.length() - 1);
    }

    /** What a broker is asked for. */
    public String filter() {
        return levels.stream().map(level -> isName(level) ? "+" : level).collect(Collectors.joining("/"));
    }

    /** Names of levels, in their order. */
    public List<String> names() {
        return levels.stream().filter(TopicPattern::isName).map(TopicPattern::name).toList();
    }

    /** Whether it stands for one topic only, once its names have values. */
    public boolean isExact() {
        return !levels.contains("+") && !levels.contains("#");
    }

    /** What its named levels are in a topic; empty if the topic is none of its own. */
    public Optional<Map<String, String>> match(String topic) {
        // wildcards at the beginning do not match what brokers say of themselves
        if (topic.startsWith("$") && !levels.getFirst().startsWith("$")) {
            return Optional.empty();
        }
        List<String> given = List.of(topic.split("/", -1));
        Map<String, String> values = new LinkedHashMap<>();
        for (int i = 0; i < levels.size(); i++) {
            String level = levels.get(i);
            // "a/#" stands for "a", too
            if (level.equals("#")) {
                return Optional.of(values);
            }
            if (i >= given.size()) {
                return Optional.empty();
            }
            if (isName(level)) {
                values.put(name(level), given.get(i));
            } else if (!level.equals("+") && !level.equals(given.get(i))) {
                return Optional.empty();
            }
        }
        return given.size() == levels.size() ? Optional.of(values) : Optional.empty();
    }

    /**
     * The topic with values in place of names.
     *
     * @param values a text for each name, which must be one level
     * @throws IllegalArgumentException if one is missing or is more than a level, with the reason as a sentence
     */
    public String fill(Map<String, String> values) {
        List<String> filled = new ArrayList<>();
        for (String level : levels) {
            if (!isName(level)) {
                filled.add(level);
                continue;
            }
            String value = values.getOrDefault(name(level), "");
            if (value.isEmpty() || value.length() > 200 || value.matches("(?s).*[/+#\\x00-\\x1f\\x7f].*")) {
                throw new IllegalArgumentException(name(level) + " must be one word of a topic, without / + #.");
            }
            filled.add(value);
        }
        return String.join("/", filled);
    }

    @Override
    public String toString() {
        return text;
    }
}
