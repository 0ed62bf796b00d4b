/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import dev.millrace.api.ModelServer;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Route;
import dev.millrace.plugin.http.ServerExtension;
import dev.millrace.plugin.http.ServerHost;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Plugins add paths to a server that runs, and take them away. */
class ExtensionsTest {

    /** Answers with its own name, and with what it sees of the server. */
    private static final class Sign implements ServerExtension {

        private final String name;
        private final AtomicInteger open = new AtomicInteger();

        Sign(String name) {
            this.name = name;
        }

        @Override
        public Running start(ServerHost host) {
            open.incrementAndGet();
            Route.Action say = (exchange, caller) -> exchange.answer(200, "text/plain", (name + " for " + caller
                    + " with " + host.model(Optional.empty()).id()).getBytes(StandardCharsets.UTF_8));
            return new Running() {

                @Override
                public List<Route> routes() {
                    return List.of(Route.open("/sign", say), Route.get("/guarded", say), Route.open("/health", say),
                            Route.post("/refuses", (exchange, caller) -> {
                                throw ApiError.wrong("x", "x is wrong.");
                            }), Route.post("/fails", (exchange, caller) -> {
                                throw new IllegalStateException("secret");
                            }), Route.post("/lacks", (exchange, caller) -> {
                                throw new NoClassDefFoundError("secret");
                            }));
                }

                @Override
                public void close() {
                    open.decrementAndGet();
                }
            };
        }
    }

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private HttpResponse<String> ask(URI address, String method, String path) throws Exception {
        return client.send(HttpRequest.newBuilder(address.resolve(path))
                .method(method, HttpRequest.BodyPublishers.noBody()).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void theyComeAndGo() throws Exception {
        Sign first = new Sign("first");
        Sign second = new Sign("second");
        Server server = new Server();
        server.addExtension(first);
        try (Millrace millrace = Millrace.start();
                ModelServer.Running running = server.start(millrace,
                        Map.of("port", "0", "audit", "off", "tokens", "secret"))) {
            running.awaitReady();
            URI address = running.address();
            assertEquals("first for anyone with nano", ask(address, "GET", "/sign").body());
            assertEquals(401, ask(address, "GET", "/guarded").statusCode());
            assertEquals(405, ask(address, "POST", "/sign").statusCode());
            assertEquals("{\"status\":\"ok\"}", ask(address, "GET", "/health").body());
            server.addExtension(host -> {
                throw new IllegalStateException("This one is broken.");
            });
            server.addExtension(second);
            assertEquals("first for anyone with nano", ask(address, "GET", "/sign").body());
            server.removeExtension(first);
            assertEquals(0, first.open.get());
            assertEquals("second for anyone with nano", ask(address, "GET", "/sign").body());
            server.removeExtension(second);
            assertEquals(404, ask(address, "GET", "/sign").statusCode());
            server.addExtension(second);
        }
        assertEquals(0, second.open.get(), "closed with the server");
    }

    @Test
    void theirErrorsAreToldLikeTheServersOwn() throws Exception {
        Server server = new Server();
        server.addExtension(new Sign("first"));
        try (Millrace millrace = Millrace.start();
                ModelServer.Running running = server.start(millrace, Map.of("port", "0", "audit", "off"))) {
            running.awaitReady();
            HttpResponse<String> refused = ask(running.address(), "POST", "/refuses");
            assertEquals(400, refused.statusCode());
            assertEquals("x", Nano.JSON.readTree(refused.body()).path("error").path("param").asText());
            // one that fails, and one whose bundle was built against something else
            for (String path : List.of("/fails", "/lacks")) {
                HttpResponse<String> failed = ask(running.address(), "POST", path);
                assertEquals(500, failed.statusCode());
                assertTrue(!failed.body().contains("secret"), failed::body);
            }
        }
    }
}
