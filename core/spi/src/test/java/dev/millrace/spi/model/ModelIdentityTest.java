/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelIdentityTest {

    private static final FileTime TIME = FileTime.fromMillis(1_000_000);

    @TempDir
    Path folder;

    private Path write(String name, byte[] content) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        Files.write(file, content);
        Files.setLastModifiedTime(file, TIME);
        return file;
    }

    private static byte[] random(int size, int seed) {
        byte[] content = new byte[size];
        new Random(seed).nextBytes(content);
        return content;
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 70_000, 1 << 20, (1 << 20) + 1, 5_000_001})
    void otherContentOfTheSameSizeAndTimeIsNoticed(int size) throws IOException {
        String first = ModelIdentity.of(List.of(write("weights", random(size, 1))));
        assertEquals(first, ModelIdentity.of(List.of(write("weights", random(size, 1)))));
        assertEquals(first, ModelIdentity.of(List.of(write("elsewhere/weights", random(size, 1)))));
        if (size > 0) {
            assertNotEquals(first, ModelIdentity.of(List.of(write("weights", random(size, 2)))));
        }
        assertNotEquals(first, ModelIdentity.of(List.of(write("weights", random(size + 1, 1)))));
    }

    @Test
    void anotherTimeIsNoticedWhateverTheContent() throws IOException {
        Path file = write("weights", new byte[3]);
        String first = ModelIdentity.of(List.of(file));
        Files.setLastModifiedTime(file, FileTime.fromMillis(TIME.toMillis() + 1));
        assertNotEquals(first, ModelIdentity.of(List.of(file)));
    }

    @Test
    void filesAreToldApart() throws IOException {
        Path a = write("a", new byte[]{1});
        Path b = write("b", new byte[]{1});
        assertNotEquals(ModelIdentity.of(List.of(a)), ModelIdentity.of(List.of(b)));
        assertNotEquals(ModelIdentity.of(List.of(a)), ModelIdentity.of(List.of(a, b)));
        assertThrows(IOException.class, () -> ModelIdentity.of(List.of(folder.resolve("absent"))));
    }
}
