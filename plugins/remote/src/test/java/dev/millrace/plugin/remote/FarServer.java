/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * A server that answers as it is told, byte by byte, so that it can misbehave in ways that no HTTP server allows. Each request for an
 * answer takes the next script; the list of models is always there.
 */
final class FarServer implements AutoCloseable {

    /** What it does with a request. */
    @FunctionalInterface
    interface Script {
        void play(Connection connection) throws IOException;
    }

    /** A request. */
    record Request(String line, Map<String, String> headers, String body) {
    }

    private final ServerSocket socket;
    private final Queue<Script> scripts = new ConcurrentLinkedQueue<>();
    private final List<Request> requests = Collections.synchronizedList(new ArrayList<>());
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    FarServer(Script... scripts) throws IOException {
        this.scripts.addAll(List.of(scripts));
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return socket.getLocalPort();
    }

    String url() {
        return "http://127.0.0.1:" + port() + "/v1";
    }

    void then(Script script) {
        scripts.add(script);
    }

    /** Requests for answers. */
    List<Request> asked() {
        synchronized (requests) {
            return requests.stream().filter(one -> one.line().startsWith("POST")).toList();
        }
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException e) {
                return; // closed
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            InputStream in = new BufferedInputStream(client.getInputStream());
            String line = line(in);
            while (!line.isEmpty()) {
                Map<String, String> headers = new HashMap<>();
                for (String header = line(in); !header.isEmpty(); header = line(in)) {
                    String[] parts = header.split(":", 2);
                    headers.put(parts[0].toLowerCase(Locale.ROOT), parts[1].strip());
                }
                int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
                String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
                requests.add(new Request(line, headers, body));
                Connection connection = new Connection(client, in, body);
                if (line.startsWith("GET")) {
                    connection.json(200, "{\"object\":\"list\",\"data\":[{\"id\":\"far\",\"max_model_len\":4096}]}");
                } else {
                    Script script = scripts.poll();
                    if (script == null) {
                        connection.json(500, "{\"error\":{\"message\":\"no script is left\"}}");
                    } else {
                        script.play(connection);
                    }
                }
                if (connection.ended) {
                    return;
                }
                line = line(in);
            }
        } catch (IOException e) {
            // the client has left
        } finally {
            open.remove(client);
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int next = in.read();
        while (next >= 0 && next != '\n') {
            if (next != '\r') {
                line.append((char) next);
            }
            next = in.read();
        }
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
        for (Socket client : open) {
            client.close();
        }
    }

    /** A connection with a request that waits for its answer. */
    static final class Connection {

        private final Socket socket;
        private final InputStream in;
        private final OutputStream out;
        private final String body;
        private boolean ended;

        Connection(Socket socket, InputStream in, String body) throws IOException {
            this.socket = socket;
            this.in = in;
            this.body = body;
            this.out = socket.getOutputStream();
        }

        /** What was sent. */
        String body() {
            return body;
        }

        void json(int status, String body, String... headers) throws IOException {
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " X\r\nContent-Type: application/json\r\n");
            for (String header : headers) {
                head.append(header).append("\r\n");
            }
            raw(head + "Content-Length: " + bytes.length + "\r\n\r\n");
            out.write(bytes);
            out.flush();
        }

        /** Begins a stream of which more was promised than will come. */
        Connection promised() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 1000000\r\n\r\n");
            ended = true;
            return this;
        }

        /** Begins a stream. */
        Connection stream() throws IOException {
            raw("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n");
            ended = true;
            return this;
        }

        /** An event. */
        Connection data(String json) throws IOException {
            return raw("data: " + json + "\n\n");
        }

        /** A chunk with a delta; the quotes may be single ones. */
        Connection delta(String delta) throws IOException {
            return choice("'delta':" + delta + ",'finish_reason':null");
        }

        /** A chunk with a choice. */
        Connection choice(String fields) throws IOException {
            return data(("{'id':'c1','object':'chat.completion.chunk','created':1,'model':'far','choices':[{'index':0,"
                    + fields + "}],'usage':null}").replace('\'', '"'));
        }

        Connection finish(String reason) throws IOException {
            return choice("'delta':{},'finish_reason':'" + reason + "'");
        }

        void done() throws IOException {
            raw("data: [DONE]\n\n");
        }

        Connection raw(String text) throws IOException {
            out.write(text.getBytes(StandardCharsets.UTF_8));
            out.flush();
            return this;
        }

        /** Breaks the connection without a word. */
        void cut() throws IOException {
            ended = true;
            socket.close();
        }

        /** Says nothing more, until the client leaves. */
        void untilClientLeaves() {
            ended = true;
            try {
                while (in.read() >= 0) {
                    // it may say what it likes
                }
            } catch (IOException e) {
                // it has left without a word
            }
        }
    }

    /** A stream with one text. */
    static Script says(String text) {
        return connection -> connection.stream().delta("{'role':'assistant','content':''}")
                .delta("{'content':'" + text + "'}").finish("stop").done();
    }
}
