/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import dev.millrace.api.Progress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * Turns what a user calls a model into files on this machine: a path, the name of a packaged model, a place in a store. A
 * service; safe for use from any thread.
 */
@ConsumerType
public interface ModelSource {

    /**
     * A short name, for messages, for example {@code packaged}.
     *
     * @return the name
     */
    String id();

    /**
     * The order in which sources are asked; smaller ones first. The engine's own source of paths stands at 100.
     *
     * @return any number
     */
    int order();

    /**
     * Finds a model. Nothing is downloaded that the user did not ask for.
     *
     * @param reference what the user wrote: any text, also one that no path can have
     * @param progress told how far it is, if it takes time
     * @return where it lies, or empty if the reference means nothing here
     * @throws dev.millrace.api.MillraceException if the reference is known and the model cannot be had, with the reason
     */
    Optional<Resolved> resolve(String reference, Progress progress);

    /**
     * References that can be resolved now, for people to choose from.
     *
     * @return names; empty, as here, if they cannot be listed
     */
    default List<String> names() {
        return List.of();
    }

    /**
     * A model on this machine.
     *
     * @param path the file or folder that a {@link ModelFormat} opens
     * @param parts all files that belong to it, if it has several; empty if the path tells
     * @param suggestedTools names of tool providers that the model was made for
     */
    record Resolved(Path path, List<Path> parts, List<String> suggestedTools) {

        /** Copies the lists. */
        public Resolved {
            parts = List.copyOf(parts);
            suggestedTools = List.copyOf(suggestedTools);
        }

        /**
         * One file or folder.
         *
         * @param path the file or folder
         */
        public Resolved(Path path) {
            this(path, List.of(), List.of());
        }
    }
}
