/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A model file is damaged, incomplete or of a kind that is not supported. */
public final class ModelFormatException extends MillraceException {

    private static final long serialVersionUID = 1;

    private final transient Path file;
    private final String part;

    /**
     * A bad file.
     *
     * @param file the file or folder
     * @param part the key or tensor that is wrong, or what part of the file
     * @param problem what is wrong with it and what was expected: a clause without the names
     */
    public ModelFormatException(Path file, String part, String problem) {
        this(file, part, problem, null);
    }

    /**
     * A bad file, with the cause.
     *
     * @param file the file or folder
     * @param part the key or tensor that is wrong, or what part of the file
     * @param problem what is wrong with it and what was expected: a clause without the names
     * @param cause what brought it about, or null
     */
    public ModelFormatException(Path file, String part, String problem, @Nullable Throwable cause) {
        super(file + ": " + part + ": " + problem, cause);
        this.file = file;
        this.part = part;
    }

    /**
     * The file.
     *
     * @return the file or folder
     */
    public Path file() {
        return file;
    }

    /**
     * What is wrong in it.
     *
     * @return a key, a tensor or a part of the file
     */
    public String part() {
        return part;
    }
}
