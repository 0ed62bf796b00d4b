/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.ModelFormatException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says under which common name an input or output of a graph is known: {@code past_key_values.N.key}, {@code present.N.key} and so
 * on, whatever its exporter calls it. genai_config.json may give names of its own, with {@code %d} for the layer.
 */
final class PortNames {

    private static final Pattern PAST = Pattern
            .compile("past(?:_key_values)?[._](\\d{1,4})[._](?:decoder[._])?(key|value)");
    private static final Pattern PAST_REVERSED = Pattern.compile("past_(key|value)[._](\\d{1,4})");
    private static final Pattern PAST_CONV = Pattern.compile("past[._]conv[._](\\d{1,4})");
    private static final Pattern PRESENT = Pattern
            .compile("present(?:_key_values)?[._](\\d{1,4})[._](?:decoder[._])?(key|value)");
    private static final Pattern PRESENT_REVERSED = Pattern.compile("present_(key|value)[._](\\d{1,4})");
    private static final Pattern PRESENT_CONV = Pattern.compile("present[._]conv[._](\\d{1,4})");

    /** Keys of genai_config.json for caches, and what they are. */
    private static final Map<String, String> CACHES = Map.of("past_key_names", "past_key_values.%d.key",
            "past_value_names", "past_key_values.%d.value", "present_key_names", "present.%d.key",
            "present_value_names", "present.%d.value");
    /** Keys of genai_config.json for what is filled, and what they are. */
    private static final Set<String> PLAIN = Set.of("input_ids", "attention_mask", "position_ids", "cache_position",
            "past_sequence_length", "total_sequence_length", "seqlens_k", "logits", "inputs_embeds");

    private final Map<String, String> stated = new HashMap<>();

    /**
     * Reads the names that a configuration gives.
     *
     * @param decoder the group {@code model.decoder} of genai_config.json, empty if there is none
     */
    PortNames(Map<?, ?> decoder) {
        for (String side : new String[]{"inputs", "outputs"}) {
            if (decoder.get(side) instanceof Map<?, ?> names) {
                names.forEach((key, name) -> {
                    if (name instanceof String text && (CACHES.containsKey(key) || PLAIN.contains(key))) {
                        stated.put(text, CACHES.getOrDefault(key, String.valueOf(key)));
                    }
                });
            }
        }
    }

    /** The common name of an input or output; its own if it has none. */
    String common(String name) {
        String exact = stated.get(name);
        if (exact != null) {
            return exact;
        }
        for (Map.Entry<String, String> entry : stated.entrySet()) {
            int at = entry.getKey().indexOf("%d");
            String end = at < 0 ? "" : entry.getKey().substring(at + 2);
            if (at >= 0 && name.startsWith(entry.getKey().substring(0, at)) && name.endsWith(end)
                    && name.length() > at + end.length()) {
                String layer = name.substring(at, name.length() - end.length());
                if (layer.matches("\\d{1,4}")) {
                    return entry.getValue().replace("%d", number(layer));
                }
            }
        }
        return byPattern(name);
    }

    private static String byPattern(String name) {
        Matcher m = PAST.matcher(name);
        if (m.matches()) {
            return "past_key_values." + number(m.group(1)) + "." + m.group(2);
        }
        m = PAST_REVERSED.matcher(name);
        if (m.matches()) {
            return "past_key_values." + number(m.group(2)) + "." + m.group(1);
        }
        m = PRESENT.matcher(name);
        if (m.matches()) {
            return "present." + number(m.group(1)) + "." + m.group(2);
        }
        m = PRESENT_REVERSED.matcher(name);
        if (m.matches()) {
            return "present." + number(m.group(2)) + "." + m.group(1);
        }
        m = PAST_CONV.matcher(name);
        if (m.matches()) {
            return "past_conv." + number(m.group(1));
        }
        m = PRESENT_CONV.matcher(name);
        if (m.matches()) {
            return "present_conv." + number(m.group(1));
        }
        return name.equals("logits_to_keep") ? "num_logits_to_keep" : name;
    }

    private static String number(String digits) {
        return Integer.toString(Integer.parseInt(digits));
    }

    /**
     * The names of a graph's inputs and outputs that differ from the common ones.
     *
     * @throws ModelFormatException if two of them are the same thing
     */
    Map<String, String> of(Path graph, GraphHeader header) {
        Map<String, String> names = new LinkedHashMap<>();
        Map<String, String> taken = new HashMap<>();
        for (Set<String> side : List.of(header.inputs().keySet(), header.outputs().keySet())) {
            for (String name : side) {
                String common = common(name);
                String other = taken.put(common, name);
                if (other != null) {
                    throw new ModelFormatException(graph, "inputs", "have both " + other + " and " + name
                            + ", which would both be " + common);
                }
                if (!common.equals(name)) {
                    names.put(name, common);
                }
            }
        }
        return names;
    }
}
