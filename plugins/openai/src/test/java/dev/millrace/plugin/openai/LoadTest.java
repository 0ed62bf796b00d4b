/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Many streams at once beside clients that behave badly: some never read, some dribble their headers, some go away in the middle.
 * None of the good ones may lose anything, and nothing may be left running. A small share in each build; docs/server.md has the
 * command for more.
 */
class LoadTest {

    private static final int STREAMS = Integer.getInteger("millrace.load", 40);
    private static final int BAD = Math.max(3, STREAMS / 20);

    private final List<Long> first = Collections.synchronizedList(new ArrayList<>());
    private final List<Long> between = Collections.synchronizedList(new ArrayList<>());

    /** Never ends by itself. */
    private static final String ENDLESS = "{\"stream\":true,\"temperature\":100,\"top_k\":0,\"top_p\":1,\"min_p\":0,"
            + "\"max_tokens\":2000,\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}";

    private static String request(String body) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    private static Socket open(Nano nano) throws IOException {
        Socket socket = new Socket(nano.address().getHost(), nano.address().getPort());
        socket.setSoTimeout(600_000);
        return socket;
    }

    /** Reads a stream to its end; gives what it says. */
    private String good(Nano nano) throws IOException {
        StringBuilder text = new StringBuilder();
        try (Socket socket = open(nano);
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            long last = System.nanoTime();
            socket.getOutputStream().write(Nano.utf8(request(Nano.chat("Bye", "\"stream\":true"))));
            boolean any = false;
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.equals("data: [DONE]")) {
                    return text.toString();
                }
                if (line.startsWith("data: ")) {
                    String piece = Nano.JSON.readTree(line.substring("data: ".length())).path("choices").path(0)
                            .path("delta").path("content").asText("");
                    if (!piece.isEmpty()) {
                        long now = System.nanoTime();
                        (any ? between : first).add(now - last);
                        last = now;
                        any = true;
                        text.append(piece);
                    }
                }
            }
        }
        throw new IOException("The stream was cut: " + text);
    }

    /** Asks for an endless answer and never reads it. */
    private static Socket deaf(Nano nano) throws IOException {
        Socket socket = open(nano);
        socket.setReceiveBufferSize(1024);
        socket.getOutputStream().write(Nano.utf8(request(ENDLESS)));
        return socket;
    }

    private static Socket dribbler(Nano nano) throws IOException {
        Socket socket = open(nano);
        socket.getOutputStream().write(Nano.utf8("POST /v1/chat/completions HTTP/1.1\r\nHost: local"));
        return socket;
    }

    /** Goes away after some bytes. */
    private static void killed(Nano nano, int after) throws IOException {
        try (Socket socket = open(nano)) {
            socket.getOutputStream().write(Nano.utf8(request(ENDLESS)));
            socket.getInputStream().readNBytes(after);
            socket.setSoLinger(true, 0);
        }
    }

    @Test
    void nothingIsLostForTheOthers() throws Exception {
        Random random = new Random(1);
        List<Socket> bad = new ArrayList<>();
        AtomicInteger whole = new AtomicInteger();
        try (Nano nano = new Nano("running", "8", "runningPerToken", "8", "queuedPerToken", "100000", "connections",
                "4000", "writeSeconds", "2"); ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                all.add(threads.submit(() -> {
                    assertEquals("Goodbye!", good(nano));
                    return whole.incrementAndGet();
                }));
                if (i % (STREAMS / BAD) == 0) {
                    bad.add(deaf(nano));
                    bad.add(dribbler(nano));
                    int after = random.nextInt(3000);
                    all.add(threads.submit(() -> {
                        killed(nano, after);
                        return after;
                    }));
                }
            }
            for (Future<?> one : all) {
                one.get();
            }
            assertEquals(STREAMS, whole.get());
            for (Socket socket : bad) {
                socket.close();
            }
            long end = System.nanoTime() + 60_000_000_000L;
            while (nano.gauge("millrace_server_answers_running") + nano.gauge("millrace_server_answers_waiting") > 0) {
                assertTrue(System.nanoTime() < end, "an answer is left running");
                Thread.onSpinWait();
            }
            // this very request is one of them; another's answer may have ended just before the request itself
            while (nano.gauge("millrace_server_requests_open") > 1) {
                assertTrue(System.nanoTime() < end, "a request is left open");
                Thread.onSpinWait();
            }
        }
        System.out.println("LOAD: " + STREAMS + " streams, 8 at once, " + BAD + " each that never read, dribble, leave;"
                + " first piece p50 " + millis(first, 50) + " ms, p99 " + millis(first, 99) + " ms; between pieces p50 "
                + millis(between, 50) + " ms, p99 " + millis(between, 99) + " ms");
    }

    private static long millis(List<Long> values, int percent) {
        List<Long> sorted = values.stream().sorted().toList();
        return sorted.isEmpty()
                ? 0
                : sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100)) / 1_000_000;
    }
}
