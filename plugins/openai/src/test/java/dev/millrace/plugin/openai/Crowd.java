/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicIntegerArray;

/** Clients of one server: some read their streams to the end, some behave badly. Measures what the good ones wait for. */
final class Crowd {

    /** Never ends by itself. */
    private static final String ENDLESS = endlessRequest("Hello");

    private static String endlessRequest(String question) {
        return "{\"stream\":true," + Nano.ENDLESS
                + ",\"max_tokens\":2000,\"messages\":[{\"role\":\"user\",\"content\":\""
                + question + "\"}]}";
    }

    /** Asks for an endless answer. */
    Socket endless(String question) throws IOException {
        Socket socket = open();
        socket.getOutputStream().write(Nano.utf8(request(endlessRequest(question))));
        return socket;
    }

    private final Nano nano;
    final Waits first = new Waits();
    final Waits between = new Waits();

    Crowd(Nano nano) {
        this.nano = nano;
    }

    /** How often something took so many milliseconds: of one size, however long it is measured. */
    static final class Waits {

        private final AtomicIntegerArray counts = new AtomicIntegerArray(600_000);

        void add(long nanos) {
            counts.incrementAndGet((int) Math.min(counts.length() - 1, nanos / 1_000_000));
        }

        /** Milliseconds that so many of a hundred did not exceed. */
        int percentile(int percent) {
            long all = 0;
            for (int i = 0; i < counts.length(); i++) {
                all += counts.get(i);
            }
            long seen = 0;
            for (int i = 0; i < counts.length(); i++) {
                seen += counts.get(i);
                if (seen * 100 >= all * percent) {
                    return i;
                }
            }
            return counts.length();
        }

        @Override
        public String toString() {
            return "p50 " + percentile(50) + " ms, p99 " + percentile(99) + " ms";
        }
    }

    @Override
    public String toString() {
        return "first piece " + first + "; between pieces " + between;
    }

    private static String request(String body) {
        return "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    private Socket open() throws IOException {
        Socket socket = new Socket(nano.address().getHost(), nano.address().getPort());
        socket.setSoTimeout(600_000);
        return socket;
    }

    /** Reads a stream to its end; gives what it says. */
    String good() throws IOException {
        StringBuilder text = new StringBuilder();
        try (Socket socket = open();
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))) {
            long last = System.nanoTime();
            socket.getOutputStream().write(Nano.utf8(request(Nano.chat("Bye", "\"stream\":true"))));
            boolean any = false;
            StringBuilder other = new StringBuilder();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.equals("data: [DONE]")) {
                    return text.toString();
                }
                if (!line.startsWith("data: ")) {
                    other.append(
                            line.length() > 1 && other.length() < 1000 && !line.startsWith(": ") ? line + "|" : "");
                } else {
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
            throw new IOException("The stream was cut after \"" + text + "\", behind " + other);
        }
    }

    /** Asks for an endless answer and never reads it. */
    Socket deaf() throws IOException {
        Socket socket = open();
        socket.setReceiveBufferSize(1024);
        socket.getOutputStream().write(Nano.utf8(request(ENDLESS)));
        return socket;
    }

    Socket dribbler() throws IOException {
        Socket socket = open();
        socket.getOutputStream().write(Nano.utf8("POST /v1/chat/completions HTTP/1.1\r\nHost: local"));
        return socket;
    }

    /** Goes away after some bytes. */
    void killed(int after) throws IOException {
        try (Socket socket = open()) {
            socket.getOutputStream().write(Nano.utf8(request(ENDLESS)));
            socket.getInputStream().readNBytes(after);
            socket.setSoLinger(true, 0);
        }
    }
}
