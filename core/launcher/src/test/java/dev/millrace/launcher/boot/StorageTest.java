/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StorageTest {

    @TempDir
    Path cache;

    @Test
    void theCacheFolderIsWhereTheUserSays() throws Exception {
        assertEquals(Path.of("/a"), Storage.cache(Map.of("MILLRACE_CACHE", "/a", "XDG_CACHE_HOME", "/b"), "/c"));
        assertEquals(Path.of("/b/millrace"), Storage.cache(Map.of("XDG_CACHE_HOME", "/b"), "/c"));
        assertEquals(Path.of("/c/.cache/millrace"), Storage.cache(Map.of("MILLRACE_CACHE", ""), "/c"));
    }

    @Test
    void withoutAnyPlaceTheCureIsNamed() {
        BootException problem = assertThrows(BootException.class, () -> Storage.cache(Map.of(), null));
        assertTrue(problem.toString().contains("MILLRACE_CACHE"), problem::toString);
    }

    @Test
    void aFolderIsThereUntilItIsClosed() throws Exception {
        Path folder;
        try (Storage storage = Storage.open(cache.resolve("deep/er"))) {
            folder = storage.folder();
            Files.createDirectories(folder.resolve("bundle1/data"));
            Files.writeString(folder.resolve("bundle1/data/file"), "x");
            assertTrue(Files.isDirectory(folder));
        }
        assertFalse(Files.exists(folder.getParent()));
    }

    @Test
    void whatNobodyHoldsIsSwept() throws Exception {
        Path left = Files.createDirectories(cache.resolve("frameworks/123-left/bundle0"));
        Files.writeString(left.resolve("bundle.info"), "x");
        Files.writeString(left.resolveSibling("lock"), "");
        Path unlocked = Files.createDirectories(cache.resolve("frameworks/124-left/bundle0"));
        try (Storage storage = Storage.open(cache)) {
            assertFalse(Files.exists(left.getParent()));
            assertFalse(Files.exists(unlocked.getParent()));
            assertTrue(Files.exists(storage.folder().getParent()));
        }
    }

    @Test
    void whatSomebodyHoldsStays() throws Exception {
        try (Storage first = Storage.open(cache); Storage second = Storage.open(cache)) {
            assertTrue(Files.exists(first.folder().getParent()));
            assertTrue(Files.exists(second.folder().getParent()));
            assertFalse(first.folder().equals(second.folder()));
        }
    }

    @Test
    void aPlaceThatIsNoFolderIsSaidSo() throws Exception {
        Path file = Files.writeString(cache.resolve("file"), "x");
        BootException problem = assertThrows(BootException.class, () -> Storage.open(file));
        assertTrue(problem.toString().contains(file.toString()), problem::toString);
        assertTrue(problem.toString().contains("MILLRACE_CACHE"), problem::toString);
    }
}
