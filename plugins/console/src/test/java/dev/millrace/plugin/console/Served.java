/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.Millrace;
import dev.millrace.api.ModelServer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Consumer;

/** A server with the page, the nano model and the tools of the sample gateway, on a plain class path. */
final class Served implements AutoCloseable {

    static final ObjectMapper JSON = new ObjectMapper();

    final Millrace millrace = Millrace.start();
    final ModelServer.Running server;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(20)).build();

    /**
     * Starts.
     *
     * @param settings pairs of name and value
     */
    Served(String... settings) throws InterruptedException {
        Map<String, String> all = new HashMap<>(Map.of("port", "0", "audit", "off"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        server = ServiceLoader.load(ModelServer.class).findFirst().orElseThrow().start(millrace, all);
        server.awaitReady();
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(server.address().resolve(path)).timeout(Duration.ofMinutes(2));
    }

    HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path));
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** Asks for an answer and gives its lines. Whoever listens is told of each as it comes, and may ask meanwhile. */
    List<JsonNode> lines(String body, Consumer<JsonNode> each) throws IOException, InterruptedException {
        HttpRequest request = request("/console/chat").POST(HttpRequest.BodyPublishers.ofString(body)).build();
        HttpResponse<java.util.stream.Stream<String>> answer = client.send(request,
                HttpResponse.BodyHandlers.ofLines());
        List<JsonNode> lines = new ArrayList<>();
        try (var body_ = answer.body()) {
            for (String line : (Iterable<String>) body_::iterator) {
                if (!line.isBlank()) {
                    JsonNode node = JSON.readTree(line);
                    lines.add(node);
                    each.accept(node);
                }
            }
        }
        return lines;
    }

    @Override
    public void close() {
        server.close();
        millrace.close();
        client.shutdownNow();
        client.close();
    }
}
