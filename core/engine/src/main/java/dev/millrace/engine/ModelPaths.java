/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.Progress;
import dev.millrace.spi.model.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Models that are named by their path. */
final class ModelPaths implements ModelSource {

    @Override
    public String id() {
        return "path";
    }

    @Override
    public int order() {
        return 100;
    }

    @Override
    public Optional<Resolved> resolve(String reference, Progress progress) {
        if (reference.isBlank()) {
            return Optional.empty(); // an empty path would be the current folder
        }
        try {
            Path path = Path.of(reference);
            if (Files.isSymbolicLink(path) && Files.notExists(path)) {
                throw new ModelNotFoundException(path + " is a link to " + Files.readSymbolicLink(path)
                        + ", which is not there: fetch the model again.");
            }
            return Optional.of(path).filter(Files::exists).map(Resolved::new);
        } catch (IOException e) {
            return Optional.empty(); // the link went away meanwhile
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
