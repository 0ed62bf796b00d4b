/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.millrace.api.MillraceException;
import dev.millrace.plugin.mcp.client.Servers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How the client comes into a server that wants a token: a small server of tools, with the server of its tokens on the same port. */
@Timeout(value = 2, unit = TimeUnit.MINUTES)
class SignInTest {

    @TempDir
    Path folder;

    private final List<Map<String, String>> forms = new CopyOnWriteArrayList<>();
    private final List<String> proofs = new CopyOnWriteArrayList<>();
    private final List<URI> pages = new CopyOnWriteArrayList<>();
    /** What the browser shows in the end. */
    private final List<String> shown = new CopyOnWriteArrayList<>();
    private final AtomicInteger given = new AtomicInteger();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer server;
    private String origin = "";
    /** The authorization server that the server names; empty for itself. */
    private volatile String issuer = "";
    /** The only token that is taken. */
    private volatile String valid = "";

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        origin = "http://127.0.0.1:" + server.getAddress().getPort();
        server.createContext("/mcp", this::tools);
        server.createContext("/.well-known/oauth-protected-resource/mcp", exchange -> answer(exchange, 200,
                Wire.JSON.createObjectNode().put("resource", origin + "/mcp")
                        .set("authorization_servers",
                                Wire.JSON.createArrayNode().add(issuer.isEmpty() ? origin : issuer))));
        server.createContext("/.well-known/oauth-authorization-server", exchange -> {
            ObjectNode metadata = Wire.JSON.createObjectNode()
                    .put("issuer", "http://" + exchange.getRequestHeaders().getFirst("Host"))
                    .put("authorization_endpoint", origin + "/authorize").put("token_endpoint", origin + "/token")
                    .put("registration_endpoint", origin + "/register");
            metadata.putArray("code_challenge_methods_supported").add("S256");
            answer(exchange, 200, metadata);
        });
        server.createContext("/register", exchange -> {
            JsonNode asked = Wire.JSON.readTree(exchange.getRequestBody());
            answer(exchange, 201, Wire.JSON.createObjectNode().put("client_id", "registered")
                    .set("redirect_uris", asked.path("redirect_uris")));
        });
        server.createContext("/authorize", exchange -> {
            Map<String, String> query = fields(exchange.getRequestURI().getRawQuery());
            exchange.getResponseHeaders().set("Location",
                    query.get("redirect_uri") + "?code=the-code&state=" + query.get("state"));
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        });
        server.createContext("/token", exchange -> {
            forms.add(fields(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            proofs.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            valid = "secret-token-" + given.incrementAndGet();
            answer(exchange, 200, Wire.JSON.createObjectNode().put("access_token", valid)
                    .put("refresh_token", "secret-refresh-" + given.get()).put("token_type", "Bearer"));
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void tools(HttpExchange exchange) throws IOException {
        JsonNode asked = Wire.JSON.readTree(exchange.getRequestBody());
        if (valid.isEmpty() || !("Bearer " + valid).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer error=\"invalid_token\", scope=\"house\"");
            answer(exchange, 401, Wire.JSON.createObjectNode());
            return;
        }
        ObjectNode reply = Wire.JSON.createObjectNode().put("jsonrpc", "2.0");
        reply.set("id", asked.path("id"));
        switch (asked.path("method").asText()) {
            case "initialize" -> {
                ObjectNode result = reply.putObject("result").put("protocolVersion", "2025-11-25");
                result.putObject("capabilities").putObject("tools");
                result.putObject("serverInfo").put("name", "small").put("version", "1");
            }
            case "tools/list" -> reply.putObject("result").putArray("tools").addObject().put("name", "lamp")
                    .put("description", "Turns the lamp on.").putObject("inputSchema").put("type", "object");
            default -> reply.putObject("error").put("code", -32601).put("message", "not known");
        }
        answer(exchange, asked.has("id") ? 200 : 202, reply);
    }

    private static void answer(HttpExchange exchange, int status, JsonNode body) throws IOException {
        try (exchange) {
            byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private static Map<String, String> fields(String encoded) {
        Map<String, String> fields = new HashMap<>();
        for (String field : encoded.split("&", -1)) {
            String[] parts = field.split("=", 2);
            fields.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
        }
        return fields;
    }

    private Path file(String auth) throws IOException {
        return Files.writeString(folder.resolve("servers.json"),
                "{\"mcpServers\":{\"small\":{\"url\":\"" + origin + "/mcp\",\"timeoutSeconds\":30" + auth + "}}}");
    }

    /** What is offered, or what does not work. */
    private List<String> offered(Path file) throws InterruptedException {
        try (Servers servers = Servers.connect(file, List.of(), Optional.of(folder.resolve("approvals.json")), true,
                Map.of())) {
            List<String> said = new ArrayList<>(servers.problems());
            servers.offered().forEach(tool -> said.add(tool.original()));
            return said;
        }
    }

    /** A browser in which somebody has signed in already: it follows all redirections. */
    private void visit(HttpClient browser, URI page) {
        try {
            shown.add(browser.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString()).body());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private List<String> login(Path file) throws InterruptedException {
        try (HttpClient browser = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.ALWAYS).build()) {
            return new FileConnector().signIn(file, "small",
                    Map.of("approvals", folder.resolve("approvals.json").toString()), page -> {
                        pages.add(page);
                        visit(browser, page);
                    });
        }
    }

    @Test
    void nobodyIsSentToABrowserWithoutAskingForIt() throws Exception {
        List<String> said = offered(file(""));
        assertEquals(1, said.size());
        assertTrue(said.getFirst().contains("millrace mcp login"), said.getFirst());
        assertTrue(forms.isEmpty());
    }

    @Test
    void aPersonSignsInOnceAndThePassIsRenewed() throws Exception {
        Path file = file("");
        assertEquals(List.of(), login(file));
        assertEquals(1, pages.size());
        assertEquals(List.of("Millrace has your answer. You can close this page."), shown);
        Map<String, String> query = fields(pages.getFirst().getRawQuery());
        assertEquals("S256", query.get("code_challenge_method"));
        assertEquals(origin + "/mcp", query.get("resource"));
        assertEquals("house", query.get("scope"));
        assertEquals("the-code", forms.getFirst().get("code"));
        assertEquals(List.of("lamp"), offered(file));

        valid = "something else: the token has ended";
        assertEquals(List.of("lamp"), offered(file));
        assertEquals(1, pages.size());
        assertEquals("secret-refresh-1", forms.getLast().get("refresh_token"));
        assertEquals("registered", forms.getLast().get("client_id"));
    }

    @Test
    void aPassIsForItsOwnersEyes() throws Exception {
        login(file(""));
        try (Stream<Path> kept = Files.list(folder.resolve("mcp-passes"))) {
            List<Path> files = kept.toList();
            assertEquals(1, files.size());
            assertTrue(Files.readString(files.getFirst()).contains("secret-token-1"));
            if (FileSystems.getDefault().supportedFileAttributeViews().contains("posix")) {
                assertEquals("rw-------",
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(files.getFirst())));
                assertEquals("rwx------",
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("mcp-passes"))));
            }
        }
    }

    @Test
    void aGatewayComesInByItsOwnSecretAndComesInAgain() throws Exception {
        Path file = file(
                ",\"auth\":{\"grant\":\"client_credentials\",\"clientId\":\"gate way\",\"clientSecret\":\"s:1\"}");
        assertEquals(List.of("lamp"), offered(file));
        assertEquals("client_credentials", forms.getFirst().get("grant_type"));
        assertEquals("Basic " + Base64.getEncoder().encodeToString("gate+way:s%3A1".getBytes(StandardCharsets.UTF_8)),
                proofs.getFirst());
        valid = "something else: the token has ended";
        assertEquals(List.of("lamp"), offered(file));
        assertEquals(2, forms.size());
    }

    @Test
    void anAssertionIsReadFromItsFile() throws Exception {
        Path assertion = Files.writeString(folder.resolve("assertion"), "a.b.c\n");
        assertEquals(List.of("lamp"),
                offered(file(",\"auth\":{\"grant\":\"jwt-bearer\",\"assertionFile\":\"" + assertion + "\"}")));
        assertEquals("a.b.c", forms.getFirst().get("assertion"));
    }

    @Test
    void aSecretGoesToNoOtherHost() throws Exception {
        issuer = origin.replace("127.0.0.1", "localhost");
        String secret = ",\"auth\":{\"grant\":\"client_credentials\",\"clientId\":\"me\",\"clientSecret\":\"s\"%s}";
        assertTrue(offered(file(secret.formatted(""))).getFirst().contains("at another host"));
        issuer = "http://10.0.0.1";
        assertTrue(offered(file(secret.formatted(""))).getFirst().contains("not encrypted"));
        issuer = origin;
        assertTrue(offered(file(secret.formatted(",\"issuer\":\"https://right.example\""))).getFirst()
                .contains("does not name the authorization server"));
        assertTrue(forms.isEmpty());
    }

    @Test
    void aTokenInHeadersIsTheOnlyOne() throws Exception {
        List<String> said = offered(file(",\"headers\":{\"Authorization\":\"Bearer wrong\"},"
                + "\"auth\":{\"grant\":\"client_credentials\",\"clientId\":\"me\",\"clientSecret\":\"s\"}"));
        assertTrue(said.getFirst().contains("refuses (401)"), said.getFirst());
        assertTrue(forms.isEmpty());
    }

    @Test
    void whereNobodyAnswersNobodySignsIn() throws Exception {
        Path file = file("");
        server.stop(0);
        assertEquals("Nobody can sign in at small: nobody answers there.",
                assertThrows(MillraceException.class, () -> login(file)).getMessage());
        assertTrue(offered(file).getFirst().endsWith("cannot be reached: nobody answers there."),
                offered(file)::toString);
    }

    @Test
    void settingsThatCannotBeMeantAreRefused() {
        for (String auth : List.of("{\"grant\":\"magic\"}", "{\"grant\":\"client_credentials\",\"clientId\":\"me\"}",
                "{\"grant\":\"jwt-bearer\"}")) {
            String said = assertThrows(MillraceException.class, () -> offered(file(",\"auth\":" + auth))).getMessage();
            assertTrue(said.contains("small"), said);
        }
        assertFalse(String.valueOf(assertThrows(MillraceException.class,
                () -> new FileConnector().signIn(file(""), "other", Map.of(), page -> {
                    // nobody
                })).getMessage()).isEmpty());
    }
}
