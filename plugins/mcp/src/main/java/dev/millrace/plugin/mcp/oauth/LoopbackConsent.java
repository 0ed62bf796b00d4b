/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Waits on a port of this machine for the browser to come back (RFC 8252, section 7.3). */
public final class LoopbackConsent implements Consent, AutoCloseable {

    private static final String PATH = "/callback";

    private final Consumer<URI> show;
    private final Duration patience;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final BlockingQueue<Map<String, String>> answers = new ArrayBlockingQueue<>(16);

    /**
     * Opens a port.
     *
     * @param show shows a person the page to open
     * @param patience how long a person may take
     */
    public LoopbackConsent(Consumer<URI> show, Duration patience) throws IOException {
        this.show = show;
        this.patience = patience;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 4);
        server.createContext(PATH, this::back);
        server.setExecutor(threads);
        server.start();
    }

    @Override
    public URI redirect() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + PATH);
    }

    private void back(HttpExchange exchange) throws IOException {
        try (exchange) {
            Map<String, String> answer = query(String.valueOf(exchange.getRequestURI().getRawQuery()));
            boolean taken = answer.containsKey("state") && answers.offer(answer);
            byte[] page = (taken ? "Millrace has your answer. You can close this page." : "Nobody waits for this.")
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.sendResponseHeaders(taken ? 200 : 400, page.length);
            exchange.getResponseBody().write(page);
        }
    }

    private static Map<String, String> query(String raw) {
        Map<String, String> fields = new HashMap<>();
        for (String field : raw.split("&", 32)) {
            int equals = field.indexOf('=');
            if (equals > 0) {
                try {
                    fields.putIfAbsent(field.substring(0, equals),
                            URLDecoder.decode(field.substring(equals + 1), StandardCharsets.UTF_8));
                } catch (IllegalArgumentException e) {
                    return Map.of(); // no browser writes this
                }
            }
        }
        return fields;
    }

    @Override
    public Map<String, String> ask(URI page, String state) throws IOException, InterruptedException {
        answers.clear();
        show.accept(page);
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            Map<String, String> answer = answers.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (answer == null) {
                throw new SignInException("Nobody has signed in within " + patience.toSeconds() + " seconds.");
            }
            if (state.equals(answer.get("state"))) {
                return answer;
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
