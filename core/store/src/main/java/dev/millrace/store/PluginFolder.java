/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.machine.PartFile;
import dev.millrace.store.plugin.Headers;
import dev.millrace.store.plugin.Resource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of plugins on disk, and what is remembered beside it. Running programs watch it: a jar that appears is started, one that
 * changes is updated, one that is gone leaves. They take any jar, whatever its name, so what is stopped or has not arrived whole lies
 * outside.
 *
 * @param home the folder with {@code plugins} in it, and {@code stopped}
 */
record PluginFolder(Path home) {

    /** A file of the folder; without a bundle if it is none. */
    record Entry(Path file, boolean isStopped, Optional<Resource> bundle, String problem) {

        String name() {
            return bundle.map(Resource::name).orElse(String.valueOf(file.getFileName()));
        }
    }

    /** What is remembered of an installed plugin. */
    record Origin(String source, String signer, String version) {
    }

    Path plugins() {
        return home.resolve("plugins");
    }

    private Path notes() {
        return home.resolve("plugins.json");
    }

    FolderLock changing() throws IOException, InterruptedException {
        Files.createDirectories(home);
        return FolderLock.of(home.resolve("plugins.lock"), false, () -> {
        });
    }

    private Path stopped() {
        return home.resolve("stopped");
    }

    List<Entry> entries() throws IOException {
        List<Entry> entries = new ArrayList<>();
        for (Path folder : List.of(plugins(), stopped())) {
            if (Files.isDirectory(folder)) {
                try (Stream<Path> files = Files.list(folder)) {
                    files.filter(one -> one.toString().endsWith(".jar")).sorted()
                            .forEach(one -> entries.add(entry(one)));
                }
            }
        }
        return entries;
    }

    private Entry entry(Path file) {
        boolean stopped = file.startsWith(stopped());
        try {
            Optional<Resource> bundle = Headers.of(file);
            return new Entry(file, stopped, bundle, bundle.isPresent()
                    ? ""
                    : "The file " + file.getFileName()
                            + " is a plain jar, whose manifest names no bundle: build it with bnd-maven-plugin.");
        } catch (MillraceException e) {
            return new Entry(file, stopped, Optional.empty(), String.valueOf(e.getMessage()));
        }
    }

    Optional<Entry> find(String name) throws IOException {
        return entries().stream().filter(entry -> entry.name().equals(name)).findFirst();
    }

    Entry required(String name) throws IOException {
        return find(name).orElseThrow(() -> new MillraceException("There is no plugin " + name + " in " + plugins()
                + ": \"millrace plugins list\" shows those there are."));
    }

    /** Takes the place of a bundle's file; what was stopped stays stopped. */
    void put(PartFile part, String name) throws IOException {
        Path target = find(name).map(Entry::file).orElse(plugins().resolve(name + ".jar"));
        Files.move(part.path(), target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    void stop(Entry entry) throws IOException {
        if (!entry.isStopped()) {
            move(entry, stopped());
        }
    }

    void start(Entry entry) throws IOException {
        if (entry.isStopped()) {
            move(entry, plugins());
        }
    }

    private static void move(Entry entry, Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.move(entry.file(), folder.resolve(entry.file().getFileName()), StandardCopyOption.ATOMIC_MOVE);
    }

    /** What is arriving, on the same disk; {@link #put} takes it from there. Whoever may read the folder may read it, such as a service. */
    PartFile part(String name) throws IOException {
        Files.createDirectories(home);
        return PartFile.of(home.resolve(name + ".jar"));
    }

    // ---- what is remembered

    private Map<String, @Nullable Object> read() throws IOException {
        if (!Files.exists(notes())) {
            return new LinkedHashMap<>();
        }
        try {
            Map<String, @Nullable Object> notes = new LinkedHashMap<>();
            if (Json.parse(Files.readString(notes())) instanceof Map<?, ?> map) {
                map.forEach((key, value) -> notes.put(String.valueOf(key), value));
                return notes;
            }
            throw damaged("it is no object", null);
        } catch (JsonException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    private MillraceException damaged(String why, @Nullable Exception cause) {
        return new MillraceException("The file " + notes() + " is damaged (" + why
                + "): remove it, and install plugins again to have their sources known.", cause);
    }

    private static Map<String, @Nullable Object> part(Map<String, @Nullable Object> notes, String name) {
        Map<String, @Nullable Object> part = new LinkedHashMap<>();
        if (notes.get(name) instanceof Map<?, ?> map) {
            map.forEach((key, value) -> part.put(String.valueOf(key), value));
        }
        return part;
    }

    Optional<Origin> origin(String name) throws IOException {
        return part(read(), "plugins").get(name) instanceof Map<?, ?> map
                ? Optional.of(new Origin(String.valueOf(map.get("source")), String.valueOf(map.get("signer")),
                        String.valueOf(map.get("version"))))
                : Optional.empty();
    }

    void remember(String name, @Nullable Origin origin) throws IOException {
        Map<String, @Nullable Object> notes = read();
        Map<String, @Nullable Object> plugins = part(notes, "plugins");
        if (origin == null) {
            plugins.remove(name);
        } else {
            plugins.put(name, Map.of("source", origin.source(), "signer", origin.signer(), "version",
                    origin.version()));
        }
        notes.put("plugins", plugins);
        StoreFolder.write(notes(), Json.write(notes) + "\n");
    }

    /** The newest increment of an index that was seen; 0 if none was. */
    long increment(String index) throws IOException {
        return part(read(), "indexes").get(index) instanceof Long increment ? increment : 0;
    }

    void remember(String index, long increment) throws IOException {
        Map<String, @Nullable Object> notes = read();
        Map<String, @Nullable Object> indexes = part(notes, "indexes");
        indexes.put(index, increment);
        notes.put("indexes", indexes);
        StoreFolder.write(notes(), Json.write(notes) + "\n");
    }
}
