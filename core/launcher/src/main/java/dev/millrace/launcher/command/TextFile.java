/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.json.FileText;
import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import dev.millrace.json.NotTextException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Reads files that a person names on the command line. */
final class TextFile {

    private static final int MOST_BYTES = 128 << 20;

    private TextFile() {
    }

    /**
     * Reads a whole text, without the byte order mark that some editors put first.
     *
     * @throws IOException if it cannot be read
     * @throws MillraceException if it is too large or no text
     */
    static String read(Path file) throws IOException {
        return text(file, FileText::any);
    }

    /**
     * Reads a text that a program reads, such as a template or a grammar.
     *
     * @throws IOException if it cannot be read
     * @throws MillraceException if it is too large, no text, or known to be something else
     */
    static String forPrograms(Path file) throws IOException {
        return text(file, FileText::forPrograms);
    }

    private interface Reading {

        String of(byte[] bytes) throws NotTextException;
    }

    private static String text(Path file, Reading reading) throws IOException {
        if (Files.isDirectory(file)) {
            throw new MillraceException(file + " is a folder, not a file.");
        }
        try (InputStream in = Files.newInputStream(file)) {
            // a pipe or a device has no size
            byte[] bytes = in.readNBytes(MOST_BYTES + 1);
            if (bytes.length > MOST_BYTES) {
                throw new MillraceException(file + " is larger than " + (MOST_BYTES >> 20) + " MiB: split it.");
            }
            return reading.of(bytes);
        } catch (NotTextException e) {
            throw new MillraceException(file + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /**
     * Reads a JSON value.
     *
     * @throws IOException if the file cannot be read
     * @throws MillraceException if it is not JSON
     */
    static @Nullable Object json(Path file) throws IOException {
        try {
            // Python writes NaN
            return Json.parseFile(forPrograms(file));
        } catch (JsonException e) {
            throw new MillraceException(file + " is not JSON: " + e.getMessage() + ".", e);
        }
    }
}
