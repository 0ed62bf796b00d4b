/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mcp.rpc.Json;
import java.util.Map;

/** Results of tools as the protocol has them. */
final class Results {

    private Results() {
    }

    static ObjectNode text(String text) {
        ObjectNode result = Json.object();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        return result;
    }

    static ObjectNode error(String message) {
        return text(message).put("isError", true);
    }

    /** What a tool of the runtime gave. */
    static ObjectNode of(ToolDefinition tool, ToolResult given) {
        if (given.error()) {
            return error(String.valueOf(given.value()));
        }
        if (!tool.output().isEmpty() && !(given.value() instanceof Map)) {
            // clients hold results against the schema that they were told
            return error("The tool " + tool.name() + " gave no object, as it promises.");
        }
        if (given.value() instanceof String words) {
            return text(words);
        }
        JsonNode tree = Json.tree(given.value());
        ObjectNode result = text(Json.text(tree));
        if (tree.isObject()) {
            result.set("structuredContent", tree);
        }
        return result;
    }
}
