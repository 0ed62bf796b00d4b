/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.plugin.mcp.server.HttpEndpoint;
import dev.millrace.plugin.mcp.server.Offer;
import dev.millrace.plugin.mcp.server.WebExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** An endpoint on a free port, without the server's checks. */
final class TestWeb implements AutoCloseable {

    private final HttpServer server;
    private final HttpEndpoint endpoint;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    TestWeb(Offer offer) throws IOException {
        this(offer, 0);
    }

    TestWeb(Offer offer, int port) throws IOException {
        endpoint = new HttpEndpoint(offer);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/mcp", this::handle);
        server.start();
    }

    private void handle(HttpExchange raw) {
        try (raw) {
            String host = String.valueOf(raw.getRequestHeaders().getFirst("Host"));
            String origin = raw.getRequestHeaders().getFirst("Origin");
            if (!host.matches("(127.0.0.1|localhost):[0-9]+")
                    || (origin != null && !origin.matches("http://(127.0.0.1|localhost):[0-9]+"))) {
                raw.sendResponseHeaders(403, -1);
                return;
            }
            endpoint.handle(new Adapter(raw));
        } catch (IOException e) {
            // the client has left
        }
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/mcp");
    }

    @Override
    public void close() {
        endpoint.close();
        server.stop(0);
        threads.shutdownNow();
        threads.close();
    }

    private record Adapter(HttpExchange raw) implements WebExchange {

        @Override
        public String method() {
            return raw.getRequestMethod();
        }

        @Override
        public Optional<String> header(String name) {
            @Nullable
            String value = raw.getRequestHeaders().getFirst(name);
            return Optional.ofNullable(value);
        }

        @Override
        public String caller() {
            return header("X-Caller").orElse("anyone");
        }

        @Override
        public byte[] body() throws IOException {
            return raw.getRequestBody().readAllBytes();
        }

        @Override
        public void header(String name, String value) {
            raw.getResponseHeaders().set(name, value);
        }

        @Override
        public void answer(int status, String type, byte[] content) throws IOException {
            header("Content-Type", type);
            raw.sendResponseHeaders(status, content.length == 0 ? -1 : content.length);
            if (content.length > 0) {
                raw.getResponseBody().write(content);
            }
        }

        @Override
        public OutputStream stream(int status, String type) throws IOException {
            header("Content-Type", type);
            raw.sendResponseHeaders(status, 0);
            return raw.getResponseBody();
        }
    }
}
