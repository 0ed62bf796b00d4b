/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.hub;

import java.util.List;
import java.util.Optional;

/**
 * What the hub has of a model.
 *
 * @param commit the state that was listed
 * @param licence as the model's card names it, or empty
 * @param files all of them
 */
public record Listing(String commit, String licence, List<Entry> files) {

    /** Copies the list. */
    public Listing {
        files = List.copyOf(files);
    }

    /**
     * A file.
     *
     * @param name a path with {@code /} that stays inside its folder
     * @param size bytes
     * @param digest {@code sha256:HEX} or {@code git:HEX}, or empty
     */
    public record Entry(String name, long size, String digest) {

        /**
         * The name without folders.
         *
         * @return the last part
         */
        String last() {
            return name.substring(name.lastIndexOf('/') + 1);
        }
    }

    Optional<Entry> file(String name) {
        return files.stream().filter(entry -> entry.name().equals(name)).findFirst();
    }
}
