/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.host;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import dev.millrace.api.ModelServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same plugin in a plain program and in a framework, in processes of their own, beside a server in this one. They run on the Java
 * that the system property {@code millrace.java21} names, else on that of this test.
 */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class HostTest {

    private static final List<String> SAID = List.of("models [nano]", "model nano lfm2moe nano at ADDRESS",
            "called set_device{name=kitchen_lamp, state=on}",
            "answered ToolResult[value={\"ok\":true,\"name\":\"kitchen_lamp\",\"state\":\"on\"}, error=false]",
            "thought true, said in pieces: The kitchen lamp is on now. STOP, usage true", "switched [kitchen_lamp on]",
            "messages 8", "fork 8", "ended by CANCELLED", "vectors of 384, nearer: true",
            "not found: There is no model \"nobody\"");

    private static Millrace millrace;
    private static ModelServer.Running server;

    @TempDir
    private Path folder;

    @BeforeAll
    static void serve() throws InterruptedException {
        // this one is the server
        System.setProperty("millrace.client.url", "-");
        millrace = Millrace.start();
        server = ServiceLoader.load(ModelServer.class).findFirst().orElseThrow().start(millrace,
                Map.of("port", "0", "audit", "off", "models", "nano", "embeddings", "all-minilm-l6-v2"));
        server.awaitReady();
    }

    @AfterAll
    static void stop() {
        server.close();
        millrace.close();
        System.clearProperty("millrace.client.url");
    }

    @Test
    void aPlainProgram() throws Exception {
        // what runs models is for newer Javas, and none of it is needed
        List<String> path = classPath()
                .filter(jar -> Stream.of("api", "spi", "json", "machine", "formats", "text", "engine",
                        "plugin.remote", "plugin.client").anyMatch(room -> isRoom(jar, room))
                        || jar.contains("jackson-core")
                        || jar.contains("test-classes") || jar.contains("org.apache.felix.framework"))
                .toList();
        check(run(path, List.of()));
    }

    @Test
    void aFramework() throws Exception {
        List<String> bundles = new ArrayList<>();
        classPath().filter(jar -> Stream.of("org.apache.felix.scr", "org.apache.felix.configadmin",
                "org.osgi.service.component-", "org.osgi.util.promise", "org.osgi.util.function", "jackson-core")
                .anyMatch(Path.of(jar).getFileName().toString()::startsWith)).forEach(bundles::add);
        Path host = Path.of("target", "classes").toAbsolutePath();
        Assumptions.assumeTrue(Files.exists(host.resolve("META-INF/MANIFEST.MF")), "the bundle is made by the build");
        bundles.add(pack(host).toString());
        bundles.add(plugin().toString());
        List<String> path = classPath().filter(jar -> jar.contains("test-classes")
                || jar.contains("org.apache.felix.framework")).toList();
        List<String> arguments = new ArrayList<>(List.of(folder.resolve("storage").toString()));
        arguments.addAll(bundles);
        String said = run(path, arguments);
        check(said);
        assertTrue(said.contains("started dev.millrace.host"), said);
    }

    private static Stream<String> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(System.getProperty("path.separator")))
                .filter(entry -> Files.exists(Path.of(entry)));
    }

    /** Whether it is a jar of a room, or the folder of its classes. */
    private static boolean isRoom(String entry, String room) {
        String path = entry.replace('\\', '/');
        return path.contains("/dev.millrace." + room + "-") || path.contains("/dev.millrace." + room + "/")
                || path.contains("/" + (room.startsWith("plugin.") ? "plugins/" + room.substring(7) : "core/" + room)
                        + "/");
    }

    /** The bundle, as the build packs it a moment later. */
    private Path pack(Path classes) throws IOException {
        Path file = folder.resolve("host.jar");
        Manifest manifest;
        try (InputStream in = Files.newInputStream(classes.resolve("META-INF/MANIFEST.MF"))) {
            manifest = new Manifest(in);
        }
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest);
                Stream<Path> all = Files.walk(classes)) {
            for (Path each : all.filter(Files::isRegularFile).toList()) {
                String name = classes.relativize(each).toString().replace('\\', '/');
                if (!name.equals("META-INF/MANIFEST.MF")) {
                    jar.putNextEntry(new JarEntry(name));
                    Files.copy(each, jar);
                }
            }
        }
        return file;
    }

    /** The plugin's bundle. */
    private Path plugin() throws IOException {
        Manifest manifest = new Manifest();
        Attributes headers = manifest.getMainAttributes();
        headers.putValue("Manifest-Version", "1.0");
        headers.putValue("Bundle-ManifestVersion", "2");
        headers.putValue("Bundle-SymbolicName", "house");
        headers.putValue("Bundle-Activator", HostActivator.class.getName());
        headers.putValue("Import-Package", "org.osgi.framework,dev.millrace.api;version=\"[0.1,1)\"");
        Path file = folder.resolve("house.jar");
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file), manifest)) {
            copy(HostActivator.class, jar);
            copy(HostScenario.class, jar);
            for (Class<?> part : HostScenario.class.getDeclaredClasses()) {
                copy(part, jar);
            }
        }
        return file;
    }

    private static void copy(Class<?> type, OutputStream jar) throws IOException {
        String name = type.getName().replace('.', '/') + ".class";
        ((JarOutputStream) jar).putNextEntry(new JarEntry(name));
        try (InputStream in = HostTest.class.getClassLoader().getResourceAsStream(name)) {
            in.transferTo(jar);
        }
    }

    private String run(List<String> path, List<String> arguments) throws IOException, InterruptedException {
        String java = System.getProperty("millrace.java21", System.getProperty("java.home"));
        Path out = folder.resolve("out.txt");
        List<String> command = new ArrayList<>(List.of(Path.of(java, "bin", "java").toString(), "-Xmx256m",
                "-Dmillrace.client.url=" + server.address(), "-cp",
                String.join(System.getProperty("path.separator"), path), HostProgram.class.getName()));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
        boolean ended = process.waitFor(4, TimeUnit.MINUTES);
        process.destroyForcibly();
        String said = Files.readString(out, StandardCharsets.UTF_8);
        assertTrue(ended, said);
        assertEquals(0, process.exitValue(), said);
        return said;
    }

    private static void check(String said) {
        if (System.getProperty("millrace.java21") != null) {
            assertTrue(said.startsWith("Java 21"), said);
        }
        for (String line : SAID) {
            assertTrue(said.contains(line.replace("ADDRESS", server.address().toString())), () -> line + " in " + said);
        }
        assertTrue(said.strip().endsWith("done"), said);
    }
}
