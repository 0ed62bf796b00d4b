/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Reference data that is not part of the project; tests that want it are skipped where it is absent. */
public final class Shared {

    private Shared() {
    }

    /** A file or folder of the reference data. */
    public static Path path(String relative) {
        String root = System.getProperty("millrace.shared", "");
        Path path = Path.of(root, relative);
        assumeTrue(!root.isEmpty() && Files.exists(path), () -> "no reference data: " + path);
        return path;
    }
}
