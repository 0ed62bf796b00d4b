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
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StorageTest {

    @TempDir
    Path cache;

    private static Storage open(Path cache) throws BootException {
        return Storage.open(cache, List.of());
    }

    @Test
    void aFolderIsThereUntilItIsClosed() throws Exception {
        Path folder;
        try (Storage storage = open(cache.resolve("deep/er"))) {
            folder = storage.folder();
            Files.createDirectories(folder.resolve("bundle1/data"));
            Files.writeString(folder.resolve("bundle1/data/file"), "x");
            assertTrue(Files.isDirectory(folder));
        }
        assertFalse(Files.exists(folder.getParent()));
    }

    @Test
    void whatNobodyHoldsIsSwept() throws Exception {
        Path left = Files.createDirectories(cache.resolve("frameworks/millrace-123-left/bundle0"));
        Files.writeString(left.resolve("bundle.info"), "x");
        Files.writeString(left.resolveSibling("lock"), "");
        Path unlocked = Files.createDirectories(cache.resolve("frameworks/millrace-124-left/bundle0"));
        try (Storage storage = open(cache)) {
            assertFalse(Files.exists(left.getParent()));
            assertFalse(Files.exists(unlocked.getParent()));
            assertTrue(Files.exists(storage.folder().getParent()));
        }
    }

    @Test
    void whatSomebodyHoldsStays() throws Exception {
        try (Storage first = open(cache); Storage second = open(cache)) {
            assertTrue(Files.exists(first.folder().getParent()));
            assertTrue(Files.exists(second.folder().getParent()));
            assertFalse(first.folder().equals(second.folder()));
        }
    }

    @Test
    void whatCannotBeWrittenIsReplacedByATemporaryFolder() throws Exception {
        Path file = Files.writeString(cache.resolve("file"), "x");
        Path temporary = Files.createDirectories(cache.resolve("tmp"));
        Path left = Files.createDirectories(temporary.resolve("millrace-123-left"));
        Path fresh = Files.createDirectories(temporary.resolve(".millrace-124"));
        Path foreign = Files.createDirectories(temporary.resolve("somebody"));
        Path link = Files.createSymbolicLink(temporary.resolve("millrace-125-link"), foreign);
        try (Storage storage = Storage.open(file, List.of(cache.resolve("absent"), temporary))) {
            assertTrue(storage.folder().startsWith(temporary), storage.folder()::toString);
            assertFalse(Files.exists(left));
            assertTrue(Files.exists(fresh), "it may be locked in a moment");
            assertTrue(Files.exists(link) && Files.exists(foreign));
        }
        try (Stream<Path> files = Files.list(temporary)) {
            assertEquals(Set.of(fresh, foreign, link), files.collect(Collectors.toSet()));
        }
    }

    @Test
    void oldFoldersThatWereNeverLockedGo() throws Exception {
        Path old = Files.createDirectories(cache.resolve("frameworks/.millrace-126"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofDays(1))));
        open(cache).close();
        assertFalse(Files.exists(old));
    }

    @Test
    void whereNothingCanBeWrittenTheCureIsNamed() throws Exception {
        Path file = Files.writeString(cache.resolve("file"), "x");
        BootException problem = assertThrows(BootException.class,
                () -> Storage.open(file, List.of(file, cache.resolve("absent"))));
        assertTrue(problem.toString().contains(file.toString()), problem::toString);
        assertTrue(problem.toString().contains("MILLRACE_CACHE"), problem::toString);
    }
}
