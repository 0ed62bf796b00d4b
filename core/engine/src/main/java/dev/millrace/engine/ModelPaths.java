/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Progress;
import dev.millrace.spi.model.ModelSource;
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
            return Optional.of(Path.of(reference)).filter(Files::exists).map(Resolved::new);
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
