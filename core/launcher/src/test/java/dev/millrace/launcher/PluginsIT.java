/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.Map;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code millrace plugins} as a publisher and a user meet it. What a running program makes of the folder is in {@link DropinsIT}. */
final class PluginsIT {

    @TempDir
    Path folder;

    private Program program;
    private Path published;

    @BeforeEach
    void home() throws IOException {
        program = new Program(Files.createDirectories(folder.resolve("processes")));
        published = Files.createDirectories(folder.resolve("published"));
        program.with("MILLRACE_HOME", Files.createDirectories(folder.resolve("home")).toString())
                .with("XDG_CONFIG_HOME", folder.resolve("config").toString());
    }

    private Path bundle(String name, Map<String, String> headers, String component) throws IOException {
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", name);
        main.putValue("Bundle-Version", "1.0.0");
        headers.forEach(main::putValue);
        if (!component.isEmpty()) {
            main.putValue("Service-Component", "OSGI-INF/component.xml");
        }
        Path file = published.resolve(name + ".jar");
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            if (!component.isEmpty()) {
                jar.putNextEntry(new JarEntry("OSGI-INF/component.xml"));
                jar.write(component.getBytes(StandardCharsets.UTF_8));
            }
        }
        return file;
    }

    private Path bundle(String name, Map<String, String> headers) throws IOException {
        return bundle(name, headers, "");
    }

    private Path pem(String file, String kind, byte[] key) throws IOException {
        return Files.writeString(folder.resolve(file), "-----BEGIN " + kind + "-----\n"
                + Base64.getEncoder().encodeToString(key) + "\n-----END " + kind + "-----\n");
    }

    private String run(int code, String... arguments) throws Exception {
        Program.Result result = program.run(arguments);
        assertEquals(code, result.code(), result::err);
        return code == 0 ? result.out() : result.out() + result.notes();
    }

    @Test
    void aPublisherSignsAndAUserInstalls() throws Exception {
        bundle("valve", Map.of("Import-Package", "dev.millrace.api;version=\"[0.1,1)\",org.pumps;version=\"[1,2)\""));
        bundle("pumps", Map.of("Export-Package", "org.pumps;version=1.4"));
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Path key = pem("maker.key", "PRIVATE KEY", pair.getPrivate().getEncoded());
        Path trusted = pem("maker.pem", "PUBLIC KEY", pair.getPublic().getEncoded());
        assertEquals(published.resolve("index.xml") + "\n",
                run(0, "plugins", "index", published.toString(), "--name", "garden", "--sign", key.toString()));
        String refused = run(1, "plugins", "install", published.toString(), "valve");
        assertTrue(refused.contains("not signed by anybody whom you trust"), refused);
        run(0, "plugins", "trust", "add", trusted.toString());
        run(0, "plugins", "trust", "add", trusted.toString(), "--name", "again");
        assertEquals("maker  trusted\n", run(0, "plugins", "trust", "list"));
        assertEquals("valve\npumps\n", run(0, "plugins", "install", published.toString(), "valve"));
        String list = run(0, "plugins", "list");
        assertTrue(list.contains("valve 1.0.0  running") && list.contains("signed by maker"), list);
        run(0, "plugins", "stop", "pumps");
        String why = run(1, "plugins", "why", "valve");
        assertTrue(why.contains("It needs the package org.pumps in version 1 or later, below 2"), why);
        run(0, "plugins", "start", "pumps");
        assertEquals("valve runs.\n", run(0, "plugins", "why", "valve"));
        run(0, "plugins", "remove", "valve");
        assertTrue(run(0, "plugins", "list", "--all").contains("dev.millrace.engine"));
    }

    @Test
    void whyAComponentWaits() throws Exception {
        Path jar = bundle("meter", Map.of(), """
                <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="meter" immediate="true">
                  <reference name="log" interface="org.example.Log"/>
                  <implementation class="org.example.Meter"/>
                </scr:component>
                """);
        run(0, "plugins", "install", jar.toString());
        assertTrue(run(0, "plugins", "list").contains("meter 1.0.0  running in part"));
        assertEquals(
                "Its component meter waits for the service org.example.Log, which nothing here offers: install the "
                        + "plugin that does.\n",
                run(1, "plugins", "why", "meter"));
    }

    @Test
    void whoNeedsAPluginIsToldWhenItGoes() throws Exception {
        Path valve = bundle("valve", Map.of("Import-Package", "org.pumps"));
        Path pumps = bundle("pumps", Map.of("Export-Package", "org.pumps"));
        assertTrue(run(1, "plugins", "install", valve.toString()).contains("the package org.pumps"));
        run(0, "plugins", "install", pumps.toString());
        run(0, "plugins", "install", valve.toString());
        Program.Result removed = program.run("plugins", "remove", "pumps");
        assertEquals(0, removed.code(), removed::err);
        assertTrue(removed.notes().contains("What needs pumps does not run without it: valve."), removed::notes);
    }
}
