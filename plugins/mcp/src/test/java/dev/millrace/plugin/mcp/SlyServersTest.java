/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolConnector.Offered;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mcp.client.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Servers that speak the protocol and mean harm: each costs its own tools, and a good one beside them works on. */
@Timeout(value = 8, unit = TimeUnit.MINUTES)
class SlyServersTest {

    /** Longer than a busy machine needs to start a few of them. */
    private static final int PATIENCE_SECONDS = 150;

    @TempDir
    Path folder;

    private Servers connect(Map<String, Map<String, Object>> servers) throws Exception {
        Path file = Files.writeString(folder.resolve("servers.json"),
                Wire.JSON.writeValueAsString(Map.of("mcpServers", servers)));
        return Servers.connect(file, List.of(), Optional.empty(), true, System.getenv());
    }

    private Servers programs(String... kinds) throws Exception {
        Map<String, Map<String, Object>> servers = new HashMap<>();
        for (String kind : kinds) {
            servers.put(kind, Map.of("command", ProcessHandle.current().info().command().orElse("java"), "args",
                    List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                            System.getProperty("java.class.path"), SlyServer.class.getName(), kind, folder.toString()),
                    "timeoutSeconds", PATIENCE_SECONDS, "questions", "defaults"));
        }
        return connect(servers);
    }

    private static Tool tool(Servers servers, String server, String original) {
        return offered(servers, server, original).orElseThrow(() -> new AssertionError(
                server + " " + original + " is not among " + servers.offered() + servers.problems()));
    }

    /** Empty while a process of the server ends and the next one has not told its tools yet. */
    private static Optional<Tool> offered(Servers servers, String server, String original) {
        return servers.offered().stream()
                .filter(tool -> tool.program().equals(server) && tool.original().equals(original))
                .map(tool -> tool.definition().name()).findFirst()
                .flatMap(name -> servers.providers().stream().flatMap(provider -> provider.tools().stream())
                        .filter(tool -> tool.definition().name().equals(name)).findFirst());
    }

    private static ToolResult call(Servers servers, String server, String original) throws Exception {
        return tool(servers, server, original).call(new ToolCall("1", "x", Map.of()));
    }

    private static Set<String> tools(Servers servers, String server) {
        return servers.offered().stream().filter(tool -> tool.program().equals(server)).map(Offered::original)
                .collect(Collectors.toSet());
    }

    private static void eventually(Servers servers, BooleanSupplier what) throws InterruptedException {
        long end = System.nanoTime() + Duration.ofSeconds(PATIENCE_SECONDS).toNanos();
        while (!what.getAsBoolean()) {
            assertTrue(System.nanoTime() < end, () -> "it did not come about: " + servers.problems());
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    @Test
    void whatTheyOffer() throws Exception {
        try (Servers servers = programs("restless", "liar", "names", "tokens", "cycle", "cursor")) {
            eventually(servers, () -> servers.offered().stream().map(Offered::program).distinct().count() == 6);
            assertEquals(Set.of("page_", "page_a", "page_b", "page_c"), tools(servers, "cycle"));
            assertEquals(Set.of("lamp"), tools(servers, "cursor"));
            assertEquals(Set.of("promises", "impossible"), tools(servers, "liar"));
            String problems = String.join(" ", servers.problems());
            assertTrue(problems.contains("circle of liar is left out: its schema refers to itself in a circle"),
                    problems);
            assertTrue(problems.contains("A tool of names is left out: it has no name, or a very long one."), problems);
            assertEquals(10, tools(servers, "names").size());
            assertTrue(servers.offered().stream().map(tool -> tool.definition().name())
                    .allMatch(name -> name.matches("[A-Za-z0-9_-]{1,64}")));
            // its list is another one each time, and calls of what was there a moment ago say so
            Tool before = servers.providers().stream().filter(provider -> provider.name().equals("restless"))
                    .flatMap(provider -> provider.tools().stream()).findFirst().orElseThrow();
            eventually(servers, () -> !tools(servers, "restless").isEmpty()
                    && servers.offered().stream().noneMatch(tool -> tool.definition().equals(before.definition())));
            ToolResult gone = before.call(new ToolCall("1", "x", Map.of()));
            assertTrue(gone.error() && String.valueOf(gone.value()).contains("restless"), gone::toString);
            assertEquals("The server liar failed: Its answer cannot be read: This is more than is read here: Nested"
                    + " deeper than 64", call(servers, "liar", "promises").value());
            assertEquals("The server liar failed: Its answer cannot be read: A message has a method, a result or an"
                    + " error.", call(servers, "liar", "impossible").value());
            assertEquals("real", call(servers, "cycle", "page_b").value());
            // a model that is told of all of them answers
            try (Millrace millrace = Millrace.start();
                    Model model = millrace.open("nano");
                    Conversation conversation = model.conversation()
                            .tools(servers.providers().toArray(ToolProvider[]::new)).start()) {
                assertFalse(conversation.send("Bye").answer().text().isBlank());
                assertFalse(conversation.send("Thank you, bye").answer().text().isBlank());
            }
        }
    }

    @Test
    void whatTheyAnswer() throws Exception {
        long before = memory();
        try (Servers servers = programs("answers", "progress", "forms", "picture", "deaf", "good")) {
            eventually(servers, () -> servers.offered().stream().map(Offered::program).distinct().count() == 6);
            for (int i = 0; i < 5; i++) {
                assertEquals("real", call(servers, "answers", "lamp").value());
            }
            AtomicInteger steps = new AtomicInteger();
            assertEquals("real", tool(servers, "progress", "lamp").call(new ToolCall("1", "x", Map.of()),
                    (what, fraction) -> {
                        assertTrue(what.length() < 300 && !(fraction > 1), what);
                        steps.incrementAndGet();
                    }).value());
            assertTrue(steps.get() > 0);
            assertEquals("real", call(servers, "forms", "lamp").value());
            assertEquals("[image of type image/png left out: this model reads text only]\na picture",
                    call(servers, "picture", "lamp").value());
            assertEquals("heard for the last time", call(servers, "deaf", "lamp").value());
            long start = System.nanoTime();
            ToolResult deaf = call(servers, "deaf", "lamp");
            assertTrue(deaf.error() && String.valueOf(deaf.value()).contains("deaf"), deaf::toString);
            assertTrue(System.nanoTime() - start < 0.8e9 * PATIENCE_SECONDS,
                    "it was waited for until its time was over");
            // another process of it answers again
            eventually(servers, () -> real(servers, "deaf"));
            assertEquals("real", call(servers, "good", "lamp").value());
        }
        assertTrue(memory() - before < 64 << 20, "memory grew");
    }

    private static long memory() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static boolean real(Servers servers, String server) {
        Optional<Tool> lamp = offered(servers, server, "lamp");
        try {
            return lamp.isPresent() && "real".equals(lamp.get().call(new ToolCall("1", "x", Map.of())).value());
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    /** Over HTTP: answers of other kinds, bodies without an end, streams without an answer, redirections with secrets. */
    @Test
    void atAddresses() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        Set<String> elsewhere = ConcurrentHashMap.newKeySet();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            server.setExecutor(threads);
            String address = "http://127.0.0.1:" + server.getAddress().getPort();
            server.createContext("/elsewhere", exchange -> {
                elsewhere.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
                text(exchange, 200, "text/plain", "x");
            });
            server.createContext("/redirects", exchange -> {
                exchange.getResponseHeaders().set("Location", address + "/elsewhere");
                text(exchange, 307, "text/plain", "");
            });
            server.createContext("/page", exchange -> text(exchange, 200, "text/html", "<html>Welcome</html>"));
            server.createContext("/other",
                    exchange -> text(exchange, 200, "application/json",
                            "{\"jsonrpc\":\"2.0\",\"id\":12345,\"result\":{\"protocolVersion\":\"2025-11-25\"}}"));
            server.createContext("/endless", exchange -> {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, 0);
                byte[] some = " ".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
                try (var body = exchange.getResponseBody()) {
                    while (true) {
                        body.write(some);
                    }
                } catch (IOException e) {
                    exchange.close(); // the client has had enough
                }
            });
            server.createContext("/stream", exchange -> {
                exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
                exchange.sendResponseHeaders(200, 0);
                try (var body = exchange.getResponseBody()) {
                    while (true) {
                        body.write("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n"
                                .getBytes(StandardCharsets.UTF_8));
                    }
                } catch (IOException e) {
                    exchange.close(); // the client has had enough
                }
            });
            server.start();
            Map<String, Map<String, Object>> servers = new HashMap<>();
            for (String kind : List.of("redirects", "page", "other", "endless", "stream")) {
                servers.put(kind, Map.of("url", address + "/" + kind, "timeoutSeconds", 5, "headers",
                        Map.of("Authorization", "Bearer secret")));
            }
            try (FixtureServer.Started good = FixtureServer.start()) {
                servers.put("good",
                        Map.of("url", good.running().address() + "/fixture", "timeoutSeconds", PATIENCE_SECONDS));
                try (Servers connected = connect(servers)) {
                    eventually(connected, () -> tools(connected, "good").contains("test_simple_text"));
                    assertEquals("This is a simple text response for testing.",
                            call(connected, "good", "test_simple_text").value());
                    String problems = String.join("\n", connected.problems());
                    for (String kind : List.of("redirects", "page", "other", "endless", "stream")) {
                        assertTrue(problems.contains("The server " + kind + " "), problems);
                        assertEquals(Set.of(), tools(connected, kind));
                    }
                    assertEquals(Set.of(), elsewhere);
                }
            }
            server.stop(0);
        }
    }

    private static void text(HttpExchange exchange, int status, String type, String text) throws IOException {
        try (exchange) {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", type);
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
