/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.rpc;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A message of JSON-RPC 2.0, as the Model Context Protocol narrows it: parameters and results are objects, and ids are not null. */
public sealed interface Message {

    /** Asks for a result. */
    record Request(JsonNode id, String method, ObjectNode params) implements Message {
    }

    /** Tells something. */
    record Notification(String method, ObjectNode params) implements Message {
    }

    /** What a request asked for. */
    record Result(JsonNode id, ObjectNode result) implements Message {
    }

    /** Why a request has no result; the id is null if it could not be read. */
    record Failure(@Nullable JsonNode id, RpcException error) implements Message {
    }

    /**
     * Reads a message.
     *
     * @throws Malformed if it is none, with the id if there is one
     */
    static Message read(JsonNode node) throws Malformed {
        if (node.isArray()) {
            throw new Malformed(null, "Batches are not spoken here: send one message at a time.");
        }
        if (!(node instanceof ObjectNode message)) {
            throw new Malformed(null, "A message is an object.");
        }
        JsonNode id = message.get("id");
        boolean named = id != null && (id.isTextual() || id.isIntegralNumber());
        JsonNode known = named ? id : null;
        if (!"2.0".equals(message.path("jsonrpc").textValue())) {
            throw new Malformed(known, "jsonrpc must be \"2.0\".");
        }
        if (id != null && !named && !(id.isNull() && message.has("error"))) {
            throw new Malformed(null, "id must be a string or a whole number.");
        }
        if (message.has("method")) {
            return call(message, known);
        }
        if (message.get("error") instanceof ObjectNode error) {
            return new Failure(known, new RpcException(error.path("code").asInt(ErrorCode.INTERNAL),
                    error.path("message").asText("no reason was given"), error.get("data")));
        }
        if (known != null && message.get("result") instanceof ObjectNode result) {
            return new Result(known, result);
        }
        throw new Malformed(known, "A message has a method, a result or an error.");
    }

    private static Message call(ObjectNode message, @Nullable JsonNode id) throws Malformed {
        JsonNode method = message.path("method");
        JsonNode params = message.get("params");
        if (!method.isTextual()) {
            throw new Malformed(id, "method must be a string.");
        }
        if (params != null && !params.isObject()) {
            throw new Malformed(id, "params must be an object.");
        }
        ObjectNode given = params instanceof ObjectNode object ? object : Json.object();
        return id == null
                ? new Notification(method.textValue(), given)
                : new Request(id, method.textValue(), given);
    }

    /**
     * Which request a text answers that is no message as a whole: it may be nested too deeply, have a key twice, be cut, or have no
     * object as its result. Nothing but that is read.
     */
    static Optional<JsonNode> answered(String text) {
        return AnswerId.of(text);
    }

    /** As it goes over the wire. */
    default ObjectNode write() {
        ObjectNode message = Json.object().put("jsonrpc", "2.0");
        switch (this) {
            case Request request -> {
                message.set("id", request.id);
                message.put("method", request.method).set("params", request.params);
            }
            case Notification notification -> {
                message.put("method", notification.method);
                if (!notification.params.isEmpty()) {
                    message.set("params", notification.params);
                }
            }
            case Result result -> {
                message.set("id", result.id);
                message.set("result", result.result);
            }
            case Failure failure -> {
                if (failure.id != null) {
                    message.set("id", failure.id);
                }
                message.set("error", failure.error.write());
            }
        }
        return message;
    }

    /** JSON that is no message. */
    final class Malformed extends Exception {

        private static final long serialVersionUID = 1;

        private final transient @Nullable JsonNode id;

        Malformed(@Nullable JsonNode id, String message) {
            super(message, null, false, false);
            this.id = id;
        }

        /** What the other side is told. */
        public Failure answer() {
            return new Failure(id, new RpcException(ErrorCode.INVALID_REQUEST, String.valueOf(getMessage())));
        }
    }
}
