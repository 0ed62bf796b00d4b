/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads files that a person names on the command line. */
final class TextFile {

    private static final long MOST_BYTES = 256L << 20;

    private TextFile() {
    }

    /**
     * Reads a whole text.
     *
     * @throws IOException if it cannot be read
     * @throws MillraceException if it is too large or not UTF-8
     */
    static String read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new MillraceException(file + " is a folder, not a file.");
        }
        if (Files.size(file) > MOST_BYTES) {
            throw new MillraceException(file + " is larger than " + (MOST_BYTES >> 20) + " MiB: split it.");
        }
        try {
            return Files.readString(file);
        } catch (CharacterCodingException e) {
            throw new MillraceException(file + " is not UTF-8 text.", e);
        }
    }

    /** Text without the byte order mark that some editors put first. */
    static String withoutMark(String text) {
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /**
     * Reads a JSON value.
     *
     * @throws IOException if the file cannot be read
     * @throws MillraceException if it is not JSON
     */
    static @Nullable Object json(Path file) throws IOException {
        try {
            // Python writes NaN, and some editors put a byte order mark first
            return Json.parseFile(read(file));
        } catch (JsonException e) {
            throw new MillraceException(file + " is not JSON: " + e.getMessage() + ".", e);
        }
    }
}
