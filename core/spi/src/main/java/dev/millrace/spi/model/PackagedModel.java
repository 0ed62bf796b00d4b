/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.util.List;
import org.osgi.annotation.versioning.ConsumerType;

/**
 * A model that travels inside a bundle or jar. A service; the model store resolves it by name and keeps an unpacked copy,
 * keyed by content, in the user's cache folder, because a model must be a file to be mapped. The extension of its
 * {@link #fileName} says the format.
 */
@ConsumerType
public interface PackagedModel extends PackagedFile {

    /**
     * The name that users open it by.
     *
     * @return lower case letters, digits, {@code -} and {@code .}
     */
    String name();

    /**
     * Files that have to lie beside the model, such as the tokenizer of an ONNX export.
     *
     * @return files whose names differ, and from the model's own; none, as here, if one file is the whole model
     */
    default List<PackagedFile> companions() {
        return List.of();
    }

    /**
     * Whether it turns texts into vectors and generates none. Such a model is not listed among those that can be talked to.
     *
     * @return always the same; false, as here, if it generates text
     */
    default boolean givesEmbeddings() {
        return false;
    }

    /**
     * Names of tool providers that the model was made for.
     *
     * @return names; providers that are not present are left out
     */
    default List<String> suggestedTools() {
        return List.of();
    }
}
