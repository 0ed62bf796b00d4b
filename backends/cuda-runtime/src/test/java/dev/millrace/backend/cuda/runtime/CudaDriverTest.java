/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The committed library, and what is said where there is no driver. */
class CudaDriverTest {

    @TempDir
    Path cache;

    @Test
    void saysWhyThereIsNoDriverOrOpensIt() throws IOException {
        assumeTrue(Files.notExists(Path.of("/dev/nvidia0")), "there is a device");
        System.setProperty(CudaDriver.LIBRARY, "libcuda-of-nobody.so.1");
        IOException first = assertThrows(IOException.class, () -> CudaDriver.open(cache));
        assertTrue(String.valueOf(first.getMessage()).startsWith("There is no CUDA driver"), first.toString());
        assertTrue(String.valueOf(first.getMessage()).endsWith("."), first.toString());
        IOException second = assertThrows(IOException.class, () -> CudaDriver.open(cache));
        assertEquals(first.getMessage(), second.getMessage());
        try (var files = Files.list(cache.resolve("natives"))) {
            assertEquals(0, files.count(), "a file stays behind");
        }
    }

    /** Whoever changes the sources must build the libraries anew: build-natives.sh. */
    @Test
    void librariesAreThoseOfTheSources() throws IOException, NoSuchAlgorithmException {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update(Files.readAllBytes(Path.of("src/main/native/driver.h")));
        digest.update(Files.readAllBytes(Path.of("src/main/java/dev/millrace/backend/cuda/runtime/CudaCalls.java")));
        String expected = HexFormat.of().formatHex(digest.digest());
        for (String platform : new String[]{"linux-x64", "linux-aarch64"}) {
            String library = new String(
                    Files.readAllBytes(Path.of("src/main/resources/native", platform, "libmillrace_cuda.so")),
                    java.nio.charset.StandardCharsets.ISO_8859_1);
            assertTrue(library.contains(expected), platform + " was built from other sources: run build-natives.sh");
        }
    }
}
