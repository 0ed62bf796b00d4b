/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.Limits;
import dev.millrace.plugin.http.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Waits on a port of this machine for the browser to come back (RFC 8252, section 7.3). */
public final class LoopbackConsent implements Consent, AutoCloseable {

    private static final String PATH = "/callback";
    private static final Limits LIMITS = new Limits(1, 8, Duration.ofSeconds(5), Duration.ofSeconds(5));

    private final Consumer<URI> show;
    private final Duration patience;
    private final Transport server;
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
        server = Transport.start(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional.empty(), LIMITS,
                this::back);
    }

    @Override
    public URI redirect() {
        return URI.create("http://127.0.0.1:" + server.address().getPort() + PATH);
    }

    private void back(Exchange exchange) throws IOException {
        Map<String, String> answer = exchange.path().equals(PATH) ? query(exchange.query()) : Map.of();
        boolean taken = answer.containsKey("state") && answers.remainingCapacity() > 0;
        exchange.header("Cache-Control", "no-store");
        try {
            // the browser first: whoever waits for the answer closes this server
            exchange.answer(taken ? 200 : 400, "text/plain; charset=utf-8",
                    (taken ? "Millrace has your answer. You can close this page." : "Nobody waits for this.")
                            .getBytes(StandardCharsets.UTF_8));
        } finally {
            if (taken) {
                answers.offer(answer);
            }
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
        server.close();
    }
}
