/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.json.Json;
import dev.millrace.machine.PartFile;
import dev.millrace.store.hub.Hub;
import dev.millrace.api.ModelStore.Unfinished;
import dev.millrace.store.fetch.Download;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The folder on disk. Whoever changes manifests, views or removes contents holds {@link #changing()}.
 *
 * @param root where it is; made when something is written
 */
record StoreFolder(Path root) {

    private static final System.Logger LOG = System.getLogger(StoreFolder.class.getName());
    private static final String MANIFEST = ".json";

    Path blob(String sha256) {
        return root.resolve("blobs").resolve("sha256-" + sha256);
    }

    Path partial(String key) {
        return root.resolve("partial").resolve(key + ".data");
    }

    Path journal(String key) {
        return root.resolve("partial").resolve(key + ".chunks");
    }

    /** Says where what is arriving comes from: source and name of the file, a line each. */
    Path origin(String key) {
        return root.resolve("partial").resolve(key + ".from");
    }

    /** Downloads that have begun and not ended. */
    List<Unfinished> unfinished() throws IOException {
        List<Unfinished> all = new ArrayList<>();
        for (String key : arriving()) {
            Path origin = origin(key);
            // whatever its bytes are, a damaged one only names nothing
            List<String> lines = Files.isRegularFile(origin)
                    ? new String(Files.readAllBytes(origin), StandardCharsets.UTF_8).lines().toList()
                    : List.of();
            Download.Arrived arrived = Download.arrived(journal(key)).orElse(new Download.Arrived(0, 0));
            all.add(new Unfinished(lines.isEmpty() ? "" : lines.getFirst(), lines.size() < 2 ? key : lines.get(1),
                    arrived.arrived(), arrived.size()));
        }
        all.sort(Comparator.comparing(Unfinished::source).thenComparing(Unfinished::name));
        return all;
    }

    /** Keys of all that is arriving. */
    private Set<String> arriving() throws IOException {
        Set<String> keys = new TreeSet<>();
        for (Path file : list("partial")) {
            keys.add(String.valueOf(file.getFileName()).replaceFirst("\\.[a-z]+$", ""));
        }
        return keys;
    }

    /**
     * Removes what is arriving, but for what a process is fetching now.
     *
     * @return bytes that became free
     */
    long forgetUnfinished() throws IOException {
        long free = 0;
        for (String key : arriving()) {
            Optional<FolderLock> alone = FolderLock.tried(lockOf(key), false);
            if (alone.isPresent()) {
                try (FolderLock _ = alone.get()) {
                    free += Download.arrived(journal(key)).map(Download.Arrived::arrived).orElse(0L);
                    Download.forget(partial(key), journal(key));
                    Files.deleteIfExists(origin(key));
                }
            }
        }
        return free;
    }

    Path lockOf(String key) {
        return root.resolve("locks").resolve(key);
    }

    FolderLock changing() throws IOException, InterruptedException {
        return FolderLock.of(lockOf("store"), false, () -> {
        });
    }

    /** Held, together with others, by those who fetch: contents that no manifest names yet stay. */
    FolderLock fetching() throws IOException, InterruptedException {
        return FolderLock.of(lockOf("fetching"), true, () -> {
        });
    }

    private Path manifest(String name) {
        return root.resolve("models").resolve(name + MANIFEST);
    }

    static boolean isName(String name) {
        return name.matches("[A-Za-z0-9][A-Za-z0-9._-]{0,119}") && Hub.isSafe(name);
    }

    Optional<Manifest> read(String name) {
        return isName(name) && Files.exists(manifest(name), LinkOption.NOFOLLOW_LINKS)
                ? Optional.of(read(manifest(name)))
                : Optional.empty();
    }

    private static Manifest read(Path file) {
        try {
            return Manifest.fromJson(file, Json.text(Files.readAllBytes(file)));
        } catch (AccessDeniedException e) {
            throw new MillraceException("The manifest " + file + " cannot be read: see its rights.", e);
        } catch (IOException e) {
            throw Manifest.damaged(file, e); // no text, or no file
        }
    }

    /** The manifests of all models, by name. */
    private List<Path> manifests() {
        Path folder = root.resolve("models");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(MANIFEST)
                    && isName(String.valueOf(file.getFileName()))).sorted().toList();
        } catch (IOException e) {
            throw new MillraceException("The store " + root + " cannot be listed: " + e.getMessage() + ".", e);
        }
    }

    /** All models, by name, but for those whose manifest is damaged: one of them takes no other along. */
    List<Manifest> all() {
        return all(problem -> {
        });
    }

    /** The same; what is damaged is told. */
    List<Manifest> all(Consumer<MillraceException> damaged) {
        List<Manifest> all = new ArrayList<>();
        for (Path file : manifests()) {
            try {
                all.add(read(file));
            } catch (MillraceException e) {
                damaged.accept(e);
            }
        }
        return all;
    }

    /** Writes a file as a whole or not at all, also if the power fails. */
    static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        try (PartFile part = PartFile.of(file)) {
            part.write(text.getBytes(StandardCharsets.UTF_8));
            part.keep();
        }
    }

    /** Writes a manifest and the folder with its links. */
    void commit(Manifest manifest) throws IOException {
        write(manifest(manifest.name()), manifest.toJson());
        clear(view(manifest));
        path(manifest);
    }

    private Path view(Manifest manifest) {
        return root.resolve("views").resolve(manifest.name());
    }

    Path content(Manifest.Entry file) {
        return file.link().orElseGet(() -> blob(file.sha256()));
    }

    /**
     * What is opened. The folder of links is made if it is missing; made beside its place and moved there, so two may do this at a
     * time.
     */
    Path path(Manifest manifest) throws IOException {
        Path view = view(manifest);
        if (!Files.isDirectory(view)) {
            Path fresh = root.resolve("views").resolve("." + manifest.name() + "." + UUID.randomUUID());
            for (Manifest.Entry file : manifest.files()) {
                Path link = fresh.resolve(file.name());
                Files.createDirectories(link.toAbsolutePath().getParent());
                link(link, content(file));
            }
            try {
                Files.move(fresh, view, StandardCopyOption.ATOMIC_MOVE);
            } catch (FileSystemException e) {
                clear(fresh);
                if (!Files.isDirectory(view)) {
                    throw e;
                }
            }
        }
        return manifest.main().isEmpty() ? view : view.resolve(manifest.main());
    }

    /** A link of either kind, or a copy where the system has none, as Windows without the right to make them. */
    private static void link(Path link, Path content) throws IOException {
        Path target = content.startsWith(link.getRoot()) ? content : content.toAbsolutePath();
        try {
            Files.createSymbolicLink(link, target);
        } catch (IOException | UnsupportedOperationException e) {
            try {
                Files.createLink(link, target);
            } catch (IOException | UnsupportedOperationException f) {
                Files.copy(target, link);
            }
        }
    }

    static void clear(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        }
    }

    /**
     * Removes the manifest of a name if it is damaged. Contents stay: nobody knows which of them were its own.
     *
     * @return whether it was
     */
    boolean removeDamaged(String name) throws IOException {
        if (!isName(name) || !Files.exists(manifest(name), LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try {
            read(manifest(name));
            return false;
        } catch (MillraceException e) {
            LOG.log(System.Logger.Level.DEBUG, "removed, since it is damaged", e);
            clear(manifest(name));
            clear(root.resolve("views").resolve(name));
            return true;
        }
    }

    /**
     * Removes a model and the contents that no other one needs.
     *
     * @return bytes that became free
     */
    long remove(Manifest manifest) throws IOException {
        Files.deleteIfExists(manifest(manifest.name()));
        clear(view(manifest));
        Optional<Set<String>> known = needed();
        if (known.isEmpty()) {
            return 0;
        }
        Set<String> needed = known.get();
        long free = 0;
        for (Manifest.Entry file : manifest.files()) {
            if (file.link().isEmpty() && needed.add(file.sha256())) {
                free += delete(blob(file.sha256()));
            }
        }
        return free + removeOrphans();
    }

    /** Contents that are in use; empty if it cannot be told, since a manifest is damaged. */
    private Optional<Set<String>> needed() {
        List<MillraceException> damaged = new ArrayList<>();
        Set<String> needed = new HashSet<>();
        all(damaged::add).forEach(manifest -> manifest.files().forEach(file -> needed.add(file.sha256())));
        return damaged.isEmpty() ? Optional.of(needed) : Optional.empty();
    }

    private static long delete(Path file) throws IOException {
        long size = Files.exists(file) ? Files.size(file) : 0;
        Files.deleteIfExists(file);
        return size;
    }

    /** Contents that no manifest names, and views that were being made, are left behind by processes that were killed. */
    long removeOrphans() throws IOException {
        Optional<FolderLock> alone = FolderLock.tried(lockOf("fetching"), false);
        if (alone.isEmpty()) {
            return 0; // somebody is fetching, and will name them
        }
        try (FolderLock _ = alone.get()) {
            Optional<Set<String>> known = needed();
            if (known.isEmpty()) {
                return 0;
            }
            Set<String> needed = known.get();
            long free = 0;
            for (Path blob : list("blobs")) {
                if (!needed.contains(String.valueOf(blob.getFileName()).replace("sha256-", ""))) {
                    free += delete(blob);
                }
            }
            for (Path view : list("views")) {
                if (String.valueOf(view.getFileName()).startsWith(".")) {
                    clear(view);
                }
            }
            return free;
        }
    }

    private List<Path> list(String folder) throws IOException {
        if (!Files.isDirectory(root.resolve(folder))) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(root.resolve(folder))) {
            return new ArrayList<>(files.toList());
        }
    }
}
