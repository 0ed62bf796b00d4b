/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is set of models elsewhere, and where. */
class EndpointTest {

    private static String wrong(String... settings) {
        Map<String, String> map = new HashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        return String.valueOf(
                assertThrows(IllegalArgumentException.class, () -> Endpoint.of("gpu", map)).getMessage());
    }

    @Test
    void addressesGetTheUsualPath() {
        for (String url : List.of("http://gpu:8000", "http://gpu:8000/", "http://gpu:8000/v1", "http://gpu:8000/v1/")) {
            assertEquals("http://gpu:8000/v1", Endpoint.of("gpu", Map.of("url", url)).base().toString());
        }
        assertEquals("https://gpu/proxy/openai",
                Endpoint.of("gpu", Map.of("url", "https://gpu/proxy/openai/")).base().toString());
    }

    @Test
    void wrongSettingsAreNamed() {
        assertTrue(wrong().contains("has no url"));
        assertTrue(wrong("url", "gpu:8000").contains("http or https"));
        assertTrue(wrong("url", "http://x y").contains("which is none"));
        assertTrue(wrong("url", "http://gpu", "colour", "red").contains("no setting colour"));
        assertTrue(wrong("url", "http://gpu", "retries", "many").contains("no whole number"));
        assertTrue(wrong("url", "http://gpu", "betweenSeconds", "0").contains("a second or more"));
        assertTrue(wrong("url", "http://gpu", "tokenFile", "a", "tokenEnvironment", "b").contains("one of them"));
        String password = wrong("url", "http://me:hunter2@gpu:8000");
        assertFalse(password.contains("hunter2"), password);
    }

    @Test
    void aFileNamesModels(@TempDir Path folder) throws IOException {
        Path file = Files.createDirectories(folder.resolve("millrace")).resolve("remote.properties");
        NamedModels models = new NamedModels(Map.of("XDG_CONFIG_HOME", folder.toString()), name -> null);
        assertEquals(List.of(), models.names());
        Files.writeString(file,
                "gpu.url=http://127.0.0.1:1\ngpu.model=big\ngpu.fallback=nano\nother.url=http://127.0.0.1:2\n");
        assertEquals(List.of("remote:gpu", "remote:other"), models.names());
        try (var model = models.open("remote:gpu").orElseThrow()) {
            assertEquals("big", model.info().name());
            assertEquals("nano", model.fallback().orElseThrow().reference());
            assertEquals("big at http://127.0.0.1:1", model.device().description());
        }
        assertEquals(Optional.empty(), models.open("remote:unknown"));
        assertEquals(Optional.empty(), models.open("nano"));
        Files.writeString(file, "url=http://127.0.0.1:1\n");
        assertEquals(List.of(), models.names(), "a broken file hinders nobody who wants another model");
        assertTrue(assertThrows(MillraceException.class, () -> models.open("remote:gpu")).getMessage()
                .contains("NAME.SETTING"));
    }

    @Test
    void secretsAreNotWritten(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("token");
        Files.writeString(file, "\n  abc123  \nnext\n");
        Endpoint endpoint = Endpoint.of("gpu", Map.of("url", "http://gpu", "tokenFile", file.toString()));
        assertEquals(Optional.of("abc123"), endpoint.secret().read());
        assertFalse(endpoint.toString().contains("abc123"), endpoint.toString());
        assertEquals("key *** is wrong", endpoint.secret().hide("key abc123 is wrong"));
    }
}
