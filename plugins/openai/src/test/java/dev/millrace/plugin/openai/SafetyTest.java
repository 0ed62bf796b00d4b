/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Who gets in, and what nobody may do to the others. */
class SafetyTest {

    private static final String CHAT = "/v1/chat/completions";

    private static String chat(String more) {
        return "{\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]," + more + "}";
    }

    /** Sends bytes as they are, and reads until the server closes. */
    private static String raw(Nano nano, String request) throws IOException {
        try (Socket socket = new Socket(nano.address().getHost(), nano.address().getPort())) {
            socket.getOutputStream().write(Nano.utf8(request));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @CsvSource({"localhost, 200", "localhost:99, 200", "127.0.0.1, 200", "[::1]:99, 200", "LOCALHOST, 200",
            "gateway.local, 200", "evil.example, 403", "localhost.evil.example, 403", "127.0.0.1.evil.example, 403"})
    void onlyKnownNamesOfThisMachine(String host, int status) throws Exception {
        try (Nano nano = new Nano("hosts", "gateway.local")) {
            String answer = raw(nano, "GET /health HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 " + status), answer);
        }
    }

    /** A whole address goes before the header, whatever that says. */
    @ParameterizedTest
    @CsvSource({"http://localhost/health, evil.example, 200", "http://evil.example/health, localhost, 403",
            "http:/health, localhost, 403"})
    void aWholeAddressNamesTheHost(String target, String host, int status) throws Exception {
        try (Nano nano = new Nano()) {
            String answer = raw(nano,
                    "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 " + status), answer);
        }
    }

    /** Requests that end at the HTTP server of the JDK, with the status that it gives, or 0 where it only closes the connection. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            GET // HTTP/1.1                                             ; 400
            GET /%zz HTTP/1.1                                           ; 400
            GET /health?a=%zz HTTP/1.1                                  ; 400
            GET                                                         ; 400
            GET /health                                                 ; 400
            GET //health HTTP/1.1                                       ; 404
            GET http://localhost HTTP/1.1                               ; 404
            GET health HTTP/1.1                                         ; 404
            OPTIONS * HTTP/1.1                                          ; 404
            GET mailto:x HTTP/1.1                                       ; 0
            CONNECT localhost:80 HTTP/1.1                               ; 0
            GET /health HTTP/1.1~Bad Name: x                            ; 400
            GET /health HTTP/1.1~no colon                               ; 400
            GET /health HTTP/1.1~Content-Length: -1                     ; 400
            GET /health HTTP/1.1~Content-Length: x                      ; 400
            POST /v1/responses HTTP/1.1~Content-Length: 1~Content-Length: 2 ; 400
            POST /v1/responses HTTP/1.1~Content-Length: 1~Transfer-Encoding: chunked ; 400
            POST /v1/responses HTTP/1.1~Transfer-Encoding: gzip         ; 501
            """)
    void whatIsNoRequestIsRefusedByTheJdkAndSaysNothingOfTheServer(String request, int status) throws Exception {
        List<String> logged = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                if (line.getLevel().intValue() >= Level.WARNING.intValue()
                        || Door.class.getName().equals(line.getLoggerName())) {
                    logged.add(line.getLevel() + " " + line.getMessage());
                }
            }

            @Override
            public void flush() {
                // nothing is held back
            }

            @Override
            public void close() {
                // nothing is open
            }
        };
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        try {
            try (Nano nano = new Nano("audit", "requests")) {
                // read to the end: the connection is closed though nobody asked for that
                String answer = raw(nano, request.replace("~", "\r\n") + "\r\nHost: localhost\r\n\r\n");
                if (status == 0) {
                    assertEquals("", answer);
                } else {
                    assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
                    // a line of HTML with a few words: no version, no class of ours, no stack
                    assertTrue(answer.matches("(?s)[^<]*<h1>" + status + " [A-Za-z ]+</h1>[A-Za-z -]+"), answer);
                    assertFalse(answer.toLowerCase(Locale.ROOT).contains("server:"), answer);
                }
                assertEquals(List.of(), logged);
                assertEquals(200, nano.get("/health").statusCode());
            }
            assertEquals(1, logged.size(), () -> "what is a request is in the log, and nothing else: " + logged);
        } finally {
            root.removeHandler(handler);
        }
    }

    /** Many clients send all before they read anything. */
    @Test
    void whoSendsTooMuchCanReadWhy() throws Exception {
        try (Nano nano = new Nano();
                Socket socket = new Socket(nano.address().getHost(), nano.address().getPort())) {
            byte[] body = new byte[9 << 20];
            socket.getOutputStream().write(Nano.utf8("POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                    + body.length + "\r\n\r\n"));
            socket.getOutputStream().write(body);
            String answer = new String(socket.getInputStream().readNBytes(200), StandardCharsets.UTF_8);
            assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
        }
    }

    @Test
    void foreignPagesStayOut() throws Exception {
        try (Nano nano = new Nano("origins", "http://friend.example")) {
            assertEquals(403, nano.send(nano.request("/v1/models").header("Origin", "http://evil.example"))
                    .statusCode());
            assertEquals(403, nano.send(nano.request("/v1/models").header("Origin", "null")).statusCode());
            assertEquals(403, nano.send(nano.request("/v1/models").header("Sec-Fetch-Site", "cross-site"))
                    .statusCode());
            HttpResponse<String> own = nano.send(nano.request("/v1/models").header("Origin",
                    nano.address().toString()));
            assertEquals(200, own.statusCode());
            assertFalse(own.headers().firstValue("Access-Control-Allow-Origin").isPresent());
            HttpResponse<String> friend = nano.send(nano.request(CHAT).header("Origin", "http://friend.example")
                    .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
            assertEquals(204, friend.statusCode());
            assertEquals("http://friend.example",
                    friend.headers().firstValue("Access-Control-Allow-Origin").orElse(""));
            HttpResponse<String> page = nano.send(nano.request(CHAT).header("Origin", "http://friend.example")
                    .header("Access-Control-Request-Headers", "authorization,x-stainless-lang")
                    .method("OPTIONS", HttpRequest.BodyPublishers.noBody()));
            assertEquals("authorization,x-stainless-lang",
                    page.headers().firstValue("Access-Control-Allow-Headers").orElse(""));
        }
    }

    @Test
    void aTokenIsAskedForWhereThereIsOne(@TempDir Path folder) throws Exception {
        Path file = Files.writeString(folder.resolve("tokens"), "# ours\nsecret-1\n\nsecret-2\n");
        try (Nano nano = new Nano("tokenFile", file.toString())) {
            assertEquals(200, nano.get("/health").statusCode());
            assertEquals(401, nano.get("/v1/models").statusCode());
            assertEquals(401, nano.get("/metrics").statusCode());
            assertEquals(401, nano.send(nano.request("/v1/models").header("Authorization", "Bearer secret"))
                    .statusCode());
            assertEquals(401, nano.send(nano.request("/v1/models").header("Authorization", "Bearer # ours"))
                    .statusCode());
            assertEquals(200, nano.send(nano.request("/v1/models").header("Authorization", "Bearer secret-2"))
                    .statusCode());
            assertEquals(200, nano.send(nano.request("/v1/models").header("x-api-key", "secret-1")).statusCode());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"host=0.0.0.0", "host=0.0.0.0,plain=true", "host=0.0.0.0,tokens=t", "port=70000",
            "nonsense=1", "audit=all", "running=0", "keystore=/nowhere.p12", "tokenFile=/nowhere", "plain=yes"})
    void unsafeOrWrongSettingsAreRefused(String line) {
        Map<String, String> settings = new java.util.HashMap<>();
        for (String pair : line.split(",", -1)) {
            settings.put(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
        }
        assertThrows(IllegalArgumentException.class, () -> ServerSettings.read(settings));
    }

    @Test
    void settingsThatAreSafeAreTaken() {
        assertEquals(8420, ServerSettings.read(Map.of()).address().getPort());
        assertEquals(List.of("t"),
                ServerSettings.read(Map.of("host", "0.0.0.0", "tokens", "t", "plain", "true")).tokens());
        assertEquals(List.of("/a,b.gguf", "nano"), ServerSettings.read(Map.of("models", "/a,b.gguf\nnano")).models());
    }

    @Test
    void bodiesHaveALimit() throws Exception {
        try (Nano nano = new Nano("bodyBytes", "2000", "bodySeconds", "1")) {
            assertEquals(413, nano.post(CHAT, Nano.chat("x".repeat(3000), "")).statusCode());
            // without a length told in advance
            HttpResponse<String> chunked = nano.send(nano.request(CHAT).POST(HttpRequest.BodyPublishers.fromPublisher(
                    HttpRequest.BodyPublishers.ofString(Nano.chat("x".repeat(3000), "")))));
            assertEquals(413, chunked.statusCode());
            // announced and never sent: the connection is closed, not kept for ever
            assertEquals("",
                    raw(nano, "POST " + CHAT + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"));
            assertEquals(200, nano.get("/health").statusCode());
        }
    }

    @Test
    void connectionsHaveALimit() throws Exception {
        try (Nano nano = new Nano("connections", "1", "running", "1")) {
            HttpResponse<InputStream> first = open(nano, CHAT, chat(Nano.ENDLESS + ",\"stream\":true"));
            HttpResponse<String> second = nano.get("/health");
            assertEquals(503, second.statusCode());
            assertTrue(second.headers().firstValue("Retry-After").isPresent());
            first.body().close();
        }
    }

    private static HttpResponse<InputStream> open(Nano nano, String path, String body) throws Exception {
        return nano.client.send(nano.request(path).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
                HttpResponse.BodyHandlers.ofInputStream());
    }

    @Test
    void tooManyWhoWaitAreSentAway() throws Exception {
        try (Nano nano = new Nano("running", "1", "queuedPerToken", "1")) {
            List<HttpResponse<InputStream>> open = new ArrayList<>();
            open.add(open(nano, CHAT, chat(Nano.ENDLESS + ",\"stream\":true")));
            open.add(open(nano, CHAT, chat(Nano.ENDLESS + ",\"stream\":true")));
            HttpResponse<String> third = nano.post(CHAT, chat("\"stream\":true"));
            assertEquals(429, third.statusCode(), third::body);
            assertTrue(Integer.parseInt(third.headers().firstValue("Retry-After").orElseThrow()) > 0);
            for (HttpResponse<InputStream> one : open) {
                one.body().close();
            }
        }
    }

    /** The model itself may refuse more answers than it is allowed; the client is told to come again, and not that all is broken. */
    @Test
    void aModelThatHasEnoughToDoSendsClientsAway() throws Exception {
        System.setProperty("millrace.answers", "1");
        try (Nano nano = new Nano()) {
            try (InputStream first = open(nano, CHAT, chat(Nano.ENDLESS + ",\"stream\":true")).body()) {
                assertTrue(first.read() >= 0);
                await(nano, "millrace_server_answers_running", 1);
                HttpResponse<String> second = nano.post(CHAT, chat(Nano.ENDLESS));
                assertEquals(429, second.statusCode(), second::body);
                assertTrue(second.headers().firstValue("Retry-After").isPresent());
            }
        } finally {
            System.clearProperty("millrace.answers");
        }
    }

    /** A client that leaves ends its answer, in whatever state that is, and leaves nothing behind. */
    @ParameterizedTest
    @ValueSource(strings = {"/v1/chat/completions stream", "/v1/chat/completions whole", "/v1/responses stream",
            "/v1/messages stream", "/api/chat stream"})
    void whoLeavesEndsTheAnswer(String how) throws Exception {
        String path = how.substring(0, how.indexOf(' '));
        boolean stream = how.endsWith("stream");
        String body = path.equals("/v1/responses")
                ? "{\"input\":\"Hello\"," + Nano.ENDLESS + ",\"stream\":true}"
                : path.startsWith("/api")
                        ? "{\"model\":\"nano\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}],\"options\":{"
                                + Nano.ENDLESS
                                + "}}"
                        : chat("\"max_tokens\":4000," + Nano.ENDLESS + ",\"stream\":" + stream);
        try (Nano nano = new Nano("running", "1")) {
            try (Socket running = new Socket(nano.address().getHost(), nano.address().getPort());
                    Socket waiting = new Socket(nano.address().getHost(), nano.address().getPort())) {
                for (Socket socket : List.of(running, waiting)) {
                    socket.getOutputStream()
                            .write(Nano.utf8("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                                    + body.length() + "\r\n\r\n" + body));
                }
                await(nano, "millrace_server_answers_running", 1);
                await(nano, "millrace_server_answers_waiting", 1);
            }
            await(nano, "millrace_server_answers_waiting", 0);
            await(nano, "millrace_server_answers_running", 0);
            // left to themselves, they go on until the context is full
            String metrics = nano.get("/metrics").body();
            assertFalse(metrics.contains("reason=\"stop\"") || metrics.contains("reason=\"length\""), metrics);
            assertEquals(200, nano.post(CHAT, Nano.chat("Bye", "")).statusCode());
        }
    }

    private static void await(Nano nano, String gauge, int value) throws Exception {
        long end = System.nanoTime() + 20_000_000_000L;
        while (nano.gauge(gauge) != value) {
            assertTrue(System.nanoTime() < end, gauge + " is " + nano.gauge(gauge) + ", not " + value);
            Thread.onSpinWait();
        }
    }

    @Test
    void closingEndsAllAnswers() throws Exception {
        HttpResponse<InputStream> open;
        Nano nano = new Nano();
        try (nano) {
            open = open(nano, CHAT, chat(Nano.ENDLESS + ",\"stream\":true"));
        }
        assertThrows(IOException.class, () -> raw(nano, "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        open.body().close();
        assertTrue(Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("millrace-")));
    }

    @Test
    void aPortThatIsTakenIsTold() throws Exception {
        try (Nano nano = new Nano()) {
            String port = Integer.toString(nano.address().getPort());
            RuntimeException problem = assertThrows(RuntimeException.class, () -> new Nano("port", port).close());
            assertTrue(problem.toString().contains("port " + port), problem::toString);
        }
    }
}
