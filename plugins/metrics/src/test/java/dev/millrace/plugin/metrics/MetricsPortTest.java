/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.millrace.api.Device;
import dev.millrace.api.Metric;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelHealth;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 3, unit = TimeUnit.MINUTES)
class MetricsPortTest {

    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    private static final Device CPU = new Device("cpu", "cpu", "Cores", 1);
    private static final Device FAR = new Device("remote:gpu", "remote", "elsewhere", 1);

    private static HttpResponse<String> ask(InetSocketAddress address, String path, String... headers)
            throws IOException, InterruptedException {
        return send(address, HttpRequest.newBuilder().GET(), path, headers);
    }

    private static HttpResponse<String> send(InetSocketAddress address, HttpRequest.Builder request, String path,
            String... headers) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            request.uri(URI.create("http://127.0.0.1:" + address.getPort() + path));
            if (headers.length > 0) {
                request.headers(headers);
            }
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void anEngineTellsWhatItDid() throws Exception {
        try (Millrace millrace = Millrace.start();
                MetricsPort port = MetricsPort.open(millrace, ANY_PORT, List.of());
                Model nano = millrace.open("nano")) {
            nano.ask("Bye");
            HttpResponse<String> text = ask(port.address(), "/metrics");
            assertEquals(200, text.statusCode());
            assertEquals("text/plain; version=0.0.4; charset=utf-8",
                    text.headers().firstValue("Content-Type").orElseThrow());
            assertTrue(text.body().contains("millrace_answers_total{model=\"nano\",reason=\"stop\"} 1"), text.body());
            JsonNode json = new ObjectMapper().readTree(ask(port.address(), "/metrics.json").body());
            long answers = 0;
            for (JsonNode metric : json.get("metrics")) {
                if (metric.get("name").asText().equals("answers")) {
                    assertEquals("counter", metric.get("type").asText());
                    assertEquals("nano", metric.get("labels").get("model").asText());
                    answers += metric.get("value").asLong();
                }
            }
            assertEquals(1, answers);
            JsonNode health = new ObjectMapper().readTree(ask(port.address(), "/health").body());
            assertEquals("ok", health.get("status").asText());
            assertEquals("nano", health.get("models").get(0).get("model").asText());
            assertEquals("ready", health.get("models").get(0).get("state").asText());
        }
    }

    /** A runtime that tells what it is given. */
    private static Millrace telling(List<Metric> metrics, List<ModelHealth> health) {
        return (Millrace) Proxy.newProxyInstance(MetricsPortTest.class.getClassLoader(), new Class<?>[]{Millrace.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "metrics" -> metrics;
                    case "health" -> health;
                    default -> throw new IllegalStateException(method.getName());
                });
    }

    private static ModelHealth model(String name, ModelHealth.State state, Device device) {
        return new ModelHealth(name, state, device, state == ModelHealth.State.LOST ? "It fell off." : "", 2, 1);
    }

    private static int health(ModelHealth... models) throws Exception {
        try (MetricsPort port = MetricsPort.open(telling(List.of(), List.of(models)), ANY_PORT, List.of())) {
            return ask(port.address(), "/health").statusCode();
        }
    }

    @Test
    void itIsWellWhileAModelOfThisMachineCanAnswer() throws Exception {
        ModelHealth lost = model("a", ModelHealth.State.LOST, CPU);
        assertEquals(200, health());
        assertEquals(200, health(lost, model("b", ModelHealth.State.MOVING, CPU)));
        assertEquals(200, health(model("a", ModelHealth.State.UNLOADED, CPU)));
        assertEquals(503, health(lost));
        // what a server elsewhere does is no reason to start this program again, nor to leave it
        assertEquals(200, health(model("far", ModelHealth.State.LOST, FAR)));
        assertEquals(503, health(lost, model("far", ModelHealth.State.READY, FAR)));
    }

    @Test
    void numbersThatJsonHasNotAreLeftOut() throws Exception {
        List<Metric> metrics = List.of(new Metric.Gauge("odd", "Odd.", Map.of(), Double.NaN),
                new Metric.Histogram("seconds", "How long.", Map.of(),
                        List.of(new Metric.Bucket(0.5, 2), new Metric.Bucket(Double.POSITIVE_INFINITY, 3)), 4.5));
        try (MetricsPort port = MetricsPort.open(telling(metrics, List.of()), ANY_PORT, List.of())) {
            assertEquals("{\"metrics\":[{\"name\":\"odd\",\"type\":\"gauge\",\"description\":\"Odd.\",\"labels\":{}},"
                    + "{\"name\":\"seconds\",\"type\":\"histogram\",\"description\":\"How long.\",\"labels\":{},"
                    + "\"buckets\":[{\"most\":0.5,\"count\":2},{\"count\":3}],\"sum\":4.5,\"count\":3}]}",
                    ask(port.address(), "/metrics.json").body());
        }
    }

    @Test
    void aTokenOpensMetricsAndHealthNeedsNone() throws Exception {
        try (MetricsPort port = MetricsPort.open(telling(List.of(), List.of()), ANY_PORT, List.of("secret"))) {
            assertEquals(401, ask(port.address(), "/metrics").statusCode());
            assertEquals(401, ask(port.address(), "/metrics.json", "Authorization", "Bearer wrong").statusCode());
            assertEquals(200, ask(port.address(), "/metrics", "Authorization", "Bearer secret").statusCode());
            assertEquals(200, ask(port.address(), "/health").statusCode());
        }
    }

    @Test
    void nothingElseIsThere() throws Exception {
        try (MetricsPort port = MetricsPort.open(telling(List.of(), List.of()), ANY_PORT, List.of())) {
            assertEquals(404, ask(port.address(), "/v1/models").statusCode());
            HttpResponse<String> posted = send(port.address(),
                    HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString("{}")), "/metrics");
            assertEquals(405, posted.statusCode());
            assertEquals("GET, HEAD", posted.headers().firstValue("Allow").orElseThrow());
            assertEquals(403, ask(port.address(), "/metrics", "Origin", "http://evil.example").statusCode());
        }
    }

    @Test
    void aTakenPortIsToldInOneSentence() {
        try (MetricsPort port = MetricsPort.open(telling(List.of(), List.of()), ANY_PORT, List.of())) {
            MillraceException e = assertThrows(MillraceException.class,
                    () -> MetricsPort.open(telling(List.of(), List.of()), port.address(), List.of()));
            assertTrue(e.getMessage().contains("port " + port.address().getPort()), e.getMessage());
        }
    }

    @Test
    void theNetworkNeedsAToken(@TempDir Path folder) throws Exception {
        Millrace millrace = telling(List.of(), List.of());
        assertThrows(MillraceException.class, () -> MetricsComponent.open(millrace, "0.0.0.0", 0, ""));
        Path file = Files.writeString(folder.resolve("tokens"), "\n");
        assertThrows(MillraceException.class, () -> MetricsComponent.open(millrace, "0.0.0.0", 0, file.toString()));
        assertThrows(MillraceException.class,
                () -> MetricsComponent.open(millrace, "127.0.0.1", 0, folder.resolve("none").toString()));
        Files.writeString(file, "secret\n");
        try (MetricsPort open = MetricsComponent.open(millrace, "0.0.0.0", 0, file.toString())) {
            assertEquals(401, ask(open.address(), "/metrics").statusCode());
            assertEquals(200, ask(open.address(), "/metrics", "Authorization", "Bearer secret").statusCode());
        }
    }
}
