/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.ModelFormatException;
import dev.millrace.api.ModelInfo;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelIdentity;
import dev.millrace.spi.model.Program;
import java.io.IOException;

/**
 * What of a model runs now.
 *
 * @param place where
 * @param executor runs it
 * @param variant which way of storing it was loaded, empty for a blueprint
 * @param identity of the files that its numbers come from: {@link ModelIdentity}
 */
record LoadedProgram(Placement place, Executor executor, String variant, String identity) {

    /** What it is. */
    ModelInfo info(ModelFile file) {
        return ModelFacts.of(file.name(), place.program(), variant, place.options().context());
    }

    /**
     * The key of everything that is kept of sequences: no other files, no other variant, device, precision or type of keys and values
     * gives the same numbers.
     */
    String key() {
        return String.join("\n", identity, variant, place.device().id(), place.options().precision().name(),
                place.options().keyValues().name());
    }

    /**
     * The identity of the files that a program's numbers come from.
     *
     * @throws ModelFormatException if they cannot be read
     */
    static String identity(ModelFile file, Program program, String variant) {
        try {
            return ModelIdentity.of(file.sources(program, variant));
        } catch (IOException e) {
            throw new ModelFormatException(file.path(), "files", "cannot be read: " + e.getMessage(), e);
        }
    }
}
