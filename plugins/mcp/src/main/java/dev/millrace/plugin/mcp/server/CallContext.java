/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a tool, a resource or a prompt can do while the client waits. For the thread that was called. */
public abstract class CallContext {

    private final Dialog dialog;
    private final @Nullable JsonNode progressToken;

    CallContext(Dialog dialog, ObjectNode params) {
        this.dialog = dialog;
        this.progressToken = params.path("_meta").get("progressToken");
    }

    /**
     * Tells how far it is, if the client wants to know.
     *
     * @param progress more than the last time
     * @param total what it will be at the end, or 0 if nobody knows
     * @param message for people; may be empty
     */
    public final void progress(double progress, double total, String message) throws InterruptedException {
        if (progressToken == null || !(progressToken.isTextual() || progressToken.isIntegralNumber())) {
            return;
        }
        ObjectNode params = Json.object().put("progress", progress);
        params.set("progressToken", progressToken);
        if (total > 0) {
            params.put("total", total);
        }
        if (!message.isEmpty()) {
            params.put("message", message);
        }
        dialog.tell("notifications/progress", params);
    }

    /** Whether the client wants to know how far it is. */
    public final boolean wantsProgress() {
        return progressToken != null;
    }

    /** Sends a log message, if the client wants those of this level. */
    public final void log(String level, String logger, String data) throws InterruptedException {
        if (dialog.wantsLog(level)) {
            dialog.tell("notifications/message",
                    Json.object().put("level", level).put("logger", logger).put("data", data));
        }
    }

    /**
     * Asks the client, or the person who uses it.
     *
     * @param questions by a name of their own; each has {@code method} and {@code params}
     * @return answers by the same names
     * @throws RpcException if the client cannot be asked, or will not answer
     */
    public abstract Map<String, ObjectNode> ask(Map<String, ObjectNode> questions)
            throws RpcException, InterruptedException;

    /** Whether the client has said that it can be asked by this method. */
    public final boolean canAsk(String method) {
        return capability(method, Json.object()).filter(needed -> has(dialog.capabilities(), needed)).isPresent();
    }

    /** Asks one thing. */
    public final ObjectNode ask(String name, String method, ObjectNode params)
            throws RpcException, InterruptedException {
        ObjectNode question = Json.object().put("method", method);
        question.set("params", params);
        return Optional.ofNullable(ask(Map.of(name, question)).get(name))
                .orElseThrow(() -> new RpcException(ErrorCode.INVALID_PARAMS, "There is no answer to " + name + "."));
    }

    /** What a client must be able to do to be asked this, or nothing if that cannot be asked. */
    static Optional<ObjectNode> capability(String method, ObjectNode params) {
        ObjectNode needed = Json.object();
        switch (method) {
            case "elicitation/create" -> {
                ObjectNode elicitation = needed.putObject("elicitation");
                if (params.path("mode").asText().equals("url")) {
                    elicitation.putObject("url");
                }
            }
            case "sampling/createMessage" -> {
                ObjectNode sampling = needed.putObject("sampling");
                if (params.has("tools") || params.has("toolChoice")) {
                    sampling.putObject("tools");
                }
            }
            case "roots/list" -> needed.putObject("roots");
            default -> {
                return Optional.empty();
            }
        }
        return Optional.of(needed);
    }

    /** Whether all that is needed is there. */
    static boolean has(JsonNode capabilities, ObjectNode needed) {
        return needed.properties().stream().allMatch(each -> capabilities.get(each.getKey()) instanceof ObjectNode there
                && has(there, (ObjectNode) each.getValue()));
    }

    /** A name for who asks. */
    public final String caller() {
        return dialog.caller();
    }

    final Dialog dialog() {
        return dialog;
    }
}
