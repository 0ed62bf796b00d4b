/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.ToolSelection;
import java.util.HashSet;
import java.util.Set;

/** Reads how many of its tools a model is told of from settings. */
final class ToolSettings {

    private ToolSettings() {
    }

    /**
     * Reads a setting.
     *
     * @param text {@code all}, or words such as {@code threshold=20,most=10,tokens=2000,always=read_sensor}
     */
    static ToolSelection parse(String text) {
        if (text.strip().equals("all")) {
            return ToolSelection.OFF;
        }
        ToolSelection selection = ToolSelection.DEFAULT;
        Set<String> always = new HashSet<>();
        for (String word : text.split(",", -1)) {
            if (word.isBlank()) {
                continue;
            }
            int equals = word.indexOf('=');
            String key = word.substring(0, Math.max(0, equals)).strip();
            String value = word.substring(equals + 1).strip();
            try {
                switch (key) {
                    case "threshold" -> selection = selection.withThreshold(Integer.parseInt(value));
                    case "most" -> selection = selection.withMost(Integer.parseInt(value));
                    case "tokens" -> selection = selection.withTokens(Integer.parseInt(value));
                    case "always" -> always.add(value);
                    default -> throw wrong(word);
                }
            } catch (NumberFormatException e) {
                throw wrong(word);
            }
        }
        return selection.withAlways(always);
    }

    private static IllegalArgumentException wrong(String word) {
        return new IllegalArgumentException("\"" + word.strip() + "\" is no word of the setting.");
    }
}
