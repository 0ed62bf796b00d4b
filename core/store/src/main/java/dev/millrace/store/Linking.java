/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore.Licence;
import dev.millrace.api.Progress;
import dev.millrace.json.Json;
import dev.millrace.store.hub.Selection;
import dev.millrace.store.trust.SignedFiles;
import dev.millrace.store.trust.TrustedKeys;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a file or folder elsewhere on this machine is, so that the store can link it. If it was exported from a store,
 * what that one knew of its origin and licence comes along.
 */
final class Linking {

    private static final System.Logger LOG = System.getLogger(Linking.class.getName());
    private static final int MOST_TEXT = 2 << 20;
    private static final int DEEPEST = 3;

    private final Path path;
    private final TrustedKeys trusted;
    private Optional<String> signer = Optional.empty();

    /**
     * A file or folder.
     *
     * @param path absolute
     * @param trusted whose signatures count
     */
    Linking(Path path, TrustedKeys trusted) {
        this.path = path;
        this.trusted = trusted;
    }

    /** Who signed it, after {@link #manifest}. */
    Optional<String> signer() {
        return signer;
    }

    /**
     * Reads all of it.
     *
     * @param asked its name in the store, or null
     * @param progress told how far it is
     * @return without what the model says of itself
     * @throws MillraceException if it is no model's file or folder, or its signature is for other bytes
     */
    Manifest manifest(@Nullable String asked, Progress progress) throws IOException {
        String last = String.valueOf(path.getFileName());
        List<Path> files = files();
        Path base = Objects.requireNonNull(Files.isDirectory(path) ? path : path.getParent());
        long total = 0;
        for (Path file : files) {
            total += Files.size(file);
        }
        Meter meter = new Meter(progress, "reading " + last, total);
        List<Manifest.Entry> entries = new ArrayList<>();
        String licence = "";
        for (Path file : files) {
            String name = base.relativize(file).toString().replace('\\', '/');
            long modified = Files.getLastModifiedTime(file).toMillis();
            entries.add(new Manifest.Entry(name, Files.size(file), Digests.of(file, meter).sha256(),
                    Optional.of(file), modified));
            if (Selection.isLicence(name) && Files.size(file) < MOST_TEXT) {
                // whatever its bytes are, it is only shown
                licence = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
            }
        }
        signer = signer(base.resolve(SignedFiles.FILE), entries);
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("imported", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        facts.put("path", path.toString());
        signer.ifPresent(name -> facts.put("signedBy", name));
        String main = Files.isDirectory(path) ? "" : last;
        Optional<Manifest> origin = origin(base.resolve(Manifest.FILE), entries);
        if (origin.isPresent()) {
            Manifest known = origin.get();
            return new Manifest(name(asked, known.name()), known.source(), known.revision(), main, entries,
                    known.licence(), facts);
        }
        facts.put(Store.SHOWN, true); // the user had it before
        return new Manifest(name(asked, Planning.plain(
                last.toLowerCase(Locale.ROOT).replaceFirst("(-00001-of-\\d{5})?\\.gguf$", ""))), path.toString(), "",
                main, entries, new Licence("", licence), facts);
    }

    private static String name(@Nullable String asked, String made) {
        String name = asked == null ? made : asked;
        if (!StoreFolder.isName(name)) {
            throw new MillraceException("\"" + name
                    + "\" cannot be a model's name: take letters, digits, points, dashes and underscores.");
        }
        return name;
    }

    private List<Path> files() throws IOException {
        if (Files.isDirectory(path)) {
            // people keep models behind links
            try (Stream<Path> all = Files.walk(path, DEEPEST, FileVisitOption.FOLLOW_LINKS)) {
                List<Path> files = all.filter(Files::isRegularFile)
                        .filter(file -> !path.relativize(file).toString().startsWith("."))
                        .filter(file -> !path.relativize(file).equals(Path.of(Manifest.FILE))).sorted().toList();
                if (files.isEmpty()) {
                    throw new MillraceException("The folder " + path + " is empty: give a model's file or folder.");
                }
                return files;
            }
        }
        if (!Files.isRegularFile(path)) {
            throw new MillraceException("There is no file or folder " + path + ".");
        }
        String last = String.valueOf(path.getFileName());
        if (!last.matches(".*-\\d{5}-of-\\d{5}\\.gguf")) {
            return List.of(path);
        }
        String stem = last.replaceFirst("-\\d{5}-of-\\d{5}\\.gguf$", "");
        try (Stream<Path> all = Files.list(Objects.requireNonNull(path.getParent()))) {
            return all.filter(file -> String.valueOf(file.getFileName()).startsWith(stem + "-")
                    && String.valueOf(file.getFileName()).matches(".*-\\d{5}-of-\\d{5}\\.gguf")).sorted().toList();
        }
    }

    /** Who signed the files. A signature beside a single file may be another model's. */
    private Optional<String> signer(Path file, List<Manifest.Entry> entries) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > MOST_TEXT) {
            return Optional.empty();
        }
        SignedFiles signed = SignedFiles.fromJson(SignedFiles.Kind.MODEL, Json.text(Files.readAllBytes(file)));
        if (!Files.isDirectory(path) && entries.stream().noneMatch(each -> signed.digests().containsKey(each.name()))) {
            return Optional.empty();
        }
        Optional<String> by = trusted.signer(signed);
        for (Manifest.Entry entry : entries) {
            String stated = signed.digests().get(entry.name());
            boolean other = stated == null ? by.isPresent() : !stated.equals(entry.sha256());
            if (other && !entry.name().equals(SignedFiles.FILE)) {
                throw new MillraceException("The signature " + file + " is not for " + entry.name()
                        + " as it is here, so " + path + " is not taken in. Ask those who published it.");
            }
        }
        return by;
    }

    /** What the store knew that exported these very files. */
    private static Optional<Manifest> origin(Path file, List<Manifest.Entry> entries) throws IOException {
        if (!Files.isRegularFile(file) || Files.size(file) > 2 * MOST_TEXT) {
            return Optional.empty();
        }
        try {
            Manifest known = Manifest.fromJson(file, Json.text(Files.readAllBytes(file)));
            boolean same = entries.stream().allMatch(entry -> entry.name().equals(SignedFiles.FILE)
                    || known.files().stream().anyMatch(other -> other.name().equals(entry.name())
                            && other.sha256().equals(entry.sha256())));
            return same ? Optional.of(known) : Optional.empty();
        } catch (MillraceException | CharacterCodingException e) {
            LOG.log(System.Logger.Level.DEBUG, "not by a store", e);
            return Optional.empty();
        }
    }
}
