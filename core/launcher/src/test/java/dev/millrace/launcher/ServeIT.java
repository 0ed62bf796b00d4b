/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The server and its page, as bundles inside the framework. */
final class ServeIT {

    @TempDir
    Path folder;

    private static String get(HttpClient client, URI address) throws Exception {
        HttpResponse<String> answer = client.send(HttpRequest.newBuilder(address).build(),
                HttpResponse.BodyHandlers.ofString());
        assertEquals(200, answer.statusCode(), answer::body);
        return answer.body();
    }

    @Test
    void aServerWithItsPage() throws Exception {
        Program program = new Program(folder);
        Process process = program.start(true, "serve", "--port", "0");
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            String said = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
            assertTrue(said != null && said.startsWith("millrace: ready at http://127.0.0.1:"), said);
            URI address = URI.create(said.substring(said.indexOf("http")));
            assertTrue(get(client, address.resolve("/")).contains("<title>Millrace</title>"));
            String overview = get(client, address.resolve("/console/overview"));
            assertTrue(overview.contains("\"name\":\"dev.millrace.plugin.console\"")
                    && overview.contains("\"suggestedTools\":[\"gateway\"]"), overview);
            assertTrue(get(client, address.resolve("/v1/models")).contains("\"nano\""));
        } finally {
            process.toHandle().destroy(); // the process itself would close what it has said
            program.finish(process);
        }
    }

    /** With the path of a socket as with a name that is no file; kill ends it, as a service manager would. */
    @ParameterizedTest
    @EnabledOnOs(OS.LINUX)
    @ValueSource(booleans = {true, false})
    void aServiceManagerIsToldHowTheServiceIs(boolean file) throws Exception {
        String name = file ? folder.resolve("notify").toString() : "@millrace-serve-" + ProcessHandle.current().pid();
        try (NotifySocket socket = NotifySocket.bind(name)) {
            Program program = new Program(folder).with("NOTIFY_SOCKET", name).with("WATCHDOG_USEC", "300000");
            Process process = program.start(true, "serve", "--port", "0");
            try {
                assertEquals("READY=1\nSTATUS=nano; answers in progress: 0\n", socket.receive());
                for (int i = 0; i < 3; i++) {
                    assertEquals("WATCHDOG=1\nSTATUS=nano; answers in progress: 0\n", socket.receive());
                }
            } finally {
                process.toHandle().destroy();
                program.finish(process);
            }
            String last = socket.receive();
            while (last.startsWith("WATCHDOG=1\n")) {
                last = socket.receive();
            }
            assertEquals("STOPPING=1\n", last);
        }
    }

    /** What fails on the way is told by the exit code, not as ready. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aServiceThatCannotStartIsNeverReady() throws Exception {
        String name = folder.resolve("notify").toString();
        try (NotifySocket socket = NotifySocket.bind(name)) {
            Program program = new Program(folder).with("NOTIFY_SOCKET", name);
            Program.Result result = program.run("serve", "--port", "0", "--model", "no/such.gguf");
            assertEquals(1, result.code(), result::err);
            assertFalse(socket.hasMessage());
        }
    }
}
