/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher;

import static org.junit.jupiter.api.Assertions.assertEquals;
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
import org.junit.jupiter.api.io.TempDir;

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
}
