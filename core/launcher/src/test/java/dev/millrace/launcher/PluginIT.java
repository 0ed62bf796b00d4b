/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles of others, in a folder that {@code MILLRACE_BUNDLES} names. */
final class PluginIT {

    @TempDir
    Path folder;

    private Program program;

    @BeforeEach
    void start() throws IOException {
        program = new Program(Files.createDirectories(folder.resolve("home")));
    }

    /** A folder with one bundle, which offers a valve as a service. */
    private Path plugins(String tools) throws IOException {
        return plugins(tools, "");
    }

    /** The same with more of a class body. */
    private Path plugins(String tools, String members) throws IOException {
        Path source = Files.writeString(Files.createDirectories(folder.resolve("source")).resolve("Valve.java"),
                """
                        package com.example.valve;

                        import dev.millrace.api.*;
                        import java.util.*;

                        public final class Valve implements ToolProvider {

                            %s

                            @ToolSpec("Open or close the main valve.")
                            Map<String, Object> setValve(@Param("how far, in percent") int opening) {
                                return Map.of("ok", true);
                            }

                            @Override
                            public List<Tool> tools() {
                                %s
                            }
                        }
                        """.formatted(members, tools));
        Path classes = Files.createDirectories(folder.resolve("classes"));
        Path api = Path.of(System.getProperty("millrace.dist"), "bundles", "dev.millrace.api.jar");
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-parameters", "-proc:none", "-d",
                classes.toString(), "-cp", api.toString(), source.toString()));
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", "com.example.valve");
        main.putValue("Import-Package", "dev.millrace.api;version=\"[0.1,1)\"");
        main.putValue("Service-Component", "OSGI-INF/valve.xml");
        Path plugins = Files.createDirectories(folder.resolve("plugins"));
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(plugins.resolve("valve.jar")), manifest)) {
            jar.putNextEntry(new JarEntry("OSGI-INF/valve.xml"));
            jar.write("""
                    <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="valve" immediate="true">
                      <service><provide interface="dev.millrace.api.ToolProvider"/></service>
                      <implementation class="com.example.valve.Valve"/>
                    </scr:component>
                    """.getBytes(StandardCharsets.UTF_8));
            try (DirectoryStream<Path> compiled = Files.newDirectoryStream(classes.resolve("com/example/valve"))) {
                for (Path one : compiled) {
                    jar.putNextEntry(new JarEntry("com/example/valve/" + one.getFileName()));
                    Files.copy(one, jar);
                }
            }
        }
        return plugins;
    }

    private String chat(String said, String... arguments) throws Exception {
        Process chat = program.start(true, arguments);
        chat.getOutputStream().write((said + "\n").getBytes(StandardCharsets.UTF_8));
        Program.Result result = program.finish(chat);
        assertEquals(0, result.code(), result::err);
        return result.notes();
    }

    @Test
    void theModelIsToldOfItsOwnToolsAndOfThoseOfTheUsersBundles() throws Exception {
        program.with("MILLRACE_BUNDLES", plugins("return Tools.of(this).tools();").toString());
        String all = chat("/tools", "chat");
        assertTrue(all.contains("setValve             Open or close the main valve.\n"), all);
        assertTrue(all.contains("set_device "), all);

        assertEquals("the model is told of no tools", chat("/tools", "chat", "--no-tools").lines().findFirst().get());

        String one = chat("/tools", "chat", "--no-tools", "--with-tools", "valve");
        assertTrue(one.startsWith("setValve "), one);
        assertTrue(one.contains("not told of: set_device, ") && one.contains("--with-tools gateway"), one);
        assertTrue(program.run("run", "Bye").notes().contains("with the tools of valve\n"));
    }

    @Test
    void aProviderThatFailsIsLeftOutAndSaidSo() throws Exception {
        program.with("MILLRACE_BUNDLES",
                plugins("throw new IllegalStateException(\"the bus is off\");").toString());
        String listed = chat("/tools", "chat");
        assertTrue(listed.contains("The tools of valve are left out: the bus is off\n"), listed);
        assertTrue(listed.contains("the tools of valve cannot be listed: the bus is off\n"), listed);
        assertTrue(listed.contains("set_device "), listed);
    }

    @Test
    void aComponentThatThrowsIsOneSentence() throws Exception {
        program.with("MILLRACE_BUNDLES", plugins("throw new AssertionError();", """
                public Valve() {
                    throw new IllegalStateException("No serial port is there.");
                }""").toString());
        Program.Result result = program.run("run", "Bye");
        assertEquals("millrace: The component com.example.valve.Valve of the bundle com.example.valve fails:"
                + " No serial port is there (IllegalStateException in com.example.valve.Valve.<init>, line 9).",
                result.notes().lines().findFirst().orElse(""));
        assertFalse(result.notes().contains("\tat "), result::notes);
        assertEquals(0, result.code());
        assertTrue(program.run("run", "--debug", "Bye").notes().contains("\tat com.example.valve.Valve.<init>"));
    }

    @Test
    void aBundleThatLacksAClassIsSaidSo() throws Exception {
        program.with("MILLRACE_BUNDLES", plugins("throw new NoClassDefFoundError(\"com/example/Gone\");").toString());
        String listed = chat("/tools", "chat");
        assertTrue(listed.contains("The tools of valve are left out: com/example/Gone\n"), listed);
        assertFalse(listed.contains("\tat "), listed);
    }

    @Test
    void aNameThatTwoToolsHaveTellsWhoseTheyAre() throws Exception {
        program.with("MILLRACE_BUNDLES", plugins("""
                return List.of(Tools.of(new Object() {
                        @ToolSpec(name = "set_device", value = "Another.") void another() {}
                    }).tools().getFirst());""").toString());
        String listed = chat("/tools", "chat");
        assertTrue(listed.contains("The tools of valve are left out: Two tools have the name set_device, of gateway and"
                + " of valve: rename or leave out one of them.\n"), listed);
    }

    @Test
    void aNameThatNobodyHasIsWrongUsage() throws Exception {
        Program.Result result = program.run("run", "--with-tools", "garden", "hello");
        assertEquals(2, result.code());
        assertEquals(List.of("millrace: there are no tools of garden; there are those of gateway, plant."
                + " See millrace run --help."), result.notes().lines().toList());
        assertFalse(result.notes().contains("\tat "));
    }
}
