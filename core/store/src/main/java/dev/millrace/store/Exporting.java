/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.machine.Memory;
import dev.millrace.machine.PartFile;
import dev.millrace.store.trust.SignedFiles;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Copies a model out of the store.
 *
 * @param folder the store
 * @param manifest the model
 * @param target where to; made if it is not there
 */
record Exporting(StoreFolder folder, Manifest manifest, Path target) {

    private static final System.Logger LOG = System.getLogger(Exporting.class.getName());
    /** Bytes that are copied at a time. */
    private static final long COPIED = 16 << 20;

    /**
     * Writes files, manifest and signature, all or none of them. Nothing that is there is overwritten.
     *
     * @param key a private key in PEM that signs, or null
     */
    void write(@Nullable String key, Progress progress) throws IOException {
        Deque<Path> made = new ArrayDeque<>();
        boolean whole = false;
        try {
            write(key, progress, made);
            whole = true;
        } finally {
            if (!whole) {
                remove(made);
            }
        }
    }

    /** What a part of a model is good for is to be taken for the model. */
    private static void remove(Deque<Path> made) {
        for (Path each : made) {
            try {
                Files.deleteIfExists(each);
            } catch (IOException e) {
                // such as a folder that somebody else has put something into
                LOG.log(System.Logger.Level.DEBUG, "stays", e);
            }
        }
    }

    /** Makes a folder with those above it. */
    private static void folder(Path wanted, Deque<Path> made) throws IOException {
        Deque<Path> missing = new ArrayDeque<>();
        for (Path each = wanted.toAbsolutePath(); each != null && !Files.exists(each); each = each.getParent()) {
            missing.push(each);
        }
        Files.createDirectories(wanted);
        missing.forEach(made::push);
    }

    private void write(@Nullable String key, Progress progress, Deque<Path> made) throws IOException {
        folder(target, made);
        long free = Files.getFileStore(target).getUsableSpace();
        if (free < manifest.size()) {
            throw new MillraceException("The disk of " + target + " has " + Memory.gigabytes(free) + " free, and "
                    + manifest.name() + " needs " + Memory.gigabytes(manifest.size())
                    + ": make room, or give a folder on another disk.");
        }
        Meter meter = new Meter(progress, "writing " + manifest.name(), 2 * manifest.size());
        Map<String, String> digests = new TreeMap<>();
        for (Manifest.Entry file : manifest.files()) {
            if (file.name().equals(SignedFiles.FILE) && key != null) {
                continue; // signed anew
            }
            copy(file, target.resolve(file.name()), meter, made);
            if (!file.name().equals(SignedFiles.FILE)) {
                digests.put(file.name(), file.sha256());
            }
        }
        put(target.resolve(Manifest.FILE), manifest.toJson(), made);
        if (key != null) {
            put(target.resolve(SignedFiles.FILE), SignedFiles.sign(SignedFiles.Kind.MODEL, digests, key).toJson(),
                    made);
        }
    }

    private static void put(Path file, String text, Deque<Path> made) throws IOException {
        if (Files.exists(file)) {
            throw present(file);
        }
        StoreFolder.write(file, text);
        made.push(file);
    }

    private static MillraceException present(Path file) {
        return new MillraceException(file + " is there already; give another folder.");
    }

    /** A copy appears as a whole, and only if its content is what the manifest says. */
    private void copy(Manifest.Entry file, Path to, Meter meter, Deque<Path> made) throws IOException {
        if (Files.exists(to)) {
            throw present(to);
        }
        folder(Objects.requireNonNull(to.toAbsolutePath().getParent()), made);
        try (FileChannel from = FileChannel.open(folder.content(file), StandardOpenOption.READ);
                PartFile part = PartFile.of(to)) {
            fill(part, from, to, meter);
            if (!Digests.of(part.path(), meter).sha256().equals(file.sha256())) {
                throw new MillraceException(
                        file.name() + " is not what it was, so it is not exported: remove the model, and "
                                + "pull or import it again.");
            }
            if (Files.exists(to)) {
                throw present(to);
            }
            part.keep();
            made.push(to);
        }
    }

    private static void fill(PartFile part, FileChannel from, Path to, Meter meter) throws IOException {
        try {
            long at = 0;
            // in pieces, so that it can be cancelled
            for (long piece = 1; piece > 0; at += piece) {
                piece = from.transferTo(at, COPIED, part.channel());
                meter.accept(piece);
            }
        } catch (ClosedByInterruptException e) {
            throw e;
        } catch (IOException e) {
            // such as a file that is too large for the stick it goes to; what the channel says names none
            throw new MillraceException(to + " cannot be written: " + PartFile.reason(e)
                    + "; give a folder on another disk.", e);
        }
    }
}
