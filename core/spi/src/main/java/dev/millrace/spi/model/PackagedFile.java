/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.io.IOException;
import java.io.InputStream;
import org.osgi.annotation.versioning.ConsumerType;

/** A file that travels inside a bundle or jar, and is unpacked before it is used. */
@ConsumerType
public interface PackagedFile {

    /**
     * File name for the unpacked copy.
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
}
