/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** The methods that all revisions have in common. */
final class Methods {

    /** Definitions of one page. */
    private static final int PAGE = 100;
    private static final int MOST_COMPLETIONS = 100;
    private static final System.Logger LOG = System.getLogger(Methods.class.getName());

    private final Offer offer;

    Methods(Offer offer) {
        this.offer = offer;
    }

    Offer offer() {
        return offer;
    }

    /** What is offered, as capabilities. */
    ObjectNode capabilities() {
        ObjectNode capabilities = Json.object();
        capabilities.putObject("tools").put("listChanged", true);
        capabilities.putObject("resources").put("subscribe", true).put("listChanged", true);
        if (!offer.prompts().isEmpty()) {
            capabilities.putObject("prompts").put("listChanged", true);
        }
        if (offer.completes()) {
            capabilities.putObject("completions");
        }
        capabilities.putObject("logging");
        return capabilities;
    }

    /** Whether it is one of these. */
    static boolean knows(String method) {
        return switch (method) {
            case "tools/list", "tools/call", "resources/list", "resources/templates/list", "resources/read",
                    "prompts/list", "prompts/get", "completion/complete" ->
                true;
            default -> false;
        };
    }

    /**
     * Answers.
     *
     * @param missing the number of the error for a resource that is not there
     */
    ObjectNode answer(String method, ObjectNode params, CallContext context, int missing)
            throws RpcException, InterruptedException {
        return switch (method) {
            case "tools/list" -> page("tools", offer.tools().stream().map(OfferedTool::definition).toList(), params);
            case "tools/call" -> call(params, context);
            case "resources/list" -> page("resources", offer.resources(), params);
            case "resources/templates/list" -> page("resourceTemplates", offer.templates(), params);
            case "resources/read" -> read(params, context, missing);
            case "prompts/list" -> page("prompts", offer.prompts(), params);
            case "prompts/get" -> prompt(params, context);
            case "completion/complete" -> complete(params);
            default -> throw new RpcException(ErrorCode.METHOD_NOT_FOUND, "There is no method " + shown(method) + ".");
        };
    }

    /** A text of the client's, short and printable. */
    static String shown(String text) {
        String clean = text.replaceAll("[^\\x20-\\x7e]", "\ufffd");
        return clean.length() > 100 ? clean.substring(0, 100) + "..." : clean;
    }

    private static ObjectNode page(String field, List<ObjectNode> all, ObjectNode params) throws RpcException {
        int from = 0;
        if (params.has("cursor")) {
            from = cursor(params.path("cursor").asText(""), all.size());
        }
        int to = Math.min(all.size(), from + PAGE);
        ObjectNode result = Json.object();
        result.putArray(field).addAll(all.subList(from, to));
        if (to < all.size()) {
            result.put("nextCursor", Base64.getUrlEncoder().withoutPadding()
                    .encodeToString(("from " + to).getBytes(StandardCharsets.UTF_8)));
        }
        return result;
    }

    private static int cursor(String cursor, int size) throws RpcException {
        try {
            String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            if (text.startsWith("from ")) {
                int from = Integer.parseInt(text.substring("from ".length()));
                if (from >= 0) {
                    return Math.min(from, size);
                }
            }
        } catch (IllegalArgumentException e) {
            LOG.log(System.Logger.Level.DEBUG, "A cursor of a client's own.", e);
        }
        throw new RpcException(ErrorCode.INVALID_PARAMS, "The cursor was not made here.");
    }

    private static String required(ObjectNode params, String name) throws RpcException {
        return Json.text(params, name)
                .orElseThrow(() -> new RpcException(ErrorCode.INVALID_PARAMS, name + " must be a string."));
    }

    private static ObjectNode arguments(ObjectNode params) throws RpcException {
        JsonNode given = params.path("arguments");
        if (!given.isMissingNode() && !given.isObject()) {
            throw new RpcException(ErrorCode.INVALID_PARAMS, "arguments must be an object.");
        }
        return Json.object(params, "arguments");
    }

    private ObjectNode call(ObjectNode params, CallContext context) throws RpcException, InterruptedException {
        String name = required(params, "name");
        ObjectNode arguments = arguments(params);
        for (OfferedTool tool : offer.tools()) {
            if (tool.name().equals(name)) {
                try {
                    return tool.run().call(arguments, context);
                } catch (RoundTripContext.QuestionsException e) {
                    throw e;
                } catch (RuntimeException | StackOverflowError | LinkageError e) {
                    LOG.log(System.Logger.Level.WARNING, "The tool " + name + " failed.", e);
                    return text("The tool failed: " + e, true);
                }
            }
        }
        throw new RpcException(ErrorCode.INVALID_PARAMS, "There is no tool " + shown(name) + ".");
    }

    /** A result of text alone. */
    static ObjectNode text(String text, boolean error) {
        ObjectNode result = Json.object();
        result.putArray("content").addObject().put("type", "text").put("text", text);
        if (error) {
            result.put("isError", true);
        }
        return result;
    }

    private ObjectNode read(ObjectNode params, CallContext context, int missing)
            throws RpcException, InterruptedException {
        String uri = required(params, "uri");
        Optional<ArrayNode> contents = offer.read(uri, context);
        if (contents.isEmpty()) {
            throw new RpcException(missing, "There is no resource " + shown(uri) + ".", Json.object().put("uri", uri));
        }
        ObjectNode result = Json.object();
        result.set("contents", contents.get());
        return result;
    }

    private ObjectNode prompt(ObjectNode params, CallContext context) throws RpcException, InterruptedException {
        String name = required(params, "name");
        return offer.prompt(name, arguments(params), context).orElseThrow(
                () -> new RpcException(ErrorCode.INVALID_PARAMS, "There is no prompt " + shown(name) + "."));
    }

    private ObjectNode complete(ObjectNode params) throws RpcException {
        if (!offer.completes()) {
            throw new RpcException(ErrorCode.METHOD_NOT_FOUND, "There is no method completion/complete.");
        }
        if (!(params.get("ref") instanceof ObjectNode reference)
                || !(params.get("argument") instanceof ObjectNode argument)) {
            throw new RpcException(ErrorCode.INVALID_PARAMS, "ref and argument must be objects.");
        }
        List<String> all = offer.complete(reference, argument);
        List<String> values = all.subList(0, Math.min(all.size(), MOST_COMPLETIONS));
        ObjectNode result = Json.object();
        ObjectNode completion = result.putObject("completion");
        ArrayNode list = completion.putArray("values");
        values.forEach(list::add);
        completion.put("total", all.size()).put("hasMore", all.size() > values.size());
        return result;
    }
}
