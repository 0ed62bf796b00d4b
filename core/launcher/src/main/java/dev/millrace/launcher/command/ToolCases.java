/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolCall;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code tools bench} asks, and which calls would be right. */
final class ToolCases {

    private ToolCases() {
    }

    /**
     * A call that is expected.
     *
     * @param tool its name
     * @param arguments those that have to be right; others may be there
     */
    record Step(String tool, Map<String, @Nullable Object> arguments) {

        boolean isTool(ToolCall call) {
            return call.name().equals(tool);
        }

        /** Whether the tool and the arguments are right. */
        boolean is(ToolCall call) {
            return isTool(call) && arguments.entrySet().stream()
                    .allMatch(each -> same(each.getValue(), call.arguments().get(each.getKey())));
        }

        /** Numbers by their value; text without regard to case, spaces and what stands for them. */
        private static boolean same(@Nullable Object expected, @Nullable Object found) {
            if (expected instanceof Number a && found instanceof Number b) {
                return Double.compare(a.doubleValue(), b.doubleValue()) == 0;
            }
            return (expected instanceof String a && found instanceof String b)
                    ? plain(a).equals(plain(b))
                    : expected != null && expected.equals(found);
        }

        private static String plain(String text) {
            return text.strip().toLowerCase(Locale.ROOT).replaceAll("[\\s_-]+", " ");
        }
    }

    /**
     * One question.
     *
     * @param turns what a user says, one after the other in one conversation; mostly one
     * @param steps the calls that it needs, in order; one for a single request
     * @param paraphrase whether it shares no word with the name and the description of its tool
     */
    record Asked(List<String> turns, List<Step> steps, boolean paraphrase) {

        /** All that is said, as one text. */
        String ask() {
            return String.join(" ", turns);
        }
    }

    /** The single requests of a file, or those of our own. */
    static List<Asked> requests(@Nullable Path file) throws IOException {
        List<Asked> all = new ArrayList<>();
        for (Map<?, ?> each : objects(file, "tool-requests.json")) {
            Step step = step(each);
            if (!(each.get("ask") instanceof String ask) || step == null) {
                throw new MillraceException("Requests are a list of objects such as {\"ask\": \"Turn on the lamp.\","
                        + " \"tool\": \"set_device\", \"arguments\": {\"state\": \"on\"}}; arguments may be left out.");
            }
            all.add(new Asked(List.of(ask), List.of(step), Boolean.TRUE.equals(each.get("paraphrase"))));
        }
        return all;
    }

    /** The chains of a file, or those of our own. */
    static List<Asked> chains(@Nullable Path file) throws IOException {
        List<Asked> all = new ArrayList<>();
        for (Map<?, ?> each : objects(file, "tool-chains.json")) {
            List<Step> steps = new ArrayList<>();
            for (Object one : each.get("steps") instanceof List<?> list ? list : List.of()) {
                Step step = one instanceof Map<?, ?> map ? step(map) : null;
                if (step != null) {
                    steps.add(step);
                }
            }
            List<String> turns = turns(each.get("ask"));
            if (turns.isEmpty() || !(each.get("steps") instanceof List<?> list)
                    || list.isEmpty() || steps.size() != list.size()) {
                throw new MillraceException(
                        "Chains are a list of objects such as {\"ask\": \"Lock the door, then turn on"
                                + " the lamp.\", \"steps\": [{\"tool\": \"lock_door\"}, {\"tool\": \"set_device\"}]};"
                                + " ask may be a list of texts that are said one after the other.");
            }
            all.add(new Asked(turns, List.copyOf(steps), false));
        }
        return all;
    }

    private static List<String> turns(@Nullable Object ask) {
        List<?> given = ask instanceof List<?> list ? list : ask == null ? List.of() : List.of(ask);
        return given.stream().allMatch(String.class::isInstance)
                ? given.stream().map(String::valueOf).toList()
                : List.of();
    }

    private static @Nullable Step step(Map<?, ?> map) {
        if (!(map.get("tool") instanceof String tool)
                || (map.get("arguments") != null && !(map.get("arguments") instanceof Map<?, ?>))) {
            return null;
        }
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        if (map.get("arguments") instanceof Map<?, ?> stated) {
            stated.forEach((name, value) -> arguments.put(String.valueOf(name), value));
        }
        return new Step(tool, arguments);
    }

    private static List<Map<?, ?>> objects(@Nullable Path file, String own) throws IOException {
        List<Map<?, ?>> all = new ArrayList<>();
        try {
            if (Json.parseFile(text(file, own)) instanceof List<?> list) {
                for (Object each : list) {
                    all.add(each instanceof Map<?, ?> map ? map : Map.of());
                }
            }
        } catch (JsonException e) {
            throw new MillraceException((file == null ? own : file) + " is no JSON: " + e.getMessage() + ".", e);
        }
        if (all.isEmpty()) {
            throw new MillraceException((file == null ? own : file) + " has to hold a list of objects, at least one.");
        }
        return all;
    }

    private static String text(@Nullable Path file, String own) throws IOException {
        if (file != null) {
            return TextFile.forPrograms(file);
        }
        try (InputStream in = ToolCases.class.getResourceAsStream(own)) {
            if (in == null) {
                throw new IllegalStateException(own + " is missing in the program.");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
