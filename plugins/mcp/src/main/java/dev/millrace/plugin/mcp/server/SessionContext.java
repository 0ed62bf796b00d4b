/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Asks by requests of the server's own, as revisions with sessions do. */
final class SessionContext extends CallContext {

    SessionContext(Dialog dialog, ObjectNode params) {
        super(dialog, params);
    }

    @Override
    public Map<String, ObjectNode> ask(Map<String, ObjectNode> questions) throws RpcException, InterruptedException {
        Map<String, ObjectNode> answers = new LinkedHashMap<>();
        for (Map.Entry<String, ObjectNode> question : questions.entrySet()) {
            String method = question.getValue().path("method").asText();
            ObjectNode params = Json.object(question.getValue(), "params");
            Optional<ObjectNode> needed = capability(method, params);
            if (needed.isEmpty() || !has(dialog().capabilities(), needed.get())) {
                throw new RpcException(ErrorCode.INVALID_REQUEST,
                        "The client cannot be asked: it has not declared what " + method + " needs.");
            }
            answers.put(question.getKey(), dialog().ask(method, params));
        }
        return answers;
    }
}
