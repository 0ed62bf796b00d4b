/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.server.Offer;
import dev.millrace.plugin.mcp.server.StreamConversation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A client of one server over two pipes, which looks at each message that it gets by the official schemas. */
final class Wire implements AutoCloseable {

    static final ObjectMapper JSON = new ObjectMapper();
    /** What each request of revision 2026-07-28 says. */
    static final String META = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
            + "\"io.modelcontextprotocol/clientInfo\":{\"name\":\"wire\",\"version\":\"1\"},"
            + "\"io.modelcontextprotocol/clientCapabilities\":{\"elicitation\":{},\"sampling\":{}}}";

    private final OutputStream toServer;
    private final BufferedReader fromServer;
    private final Thread server;
    private final Optional<Schemas> schemas;
    private final boolean stateless;
    final List<JsonNode> told = new ArrayList<>();
    private int last;

    Wire(Offer offer, boolean stateless) throws IOException {
        this.stateless = stateless;
        schemas = Schemas.of(stateless ? "2026-07-28" : "2025-11-25");
        Pipe there = Pipe.open();
        Pipe back = Pipe.open();
        toServer = Channels.newOutputStream(there.sink());
        InputStream in = Channels.newInputStream(there.source());
        OutputStream serverOut = Channels.newOutputStream(back.sink());
        fromServer = new BufferedReader(
                new InputStreamReader(Channels.newInputStream(back.source()), StandardCharsets.UTF_8));
        server = Thread.ofVirtual().start(() -> {
            try (serverOut) {
                StreamConversation.serve(offer, in, serverOut, Duration.ofSeconds(1));
            } catch (IOException e) {
                // the client has left
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** The handshake of revision 2025-11-25. */
    JsonNode initialize() throws IOException {
        JsonNode result = result("initialize", "InitializeResult", "\"protocolVersion\":\"2025-11-25\","
                + "\"capabilities\":{\"elicitation\":{},\"sampling\":{}},\"clientInfo\":{\"name\":\"wire\",\"version\":\"1\"}");
        raw("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
        return result;
    }

    void raw(String line) throws IOException {
        raw((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    void raw(byte[] bytes) throws IOException {
        toServer.write(bytes);
        toServer.flush();
    }

    /** Sends a request and does not wait. */
    int send(String method, String params) throws IOException {
        String all = stateless ? META + (params.isEmpty() ? "" : "," + params) : params;
        raw("{\"jsonrpc\":\"2.0\",\"id\":" + ++last + ",\"method\":\"" + method + "\",\"params\":{" + all + "}}");
        return last;
    }

    /** The next message, looked at by the schemas. */
    JsonNode next() throws IOException {
        String line = fromServer.readLine();
        if (line == null) {
            throw new IOException("The server has ended.");
        }
        JsonNode message = JSON.readTree(line);
        String kind = message.has("error")
                ? "JSONRPCErrorResponse"
                : message.has("result")
                        ? "JSONRPCResultResponse"
                        : message.has("id") ? "ServerRequest" : "ServerNotification";
        check(kind, message);
        return message;
    }

    private void check(String kind, JsonNode message) {
        schemas.ifPresent(all -> {
            List<String> problems = all.problems(kind, message);
            if (!problems.isEmpty()) {
                throw new AssertionError(kind + ": " + problems + " in " + message);
            }
        });
    }

    /** The answer to a request; what is told before is kept. */
    JsonNode answer(int id) throws IOException {
        while (true) {
            JsonNode message = next();
            if (!message.has("method") && message.path("id").asInt(-1) == id) {
                return message;
            }
            told.add(message);
        }
    }

    JsonNode result(String method, String kind, String params) throws IOException {
        JsonNode answer = answer(send(method, params));
        if (!answer.has("result")) {
            throw new AssertionError(answer.toString());
        }
        check(kind, answer.path("result"));
        return answer.path("result");
    }

    JsonNode error(String method, String params) throws IOException {
        JsonNode answer = answer(send(method, params));
        if (!answer.has("error")) {
            throw new AssertionError(answer.toString());
        }
        return answer.path("error");
    }

    JsonNode call(String tool, String arguments) throws IOException {
        return result("tools/call", "CallToolResult", "\"name\":\"" + tool + "\",\"arguments\":" + arguments);
    }

    void respond(JsonNode request, ObjectNode result) throws IOException {
        ObjectNode answer = JSON.createObjectNode().put("jsonrpc", "2.0");
        answer.set("id", request.get("id"));
        answer.set("result", result);
        raw(answer.toString());
    }

    boolean isServing() {
        return server.isAlive();
    }

    /** Ends the input and waits for the server's end. */
    @Override
    public void close() throws IOException {
        toServer.close();
        while (fromServer.readLine() != null) {
            // what was on its way
        }
        try {
            server.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
