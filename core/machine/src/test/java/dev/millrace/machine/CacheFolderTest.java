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

class CacheFolderTest {

    private static Path path(Map<String, String> environment) {
        return CacheFolder.of(environment, "/home").path();
    }

    @Test
    void theOwnVariableComesFirst() {
        assertEquals(Path.of("/a"), path(Map.of("MILLRACE_CACHE", "/a", "XDG_CACHE_HOME", "/b")));
        assertEquals(Path.of("/b/millrace"), path(Map.of("XDG_CACHE_HOME", "/b")));
        assertEquals(Path.of("/home/.cache/millrace"), path(Map.of()));
    }

    @Test
    void whatIsBlankIsNotSet() {
        assertEquals(Path.of("/home/.cache/millrace"), path(Map.of("MILLRACE_CACHE", " ", "XDG_CACHE_HOME", "")));
    }

    @Test
    void theUserHasOne() {
        assertTrue(CacheFolder.ofUser().path().getNameCount() > 0);
    }
}
