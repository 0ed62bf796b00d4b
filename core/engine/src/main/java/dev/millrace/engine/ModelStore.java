/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.ModelNotFoundException;
import dev.millrace.spi.model.PackagedModel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** Finds a model by path or name; a packaged one is unpacked into the user's cache folder. */
final class ModelStore {

    /** A model file with the tools that come with it. */
    record Found(Path path, List<String> suggestedTools) {
    }

    private final UnpackedModels unpacked;

    ModelStore(Path cache) {
        unpacked = new UnpackedModels(cache.resolve("models"));
    }

    Found find(String reference, Collection<PackagedModel> packaged) {
        for (PackagedModel model : packaged) {
            if (model.name().equals(reference)) {
                return new Found(unpacked.file(model), model.suggestedTools());
            }
        }
        try {
            Path path = Path.of(reference);
            // an empty path would be the current folder
            if (!reference.isBlank() && Files.exists(path)) {
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
}
