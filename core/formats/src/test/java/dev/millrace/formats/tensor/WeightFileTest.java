/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** What an open file says when it cannot be read any more. */
class WeightFileTest {

    @TempDir
    Path folder;

    private Path path;

    @BeforeEach
    void write() throws IOException {
        path = Files.write(folder.resolve("weights"), new byte[100]);
    }

    private void says(Executable reading, String what) {
        String message = String.valueOf(assertThrows(IOException.class, reading).getMessage());
        assertTrue(message.contains(path + " " + what), message);
    }

    @Test
    void aClosedFileSaysSo() throws IOException {
        WeightFile file = new WeightFile(path);
        file.close();
        try (Arena arena = Arena.ofConfined()) {
            says(() -> file.map(0, 10, arena), "is closed");
        }
        says(() -> file.read(0, ByteBuffer.allocate(10)), "is closed");
    }

    @Test
    void anInterruptedThreadIsToldAndOthersReadOn() throws IOException {
        try (WeightFile file = new WeightFile(path); Arena arena = Arena.ofConfined()) {
            Thread.currentThread().interrupt();
            says(() -> file.map(0, 10, arena), "was interrupted");
            assertTrue(Thread.interrupted());
            assertEquals(10, file.map(0, 10, arena).byteSize());
            Thread.currentThread().interrupt();
            says(() -> file.read(0, ByteBuffer.allocate(10)), "was interrupted");
            assertTrue(Thread.interrupted());
            file.read(0, ByteBuffer.allocate(10));
        }
    }
}
