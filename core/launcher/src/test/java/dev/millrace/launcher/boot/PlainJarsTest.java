/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jars that come while the program runs. */
class PlainJarsTest {

    @TempDir
    Path folder = Path.of("");
    private PlainJars jars = new PlainJars(folder);

    @BeforeEach
    void make() {
        jars = new PlainJars(folder);
    }

    private Path jar(String name, Map<String, String> headers) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        headers.forEach(manifest.getMainAttributes()::putValue);
        Path file = folder.resolve(name);
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            jar.finish();
        }
        return file;
    }

    @Test
    void eachIsToldOnceAndAgainWhenItHasChanged() throws Exception {
        assertEquals(List.of(), jars.look());
        Path plain = jar("plain.jar", Map.of());
        Path text = Files.writeString(folder.resolve("text.jar"), "no jar at all");
        jar("valve.jar", Map.of("Bundle-SymbolicName", "valve"));
        Files.writeString(folder.resolve("notes.txt"), "no jar");
        assertEquals(List.of(), jars.look(), "they may be half written");
        assertEquals(List.of(plain, text), jars.look());
        assertEquals(List.of(), jars.look());
        Files.setLastModifiedTime(plain, FileTime.fromMillis(1_000_000));
        assertEquals(List.of(), jars.look());
        assertEquals(List.of(plain), jars.look());
        Files.delete(plain);
        assertEquals(List.of(), jars.look());
    }

    @Test
    void aFolderThatIsNotThereHasNone() {
        jars = new PlainJars(folder.resolve("none"));
        assertEquals(List.of(), jars.look());
        assertEquals(List.of(), jars.look());
    }
}
