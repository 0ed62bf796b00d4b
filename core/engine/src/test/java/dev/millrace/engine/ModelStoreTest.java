/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.spi.model.PackagedModel;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelStoreTest {

    @TempDir
    Path folder;

    private record Packaged(String content, String sha256) implements PackagedModel {

        @Override
        public String name() {
            return "tiny";
        }

        @Override
        public String fileName() {
            return "tiny.gguf";
        }

        @Override
        public long size() {
            return content.length();
        }

        @Override
        public InputStream open() {
            return new ByteArrayInputStream(content.getBytes(StandardCharsets.US_ASCII));
        }

        @Override
        public List<String> suggestedTools() {
            return List.of("gateway");
        }
    }

    private static String sha256(String content) throws NoSuchAlgorithmException {
        return HexFormat.of().formatHex(
                MessageDigest.getInstance("SHA-256").digest(content.getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void unpacksAPackagedModelOnce() throws Exception {
        ModelStore store = new ModelStore(folder);
        Packaged model = new Packaged("weights", sha256("weights"));
        ModelStore.Found found = store.find("tiny", List.of(model));
        assertEquals("weights", Files.readString(found.path()));
        assertEquals(List.of("gateway"), found.suggestedTools());
        assertEquals(found, store.find("tiny", List.of(model)));
        Files.writeString(found.path(), "cut");
        assertEquals("weights", Files.readString(store.find("tiny", List.of(model)).path()), "a cut copy is replaced");
    }

    @Test
    void refusesADamagedPackageAndLeavesNothing() throws Exception {
        ModelStore store = new ModelStore(folder);
        MillraceException e = assertThrows(MillraceException.class,
                () -> store.find("tiny", List.of(new Packaged("weights", sha256("other")))));
        assertTrue(e.getMessage().contains("damaged"), e.getMessage());
        try (Stream<Path> files = Files.walk(folder)) {
            assertTrue(files.noneMatch(Files::isRegularFile));
        }
    }

    @Test
    void namesTheCureWhenTheCacheCannotBeWritten() throws IOException, NoSuchAlgorithmException {
        Path file = Files.createFile(folder.resolve("file"));
        ModelStore store = new ModelStore(file);
        String sha256 = sha256("weights");
        MillraceException e = assertThrows(MillraceException.class,
                () -> store.find("tiny", List.of(new Packaged("weights", sha256))));
        assertTrue(e.getMessage().contains("MILLRACE_CACHE"), e.getMessage());
    }

    @Test
    void namesWhatThereIs() {
        ModelNotFoundException e = assertThrows(ModelNotFoundException.class,
                () -> new ModelStore(folder).find("absent", List.of(new Packaged("weights", "0".repeat(64)))));
        assertTrue(e.getMessage().contains("absent") && e.getMessage().contains("tiny"), e.getMessage());
        assertThrows(ModelNotFoundException.class, () -> new ModelStore(folder).find("a\0b", List.of()));
    }
}
