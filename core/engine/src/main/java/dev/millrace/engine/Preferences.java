/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Device;
import java.util.ArrayList;
import java.util.List;

/**
 * Which devices somebody wants models to run on: names of backends or devices, best first. One with a minus sign is never taken. What is
 * not named comes after all that is.
 *
 * @param setting where it is set, for messages
 * @param wanted best first
 * @param excluded never taken
 */
record Preferences(String setting, List<String> wanted, List<String> excluded) {

    /** Nothing is preferred. */
    static final Preferences NONE = new Preferences("", List.of(), List.of());

    /** As it is written in a setting. */
    static Preferences parse(String text) {
        List<String> wanted = new ArrayList<>();
        List<String> excluded = new ArrayList<>();
        for (String word : text.split(",", -1)) {
            String name = word.strip();
            if (name.startsWith("-")) {
                excluded.add(name.substring(1));
            } else if (!name.isEmpty()) {
                wanted.add(name);
            }
        }
        return new Preferences("", List.copyOf(wanted), List.copyOf(excluded));
    }

    /** The same, with the name under which it is set. */
    Preferences from(String name) {
        return new Preferences(name, wanted, excluded);
    }

    boolean excludes(Device device) {
        return excluded.contains(device.id()) || excluded.contains(device.backend());
    }

    /** The smaller the more it is wanted. */
    int rank(Device device) {
        for (int i = 0; i < wanted.size(); i++) {
            if (wanted.get(i).equals(device.id()) || wanted.get(i).equals(device.backend())) {
                return i;
            }
        }
        return wanted.size();
    }
}
