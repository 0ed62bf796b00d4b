/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.prompt;

import dev.millrace.text.marked.MarkedText;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What a template leaves out only where several things come together, found out by rendering a longer conversation. A template
 * that refuses such a conversation says so itself when it comes to that.
 *
 * @param earlierTurns whether what was said before the last words of the user is left out
 * @param laterTurns whether what the user says after the first turn is left out
 * @param systemBesideTools whether a system message is left out where tools are offered
 * @param toolsBesideSystem whether tools are left out where there is a system message
 */
record Together(boolean earlierTurns, boolean laterTurns, boolean systemBesideTools, boolean toolsBesideSystem) {

    private static final String MARKER = "millrace_turn_";

    /**
     * Probes a template.
     *
     * @param render messages and tools to text; null where the template fails
     * @param silent names of the roles whose text it never writes
     * @param tool a tool in the form that the template takes, or null if it shows tools in another way
     * @param name of that tool
     */
    static Together of(BiFunction<List<Map<String, Object>>, @Nullable List<?>, @Nullable String> render,
            Set<String> silent, @Nullable Map<String, Object> tool, String name) {
        List<Map<String, Object>> turns = List.of(message("user", "a"), message("assistant", "b"),
                message("user", "c"));
        List<Map<String, Object>> begun = new ArrayList<>(turns);
        begun.addFirst(message("system", "s"));
        String plain = render.apply(turns, null);
        String offered = tool == null ? null : render.apply(turns, List.of(tool));
        String both = tool == null ? null : render.apply(begun, List.of(tool));
        String without = render.apply(begun, null);
        boolean systemAlone = without != null && shows(without, MARKER + "s");
        return new Together(
                lacks(plain, "a") || (lacks(plain, "b") && !silent.contains("assistant")) || lacks(offered, "a"),
                lacks(plain, "c") || lacks(offered, "c"), systemAlone && lacks(both, "s"),
                offered != null && shows(offered, name) && both != null && !shows(both, name));
    }

    private static boolean lacks(@Nullable String text, String turn) {
        return text != null && !shows(text, MARKER + turn);
    }

    private static boolean shows(String text, String marker) {
        return text.toLowerCase(Locale.ROOT).contains(marker);
    }

    private static Map<String, Object> message(String role, String turn) {
        return Map.of("role", MarkedText.trusted(role), "content", MARKER + turn);
    }
}
