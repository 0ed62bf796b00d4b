/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.oauth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Fetches documents and sends forms, to addresses that are encrypted or on this machine. Redirections are not followed. */
final class Web implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int LARGEST = 1 << 20;
    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]", "::1");

    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(PATIENCE).followRedirects(HttpClient.Redirect.NEVER).build();

    /**
     * An answer.
     *
     * @param status of HTTP
     * @param body an object without fields if there is none in it
     */
    record Answer(int status, ObjectNode body) {

        /** What an authorization server says went wrong, in its own word, shortened. */
        String error() {
            String error = Json.text(body, "error").orElse("status " + status).replaceAll("[^\\x20-\\x7e]", "\ufffd");
            return error.length() > 80 ? error.substring(0, 80) : error;
        }
    }

    /**
     * An address that secrets may be sent to.
     *
     * @throws SignInException if it is none
     */
    static URI checked(String address) throws SignInException {
        try {
            URI uri = URI.create(address);
            String host = uri.getHost();
            if (host != null && uri.getFragment() == null && uri.getUserInfo() == null
                    && ("https".equals(uri.getScheme())
                            || ("http".equals(uri.getScheme()) && LOOPBACK.contains(host)))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new SignInException("What should be an address for signing in is none.", e);
        }
        throw new SignInException(
                "An address for signing in is not encrypted (https) and not on this machine, so nothing is sent there.");
    }

    /** The document at an address, or empty if there is none. */
    Optional<ObjectNode> document(URI address) throws IOException, InterruptedException {
        Answer answer = send(
                HttpRequest.newBuilder(address).timeout(PATIENCE).setHeader("Accept", "application/json").GET()
                        .build());
        return answer.status() == 200 && !answer.body().isEmpty() ? Optional.of(answer.body()) : Optional.empty();
    }

    /** Sends an object as JSON. */
    Answer post(URI address, ObjectNode body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(address).timeout(PATIENCE).setHeader("Accept", "application/json")
                .setHeader("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body))).build());
    }

    /** Sends a form. */
    Answer form(URI address, Map<String, String> fields, Map<String, String> headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address).timeout(PATIENCE)
                .setHeader("Accept", "application/json")
                .setHeader("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(encoded(fields)));
        headers.forEach(request::setHeader);
        return send(request.build());
    }

    /** Fields as a form or a query has them. */
    static String encoded(Map<String, String> fields) {
        return fields.entrySet().stream().map(field -> encoded(field.getKey()) + "=" + encoded(field.getValue()))
                .collect(Collectors.joining("&"));
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private Answer send(HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        try (InputStream body = response.body()) {
            byte[] content = body.readNBytes(LARGEST + 1);
            Optional<String> text = content.length > LARGEST ? Optional.empty() : Json.utf8(content);
            if (text.isPresent() && Json.parse(text.get()) instanceof ObjectNode object) {
                return new Answer(response.statusCode(), object);
            }
        } catch (RpcException e) {
            return new Answer(response.statusCode(), Json.object()); // no JSON, so nothing to read
        }
        return new Answer(response.statusCode(), Json.object());
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
