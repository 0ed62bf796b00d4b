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
import java.util.Map;
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

    /** Bytes that are copied at a time. */
    private static final long COPIED = 16 << 20;

    /**
     * Writes files, manifest and signature. Nothing that is there is overwritten.
     *
     * @param key a private key in PEM that signs, or null
     */
    void write(@Nullable String key, Progress progress) throws IOException {
        Files.createDirectories(target);
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
            copy(file, target.resolve(file.name()), meter);
            if (!file.name().equals(SignedFiles.FILE)) {
                digests.put(file.name(), file.sha256());
            }
        }
        put(target.resolve(Manifest.FILE), manifest.toJson());
        if (key != null) {
            put(target.resolve(SignedFiles.FILE), SignedFiles.sign(SignedFiles.Kind.MODEL, digests, key).toJson());
        }
    }

    private static void put(Path file, String text) throws IOException {
        if (Files.exists(file)) {
            throw present(file);
        }
        StoreFolder.write(file, text);
    }

    private static MillraceException present(Path file) {
        return new MillraceException(file + " is there already; give another folder.");
    }

    /** A copy appears as a whole, and only if its content is what the manifest says. */
    private void copy(Manifest.Entry file, Path to, Meter meter) throws IOException {
        if (Files.exists(to)) {
            throw present(to);
        }
        Files.createDirectories(to.toAbsolutePath().getParent());
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
