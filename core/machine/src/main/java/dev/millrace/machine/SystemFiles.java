/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Files in which Linux tells of itself. What is absent or cannot be read, as on other systems, is empty. */
final class SystemFiles {

    private static final System.Logger LOG = System.getLogger(SystemFiles.class.getName());

    private SystemFiles() {
    }

    /** All lines of a file. */
    static List<String> lines(Path file) {
        try {
            return Files.isRegularFile(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "as if it were not there", e);
            return List.of();
        }
    }

    /** The first line of a file. */
    static Optional<String> line(Path file) {
        return lines(file).stream().findFirst();
    }
}
