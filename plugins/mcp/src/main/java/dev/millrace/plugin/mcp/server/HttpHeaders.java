/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.protocol.HttpNames;
import dev.millrace.plugin.mcp.protocol.Meta;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.Message;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Headers that repeat parts of the body, for those who look at requests on their way; revision 2026-07-28. */
final class HttpHeaders {

    private HttpHeaders() {
    }

    private static String decoded(String header, String value) throws RpcException {
        if (!value.startsWith(HttpNames.ENCODED) || !value.endsWith(HttpNames.ENCODED_END)
                || value.length() < HttpNames.ENCODED.length() + HttpNames.ENCODED_END.length()) {
            if (HttpNames.isPlain(value)) {
                return value;
            }
            throw mismatch(header + " has characters that a header cannot have.");
        }
        String inner = value.substring(HttpNames.ENCODED.length(), value.length() - HttpNames.ENCODED_END.length());
        if (inner.length() % 4 != 0) {
            throw mismatch(header + " is not written in base 64 with its padding.");
        }
        try {
            byte[] bytes = Base64.getDecoder().decode(inner);
            return Json.utf8(bytes).orElseThrow(() -> mismatch(header + " is not written in UTF-8."));
        } catch (IllegalArgumentException e) {
            throw mismatch(header + " is not written in base 64.");
        }
    }

    private static RpcException mismatch(String message) {
        return new RpcException(ErrorCode.HEADER_MISMATCH, message);
    }

    /**
     * Checks that headers and body say the same.
     *
     * @throws RpcException {@link ErrorCode#HEADER_MISMATCH} if they do not
     */
    static void check(WebExchange exchange, Message.Request request, List<OfferedTool> tools) throws RpcException {
        same(exchange, HttpNames.VERSION, request.params().path("_meta").path(Meta.VERSION).asText());
        same(exchange, HttpNames.METHOD, request.method());
        Optional<String> named = HttpNames.named(request.method());
        if (named.isPresent() && request.params().path(named.get()).isTextual()) {
            same(exchange, HttpNames.NAME, request.params().path(named.get()).textValue());
        }
        if (request.method().equals("tools/call")) {
            String name = request.params().path("name").asText();
            for (OfferedTool tool : tools) {
                if (tool.name().equals(name)) {
                    arguments(exchange, Json.object(tool.definition(), "inputSchema"),
                            Json.object(request.params(), "arguments"));
                }
            }
        }
    }

    private static void arguments(WebExchange exchange, ObjectNode schema, JsonNode values) throws RpcException {
        for (var property : Json.object(schema, "properties").properties()) {
            JsonNode value = values.path(property.getKey());
            String mark = property.getValue().path(HttpNames.MARK).asText();
            if (property.getValue() instanceof ObjectNode inner && inner.has("properties")) {
                arguments(exchange, inner, value);
            } else if (!mark.isEmpty() && value.isValueNode() && !value.isNull()) {
                String given = given(exchange, HttpNames.PARAM + mark);
                if (!given.equals(value.asText()) && !(value.isNumber() && equal(given, value.decimalValue()))) {
                    throw mismatch(HttpNames.PARAM + mark + " is not what stands in the body.");
                }
            }
        }
    }

    private static boolean equal(String text, BigDecimal number) {
        return text.matches("-?[0-9]{1,20}(\\.[0-9]{1,20})?") && new BigDecimal(text).compareTo(number) == 0;
    }

    private static String given(WebExchange exchange, String header) throws RpcException {
        return decoded(header,
                exchange.header(header).orElseThrow(() -> mismatch("The header " + header + " is missing.")));
    }

    private static void same(WebExchange exchange, String header, String body) throws RpcException {
        String given = header.equals(HttpNames.NAME)
                ? given(exchange, header)
                : exchange.header(header).orElseThrow(() -> mismatch("The header " + header + " is missing."));
        if (!given.equals(body)) {
            throw mismatch("The header " + header + " says " + Methods.shown(given) + ", and the body says "
                    + Methods.shown(body) + ".");
        }
    }
}
