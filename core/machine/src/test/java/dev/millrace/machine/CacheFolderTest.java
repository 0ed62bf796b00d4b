/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CacheFolderTest {

    private static Path path(Map<String, String> environment) {
        return CacheFolder.of(environment, "/home").path();
    }

    @Test
    void theOwnVariableComesFirst() {
        assertEquals(Path.of("/a"), path(Map.of("MILLRACE_CACHE", "/a", "XDG_CACHE_HOME", "/b", "HOME", "/c")));
        assertEquals(Path.of("/b/millrace"), path(Map.of("XDG_CACHE_HOME", "/b", "HOME", "/c")));
        assertEquals(Path.of("/c/.cache/millrace"), path(Map.of("HOME", "/c")));
        assertEquals(Path.of("/home/.cache/millrace"), path(Map.of()));
    }

    @Test
    void whatIsBlankIsNotSet() {
        assertEquals(Path.of("/home/.cache/millrace"),
                path(Map.of("MILLRACE_CACHE", " ", "XDG_CACHE_HOME", "", "HOME", "")));
    }

    @Test
    void onlyTheOwnVariableMayBeRelative() {
        assertEquals(Path.of("here").toAbsolutePath(), path(Map.of("MILLRACE_CACHE", "here")));
        assertEquals(Path.of("/home/.cache/millrace"), path(Map.of("XDG_CACHE_HOME", "here")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "?"})
    void withoutAHomeThereIsAFolderThatCannotBeMade(String listed) {
        assertEquals(Path.of("/nonexistent/.cache/millrace"), CacheFolder.of(Map.of(), listed).path());
    }

    @Test
    void aNameThatIsNoPathFailsNobody() {
        assertEquals(Path.of("/nonexistent/.cache/millrace"), path(Map.of("MILLRACE_CACHE", "a\0b")));
        assertEquals(Path.of("/nonexistent/.cache/millrace"), path(Map.of("HOME", "/a\0b")));
    }

    @Test
    void theUserHasOne() {
        assertTrue(CacheFolder.ofUser().path().isAbsolute());
    }
}
