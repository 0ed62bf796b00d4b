/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.Millrace;
import dev.millrace.api.ModelServer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** A server with the nano model on a plain class path, and a client of it. */
final class Nano implements AutoCloseable {

    static final ObjectMapper JSON = new ObjectMapper();

    /** Two of the tools that the model was taught, in the order that fits. */
    static final String TOOLS = """
            [{"type":"function","function":{"name":"set_device","description":"Switch a device on or off.","parameters":
            {"type":"object","properties":{"name":{"type":"string"},"state":{"type":"string"}},"required":["name","state"]}}},
            {"type":"function","function":{"name":"read_sensor","description":"Read one sensor.","parameters":
            {"type":"object","properties":{"room":{"type":"string"},"quantity":{"type":"string"}},"required":["room","quantity"]}}}]
            """;

    /** Any token but the one that ends an answer, so that it goes on until the context is full. The same tokens each time. */
    static final String ENDLESS = "\"temperature\":100,\"top_k\":0,\"top_p\":1,\"min_p\":0,\"seed\":5,"
            + "\"logit_bias\":{\"4\":-100}";

    private final Millrace millrace;
    private final ModelServer.Running server;
    final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(20)).build();

    /**
     * Starts.
     *
     * @param settings pairs of name and value; the port is free unless it is among them
     */
    Nano(String... settings) throws InterruptedException {
        this(Millrace.start(), settings);
    }

    /** Starts with another runtime, which it closes. */
    Nano(Millrace millrace, String... settings) throws InterruptedException {
        this.millrace = millrace;
        Map<String, String> all = new HashMap<>(Map.of("port", "0", "audit", "off"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        server = ServiceLoader.load(ModelServer.class).findFirst().orElseThrow().start(millrace, all);
        server.awaitReady();
    }

    URI address() {
        return server.address();
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

    /** Asks, and expects an answer. */
    JsonNode ask(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = post(path, body);
        if (answer.statusCode() != 200) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
        return JSON.readTree(answer.body());
    }

    /** Asks for a stream and gives the JSON of its events. */
    List<JsonNode> stream(String path, String body) throws IOException, InterruptedException {
        HttpResponse<String> answer = post(path, body);
        if (answer.statusCode() != 200) {
            throw new AssertionError(answer.statusCode() + " " + answer.body());
        }
        List<JsonNode> events = new ArrayList<>();
        for (String line : answer.body().split("\n", -1)) {
            if (line.startsWith("data: {")) {
                events.add(JSON.readTree(line.substring("data: ".length())));
            }
        }
        return events;
    }

    /** A request of chat completions with one message of the user and more fields. */
    static String chat(String user, String more) {
        return "{\"model\":\"nano\",\"temperature\":0,\"messages\":[{\"role\":\"user\",\"content\":\"" + user + "\"}]"
                + (more.isEmpty() ? "" : "," + more) + "}";
    }

    /** A gauge of /metrics. */
    int gauge(String name) throws IOException, InterruptedException {
        for (String line : get("/metrics").body().split("\n", -1)) {
            if (line.startsWith(name + " ")) {
                return (int) Double.parseDouble(line.substring(name.length() + 1));
            }
        }
        throw new AssertionError("There is no gauge " + name + ".");
    }

    static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.close();
        millrace.close();
        client.shutdownNow();
        client.close();
    }
}
