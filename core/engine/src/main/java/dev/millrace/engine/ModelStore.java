/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.spi.model.PackagedModel;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/** Finds a model by path or name. A packaged model is unpacked once into the user's cache folder, keyed by its content. */
final class ModelStore {

    /** A model file with the tools that come with it. */
    record Found(Path path, List<String> suggestedTools) {
    }

    private final Path cache;

    ModelStore(Path cache) {
        this.cache = cache;
    }

    Found find(String reference, Collection<PackagedModel> packaged) {
        for (PackagedModel model : packaged) {
            if (model.name().equals(reference)) {
                return new Found(unpacked(model), model.suggestedTools());
            }
        }
        try {
            Path path = Path.of(reference);
            if (Files.exists(path)) {
                return new Found(path, List.of());
            }
        } catch (InvalidPathException e) {
            throw missing(reference, packaged);
        }
        throw missing(reference, packaged);
    }

    private static ModelNotFoundException missing(String reference, Collection<PackagedModel> packaged) {
        String names = packaged.stream().map(PackagedModel::name).sorted().collect(Collectors.joining(", "));
        return new ModelNotFoundException(
                "There is no model \"" + reference + "\": give a .gguf file, a Hugging Face or ONNX folder"
                        + (names.isEmpty() ? "" : " or one of the packaged models (" + names + ")") + ".");
    }

    private Path unpacked(PackagedModel model) {
        Path folder = cache.resolve("models").resolve(model.sha256().substring(0, 16));
        Path file = folder.resolve(model.fileName());
        try {
            if (Files.isRegularFile(file) && Files.size(file) == model.size()) {
                return file;
            }
            Files.createDirectories(folder);
            Path part = Files.createTempFile(folder, model.fileName(), ".part");
            try {
                unpack(model, part);
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
            return file;
        } catch (IOException e) {
            throw new MillraceException("The packaged model " + model.name() + " cannot be unpacked to " + folder + " ("
                    + e + "): free some space there, or name another folder in the variable MILLRACE_CACHE.", e);
        }
    }

    private static void unpack(PackagedModel model, Path target) throws IOException {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
        try (InputStream in = model.open();
                OutputStream out = new DigestOutputStream(Files.newOutputStream(target), digest)) {
            in.transferTo(out);
        }
        String found = HexFormat.of().formatHex(digest.digest());
        if (!found.equals(model.sha256())) {
            throw new MillraceException("The packaged model " + model.name() + " is damaged: its SHA-256 is " + found
                    + ", not " + model.sha256() + ". Install its bundle again.");
        }
    }
}
