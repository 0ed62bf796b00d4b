/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.ToolResult;
import dev.millrace.plugin.mcp.rpc.Json;

/** What comes back from servers, as text and data for a model. */
final class Contents {

    /** Characters of a result; small models lose the thread in longer ones. */
    private static final int MOST = 24_000;

    private Contents() {
    }

    /** The result of a tool. */
    static ToolResult result(ObjectNode result) {
        StringBuilder words = new StringBuilder();
        boolean left = false;
        for (JsonNode block : result.path("content")) {
            if (words.length() > MOST) {
                break;
            }
            left |= !block.path("type").asText().equals("text");
            words.append(words.isEmpty() ? "" : "\n").append(text(block));
        }
        String told = cut(words.toString());
        if (result.path("isError").asBoolean()) {
            return ToolResult.error(told.isEmpty() ? "The tool failed and gave no reason." : told);
        }
        JsonNode structured = result.path("structuredContent");
        if (structured.isObject() && !left && structured.toString().length() <= MOST) {
            return ToolResult.of(Json.plain(Untrusted.tree(structured, MOST)));
        }
        return ToolResult.of(told.isEmpty() ? "The tool gave no text." : told);
    }

    private static String cut(String text) {
        String clean = Untrusted.text(text, MOST);
        return clean.endsWith(" [cut]")
                ? clean.substring(0, clean.length() - " [cut]".length()) + " [the rest of the result was left out]"
                : clean;
    }

    /** A block of content. */
    static String text(JsonNode block) {
        return switch (block.path("type").asText()) {
            case "text" -> block.path("text").asText();
            case "image", "audio" -> "[" + block.path("type").asText() + " of type "
                    + Untrusted.line(block.path("mimeType").asText("?")) + " left out: this model reads text only]";
            case "resource" -> resource(block.path("resource"));
            case "resource_link" -> "[resource " + Untrusted.line(block.path("name").asText()) + " at "
                    + Untrusted.line(block.path("uri").asText()) + "]";
            default -> "[content of an unknown kind left out]";
        };
    }

    /** What stands in a resource. */
    static String resource(JsonNode resource) {
        return resource.path("text").isTextual()
                ? resource.path("text").textValue()
                : "[data of type " + Untrusted.line(resource.path("mimeType").asText("?"))
                        + " left out: this model reads text only]";
    }

    /** Longest text that is handed out. */
    static String whole(String text) {
        return cut(text);
    }
}
