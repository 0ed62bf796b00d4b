/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Licence;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What the store knows of a model; docs/models.md says what each key means.
 *
 * @param name in the store
 * @param source where it came from
 * @param revision which state of it, or empty
 * @param main the file that is opened, or empty if it is the folder
 * @param files what it consists of
 * @param licence on which terms it may be used
 * @param facts further keys, in the order in which they are written
 */
record Manifest(String name, String source, String revision, String main, List<Entry> files, Licence licence,
        Map<String, @Nullable Object> facts) {

    /** The file beside an exported model that holds this. */
    static final String FILE = "millrace-manifest.json";

    private static final long FORMAT = 1;

    /**
     * A file.
     *
     * @param name a path with {@code /} in the model's folder
     * @param size bytes
     * @param sha256 of its content
     * @param link where it lies, if that is outside the store
     * @param modified when it was changed last, in milliseconds, if it lies outside the store
     */
    record Entry(String name, long size, String sha256, Optional<Path> link, long modified) {
    }

    Manifest {
        files = List.copyOf(files);
    }

    long size() {
        return files.stream().mapToLong(Entry::size).sum();
    }

    boolean linked() {
        return files.stream().allMatch(file -> file.link().isPresent());
    }

    /** The same with other facts. */
    Manifest with(Map<String, @Nullable Object> other) {
        return new Manifest(name, source, revision, main, files, licence, other);
    }

    String toJson() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("format", FORMAT);
        json.put("name", name);
        json.put("source", source);
        json.put("revision", revision);
        json.put("main", main);
        List<Object> entries = new ArrayList<>();
        for (Entry file : files) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", file.name);
            entry.put("size", file.size);
            entry.put("sha256", file.sha256);
            file.link.ifPresent(link -> {
                entry.put("link", link.toString());
                entry.put("modified", file.modified);
            });
            entries.add(entry);
        }
        json.put("files", entries);
        json.put("licence", Map.of("id", licence.id(), "text", licence.text()));
        json.putAll(facts);
        return Json.write(json) + "\n";
    }

    /**
     * Reads a manifest.
     *
     * @param where for messages
     * @throws MillraceException if it is damaged
     */
    static Manifest fromJson(Path where, String text) {
        try {
            if (Json.parse(text) instanceof Map<?, ?> json && Long.valueOf(FORMAT).equals(json.get("format"))
                    && json.get("files") instanceof List<?> list) {
                List<Entry> files = new ArrayList<>();
                for (Object each : list) {
                    files.add(entry(where, each));
                }
                Licence licence = json.get("licence") instanceof Map<?, ?> map
                        ? new Licence(text(where, map, "id"), text(where, map, "text"))
                        : Licence.UNKNOWN;
                Map<String, @Nullable Object> facts = new LinkedHashMap<>();
                json.forEach((key, value) -> facts.put(String.valueOf(key), value));
                List.of("format", "name", "source", "revision", "main", "files", "licence").forEach(facts::remove);
                String main = text(where, json, "main");
                if (StoreFolder.isName(text(where, json, "name")) && (main.isEmpty() || isInside(main))) {
                    return new Manifest(text(where, json, "name"), text(where, json, "source"),
                            text(where, json, "revision"), main, files, licence, facts);
                }
            }
        } catch (JsonException | InvalidPathException e) {
            throw damaged(where, e);
        }
        throw damaged(where, null);
    }

    private static Entry entry(Path where, @Nullable Object value) {
        if (value instanceof Map<?, ?> map && map.get("size") instanceof Long size
                && text(where, map, "sha256").matches("[0-9a-f]{64}")) {
            Optional<Path> link = map.get("link") instanceof String path
                    ? Optional.of(Path.of(path))
                    : Optional.empty();
            String name = text(where, map, "name");
            if (size >= 0 && isInside(name)) {
                return new Entry(name, size, text(where, map, "sha256"), link,
                        map.get("modified") instanceof Long time ? time : 0);
            }
        }
        throw damaged(where, null);
    }

    /** Whether a name stays in the folder of its model, whatever somebody has written into the manifest. */
    private static boolean isInside(String name) {
        Path path = Path.of(name);
        return !name.isEmpty() && !path.isAbsolute() && path.getRoot() == null && path.normalize().equals(path)
                && !path.startsWith("..");
    }

    private static String text(Path where, Map<?, ?> map, String key) {
        if (map.get(key) instanceof String text) {
            return text;
        }
        throw damaged(where, null);
    }

    static MillraceException damaged(Path where, @Nullable Exception cause) {
        return new MillraceException(
                "The manifest " + where + " is damaged: \"millrace rm "
                        + String.valueOf(where.getFileName()).replaceFirst("\\.json$", "")
                        + "\" removes it; then pull or import the model again, whose contents are not fetched twice.",
                cause);
    }
}
