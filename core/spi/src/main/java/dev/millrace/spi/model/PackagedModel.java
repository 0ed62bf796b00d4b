/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A model that travels inside a bundle or jar. A service; the model store resolves it by name and keeps an unpacked copy,
 * keyed by content, in the user's cache folder, because a model must be a file to be mapped.
 */
@ConsumerType
public interface PackagedModel {

    /**
     * The name that users open it by.
     *
     * @return lower case letters, digits, {@code -} and {@code .}
     */
    String name();

    /**
     * File name for the unpacked copy; its extension says the format.
     *
     * @return a plain name, for example {@code nano-q8_0.gguf}
     */
    String fileName();

    /**
     * SHA-256 of the content, in lower case hexadecimal.
     *
     * @return 64 characters
     */
    String sha256();

    /**
     * Size of the content.
     *
     * @return bytes
     */
    long size();

    /**
     * The content.
     *
     * @return a new stream, closed by the caller
     * @throws IOException if it cannot be read
     */
    InputStream open() throws IOException;

    /**
     * Names of tool providers that the model was made for.
     *
     * @return names; providers that are not present are left out
     */
    default List<String> suggestedTools() {
        return List.of();
    }
}
