/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder that {@code MILLRACE_HOME} names: bundles and configuration come, change and go while the program runs. */
final class DropinsIT {

    @TempDir
    Path folder;

    private Program program;
    private Path plugins;
    private Path config;

    @BeforeEach
    void home() throws IOException {
        program = new Program(Files.createDirectories(folder.resolve("processes")));
        plugins = Files.createDirectories(folder.resolve("home/plugins"));
        config = Files.createDirectories(folder.resolve("home/config"));
        program.with("MILLRACE_HOME", folder.resolve("home").toString());
    }

    /** A bundle with one tool, put into the folder at once. */
    private void drop(String tool, String imports) throws IOException {
        Path source = Files.createDirectories(folder.resolve("source-" + tool)).resolve("Valve.java");
        Files.writeString(source, """
                package com.example.valve;

                import dev.millrace.api.*;
                import java.util.*;

                public final class Valve implements ToolProvider {

                    @ToolSpec("Moves the main valve.")
                    Map<String, Object> %s() {
                        return Map.of("ok", true);
                    }

                    @Override
                    public List<Tool> tools() {
                        return Tools.of(this).tools();
                    }
                }
                """.formatted(tool));
        Path classes = Files.createDirectories(folder.resolve("classes-" + tool));
        Path api = Path.of(System.getProperty("millrace.dist"), "bundles", "dev.millrace.api.jar");
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-parameters", "-proc:none", "-d",
                classes.toString(), "-cp", api.toString(), source.toString()));
        Manifest manifest = new Manifest();
        Attributes main = manifest.getMainAttributes();
        main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        main.putValue("Bundle-ManifestVersion", "2");
        main.putValue("Bundle-SymbolicName", "com.example.valve");
        main.putValue("Import-Package", "dev.millrace.api;version=\"[0.1,1)\"" + imports);
        main.putValue("Service-Component", "OSGI-INF/valve.xml");
        Path part = plugins.resolve("valve.jar.part");
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(part), manifest)) {
            jar.putNextEntry(new JarEntry("OSGI-INF/valve.xml"));
            jar.write("""
                    <scr:component xmlns:scr="http://www.osgi.org/xmlns/scr/v1.3.0" name="valve" immediate="true">
                      <service><provide interface="dev.millrace.api.ToolProvider"/></service>
                      <implementation class="com.example.valve.Valve"/>
                    </scr:component>
                    """.getBytes(StandardCharsets.UTF_8));
            try (Stream<Path> compiled = Files.list(classes.resolve("com/example/valve"))) {
                for (Path one : compiled.toList()) {
                    jar.putNextEntry(new JarEntry("com/example/valve/" + one.getFileName()));
                    Files.copy(one, jar);
                }
            }
        }
        Files.move(part, plugins.resolve("valve.jar"), StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static String get(HttpClient client, URI address) throws Exception {
        return client.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString()).body();
    }

    private static void ask(HttpClient client, URI address) throws Exception {
        HttpResponse<String> answer = client.send(HttpRequest.newBuilder(address.resolve("/v1/chat/completions"))
                .POST(HttpRequest.BodyPublishers.ofString(
                        "{\"model\":\"nano\",\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"Bye\"}]}"))
                .build(), HttpResponse.BodyHandlers.ofString());
        assertTrue(answer.body().contains("Goodbye!"), answer::body);
    }

    private static void until(HttpClient client, URI address, Predicate<String> wanted) throws Exception {
        long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
        String last = "";
        while (System.nanoTime() < end) {
            try {
                last = get(client, address);
            } catch (IOException e) {
                last = e.toString(); // nobody listens there yet
            }
            if (wanted.test(last)) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("Not so after two minutes: " + last);
    }

    @Test
    void bundlesAndConfigurationComeChangeAndGo() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        drop("openValve", "");
        Process process = program.start(true, "serve", "--port", "0");
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            String said = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            assertTrue(said != null && said.startsWith("millrace: ready at"), said);
            URI address = URI.create(said.substring(said.indexOf("http")));
            URI overview = address.resolve("/console/overview");
            // what was there before
            assertTrue(get(client, overview).contains("openValve"));
            ask(client, address);
            // another version
            drop("closeValve", "");
            until(client, overview, text -> text.contains("closeValve") && !text.contains("openValve"));
            ask(client, address);
            // a file of configuration starts a second server
            Path file = Files.writeString(folder.resolve("second"), "port=" + port + "\naudit=off\n");
            Files.move(file, config.resolve("dev.millrace.server.cfg"));
            URI second = URI.create("http://127.0.0.1:" + port + "/v1/models");
            until(client, second, text -> text.contains("\"nano\""));
            // both go
            Files.delete(plugins.resolve("valve.jar"));
            until(client, overview, text -> !text.contains("closeValve"));
            Files.delete(config.resolve("dev.millrace.server.cfg"));
            until(client, second, text -> text.contains("ConnectException"));
            ask(client, address);
        } finally {
            process.toHandle().destroy(); // the process itself would close what it has said
            program.finish(process);
        }
    }

    @Test
    void whatIsWrongIsSaidInOneSentenceEach() throws Exception {
        drop("openValve", ",com.example.gone");
        try (JarOutputStream plain = new JarOutputStream(Files.newOutputStream(plugins.resolve("plain.jar")))) {
            plain.putNextEntry(new JarEntry("a.txt"));
        }
        Program.Result result = program.run("--version");
        assertEquals(0, result.code(), result::err);
        assertEquals(
                "The bundle com.example.valve is left out: it needs the package com.example.gone, which nothing offers.",
                result.notes().lines().filter(line -> line.contains("valve")).findFirst().orElse("")
                        .replace("millrace: ", ""));
        assertTrue(result.notes().contains("plain.jar is left out: it is a plain jar"), result::notes);
        assertEquals(2, result.notes().lines().count(), result::notes);
        assertTrue(result.out().startsWith("millrace "), result::out);

        Program.Result missing = program.with("MILLRACE_HOME", folder.resolve("nowhere").toString()).run("--version");
        assertEquals(1, missing.code());
        assertTrue(missing.notes().startsWith("millrace: MILLRACE_HOME names "), missing::notes);
    }
}
