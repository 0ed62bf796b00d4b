/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.nio.file.Path;
import org.osgi.annotation.versioning.ConsumerType;

/** Reads one kind of model file. A service; stateless and safe for use from any thread. */
@ConsumerType
public interface ModelFormat {

    /**
     * A short name, for example {@code gguf}.
     *
     * @return the name
     */
    String id();

    /**
     * Whether a path looks like this format, by a quick look (name, first bytes, files in a folder). Throws nothing: what cannot be
     * read is not recognised.
     *
     * @param path an existing file or folder
     * @return true to be asked to open it
     */
    boolean recognises(Path path);

    /**
     * Opens a model. Reads its description; weights stay in the file until they are mapped. Nothing in the file is trusted: lengths and
     * counts are checked before anything is allocated by them, and tensors lie inside the file.
     *
     * @param path the file or folder
     * @return the open file, closed by the caller
     * @throws dev.millrace.api.ModelFormatException if it is damaged, incomplete, not supported or cannot be read; nothing stays open
     */
    ModelFile open(Path path);
}
