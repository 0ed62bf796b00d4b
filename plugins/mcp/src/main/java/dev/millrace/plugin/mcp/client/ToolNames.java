/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Names by which models call the tools of several servers. Servers may write {@code files/read.text}; models and the programs around
 * them know letters, digits, underscore and hyphen, 64 of them at most.
 */
final class ToolNames {

    private static final int MOST = 64;
    private static final int DIGEST = 8;

    private ToolNames() {
    }

    /** A tool by its server and its name there. */
    record Key(String server, String tool) {
    }

    /**
     * Names for tools, each another one: the tool's own if nobody else has it, else with its server's before it.
     *
     * @param tools in any order; the names do not depend on it
     * @param taken names that others have
     */
    static Map<Key, String> of(Collection<Key> tools, Collection<String> taken) {
        List<Key> sorted = tools.stream().distinct()
                .sorted(java.util.Comparator.comparing(Key::server).thenComparing(Key::tool)).toList();
        Map<String, Integer> wanted = new HashMap<>();
        sorted.forEach(key -> wanted.merge(valid(key.tool), 1, Integer::sum));
        Set<String> used = new HashSet<>(taken);
        Map<Key, String> names = new LinkedHashMap<>();
        for (Key key : sorted) {
            String name = valid(key.tool);
            if (wanted.getOrDefault(name, 0) > 1 || taken.contains(name)) {
                name = valid(key.server + "_" + key.tool);
            }
            if (!used.add(name)) {
                name = shortened(name, key.server + "\u0000" + key.tool);
                used.add(name);
            }
            names.put(key, name);
        }
        return names;
    }

    /** A name of valid characters. What is too long is cut, and a digest keeps it apart from others that begin so. */
    static String valid(String name) {
        String clean = name.codePoints().mapToObj(c -> isValid(c) ? Character.toString(c) : "_")
                .collect(java.util.stream.Collectors.joining());
        if (clean.isEmpty()) {
            return "tool";
        }
        return clean.length() <= MOST ? clean : shortened(clean, name);
    }

    private static boolean isValid(int c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    }

    private static String shortened(String name, String of) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(of.getBytes(StandardCharsets.UTF_8));
            return name.substring(0, Math.min(name.length(), MOST - DIGEST - 1)) + "_"
                    + HexFormat.of().formatHex(digest).substring(0, DIGEST);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256.", e);
        }
    }
}
