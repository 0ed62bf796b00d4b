/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.protocol.Revision;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** What a client with a handshake has agreed with the server. Safe for use from any thread. */
final class Session {

    private static final List<String> LEVELS = List.of("debug", "info", "notice", "warning", "error", "critical",
            "alert", "emergency");
    private static final int MOST_SUBSCRIPTIONS = 100;

    private final Methods methods;
    private final Set<String> subscriptions = ConcurrentHashMap.newKeySet();
    private volatile String version = "";
    private volatile ObjectNode capabilities = Json.object();
    private volatile String level = "info";

    Session(Methods methods) {
        this.methods = methods;
    }

    /** The revision that was agreed; empty before the handshake. */
    String version() {
        return version;
    }

    ObjectNode capabilities() {
        return capabilities;
    }

    /** URIs whose changes the client wants to know. */
    Set<String> subscriptions() {
        return subscriptions;
    }

    boolean wantsLog(String of) {
        return LEVELS.indexOf(of) >= LEVELS.indexOf(level);
    }

    ObjectNode answer(String method, ObjectNode params, Dialog dialog) throws RpcException, InterruptedException {
        switch (method) {
            case "initialize" -> {
                return initialize(params);
            }
            case "ping" -> {
                return Json.object();
            }
            default -> {
                if (version.isEmpty()) {
                    throw new RpcException(ErrorCode.INVALID_REQUEST, "Send initialize first, or say the revision in"
                            + " each request (io.modelcontextprotocol/protocolVersion in _meta).");
                }
            }
        }
        return switch (method) {
            case "logging/setLevel" -> setLevel(params);
            case "resources/subscribe" -> subscribe(params);
            case "resources/unsubscribe" -> {
                subscriptions.remove(Json.text(params, "uri").orElse(""));
                yield Json.object();
            }
            default -> methods.answer(method, params, new SessionContext(dialog, params),
                    ErrorCode.RESOURCE_NOT_FOUND);
        };
    }

    private ObjectNode initialize(ObjectNode params) throws RpcException {
        if (!version.isEmpty()) {
            throw new RpcException(ErrorCode.INVALID_REQUEST, "The handshake is over.");
        }
        String asked = Json.text(params, "protocolVersion").orElseThrow(
                () -> new RpcException(ErrorCode.INVALID_PARAMS, "protocolVersion must be a string."));
        String agreed = Revision.ALL_WITH_SESSIONS.contains(asked) ? asked : Revision.WITH_SESSIONS;
        capabilities = Json.object(params, "capabilities");
        version = agreed;
        ObjectNode result = Json.object().put("protocolVersion", agreed);
        result.set("capabilities", methods.capabilities());
        result.set("serverInfo", methods.offer().info());
        if (!methods.offer().instructions().isEmpty()) {
            result.put("instructions", methods.offer().instructions());
        }
        return result;
    }

    private ObjectNode setLevel(ObjectNode params) throws RpcException {
        String given = Json.text(params, "level").orElse("");
        if (!LEVELS.contains(given)) {
            throw new RpcException(ErrorCode.INVALID_PARAMS, "level must be one of " + String.join(", ", LEVELS) + ".");
        }
        level = given;
        return Json.object();
    }

    private ObjectNode subscribe(ObjectNode params) throws RpcException {
        String uri = Json.text(params, "uri")
                .orElseThrow(() -> new RpcException(ErrorCode.INVALID_PARAMS, "uri must be a string."));
        if (subscriptions.size() >= MOST_SUBSCRIPTIONS) {
            throw new RpcException(ErrorCode.INVALID_PARAMS,
                    "A client may have " + MOST_SUBSCRIPTIONS + " subscriptions.");
        }
        subscriptions.add(uri);
        return Json.object();
    }
}
