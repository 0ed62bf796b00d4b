/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.architecture;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The chat templates of a file, which may have several under names.
 *
 * @param standard the one for every conversation
 * @param named the others by name
 * @param notes what a person should know of the choice
 */
public record ChatTemplates(Optional<String> standard, Map<String, String> named, List<String> notes) {

    /** The name of the template for every conversation. */
    public static final String DEFAULT = "default";

    /**
     * Chooses the template for every conversation: the one called {@code default}, else the first.
     *
     * @param all name to template, in the file's order
     * @return the choice
     */
    public static ChatTemplates of(Map<String, String> all) {
        Map<String, String> others = new LinkedHashMap<>(all);
        if (all.isEmpty()) {
            return new ChatTemplates(Optional.empty(), others, List.of());
        }
        String name = all.containsKey(DEFAULT) ? DEFAULT : all.keySet().iterator().next();
        List<String> notes = new ArrayList<>();
        if (!name.equals(DEFAULT) && all.size() > 1) {
            notes.add("No chat template is named default; " + name + " is taken for conversations without tools.");
        }
        return new ChatTemplates(Optional.ofNullable(others.remove(name)), others, notes);
    }
}
