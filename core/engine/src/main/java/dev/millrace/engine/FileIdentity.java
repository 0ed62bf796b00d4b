/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Tells whether a model file or folder is still the same, without reading it: path, sizes and times. */
final class FileIdentity {

    private FileIdentity() {
    }

    static String of(Path path) {
        StringBuilder identity = new StringBuilder(path.toAbsolutePath().normalize().toString());
        try (Stream<Path> files = Files.walk(path, 2)) {
            List<Path> regular = files.filter(Files::isRegularFile).sorted().toList();
            for (Path file : regular) {
                identity.append('\n').append(file.getFileName()).append(' ').append(Files.size(file)).append(' ')
                        .append(Files.getLastModifiedTime(file).toMillis());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return identity.toString();
    }
}
