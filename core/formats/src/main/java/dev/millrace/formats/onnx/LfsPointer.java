/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The short text that stands in a file's place where Git was used without its extension for large files. */
final class LfsPointer {

    /** What to say of a file that is one. */
    static final String PROBLEM = "is a Git LFS pointer, not the file itself; fetch it with: git lfs pull";

    private static final byte[] BEGINNING = "version https://git-lfs".getBytes(StandardCharsets.US_ASCII);

    private LfsPointer() {
    }

    static boolean is(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(BEGINNING.length), BEGINNING);
        } catch (IOException e) {
            return false; // whoever reads the file itself tells what is wrong with it
        }
    }
}
