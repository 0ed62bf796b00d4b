/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;

/** What is done when a server asks something. There is nobody here whom it could ask, so the default is to refuse. */
enum Questions {
    /** Nothing is answered, and the server is told at the start that it cannot ask. */
    REFUSE {
        @Override
        ObjectNode capabilities() {
            return Json.object();
        }

        @Override
        ObjectNode answer(String method, ObjectNode params) throws RpcException {
            if (method.equals("ping")) {
                return Json.object();
            }
            throw new RpcException(ErrorCode.METHOD_NOT_FOUND, "This client answers no questions.");
        }
    },
    /** Forms are sent back with their own default values; one without them for all that it must have is declined. */
    DEFAULTS {
        @Override
        ObjectNode capabilities() {
            ObjectNode capabilities = Json.object();
            capabilities.putObject("elicitation").putObject("form").put("applyDefaults", true);
            return capabilities;
        }

        @Override
        ObjectNode answer(String method, ObjectNode params) throws RpcException {
            if (!method.equals("elicitation/create") || params.path("mode").asText("form").equals("url")) {
                return REFUSE.answer(method, params);
            }
            ObjectNode schema = Json.object(params, "requestedSchema");
            ObjectNode content = Json.object();
            Json.object(schema, "properties").properties().forEach(field -> {
                JsonNode value = field.getValue().get("default");
                if (value != null) {
                    content.set(field.getKey(), value);
                }
            });
            for (JsonNode name : schema.path("required")) {
                if (!content.has(name.asText())) {
                    return Json.object().put("action", "decline");
                }
            }
            ObjectNode answer = Json.object().put("action", "accept");
            answer.set("content", content);
            return answer;
        }
    };

    /** What the server is told that it may ask. */
    abstract ObjectNode capabilities();

    /**
     * Answers.
     *
     * @throws RpcException if it is refused
     */
    abstract ObjectNode answer(String method, ObjectNode params) throws RpcException;
}
