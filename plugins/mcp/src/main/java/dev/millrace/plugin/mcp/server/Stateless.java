/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.protocol.Meta;
import dev.millrace.plugin.mcp.protocol.Revision;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.time.InstantSource;
import java.util.List;

/** Answers requests that stand for themselves, as revision 2026-07-28 has them. Keeps nothing between them. */
final class Stateless {

    static final String LISTEN = "subscriptions/listen";
    /** How long a client may keep what it was told without asking again: changes are told to those who listen. */
    private static final int KEEP_MILLIS = 5_000;
    private static final List<String> LEVELS = List.of("debug", "info", "notice", "warning", "error", "critical",
            "alert", "emergency");

    private final Methods methods;
    private final Continuation continuation = new Continuation(InstantSource.system());

    Stateless(Methods methods) {
        this.methods = methods;
    }

    /** Whether a request says its revision, as this one asks for. */
    static boolean isMeant(ObjectNode params) {
        return params.path("_meta").has(Meta.VERSION);
    }

    /**
     * Checks what each request must say.
     *
     * @throws RpcException if it does not
     */
    static void check(ObjectNode params) throws RpcException {
        checkSaid(params);
        String version = params.path("_meta").path(Meta.VERSION).textValue();
        if (!version.equals(Revision.STATELESS)) {
            throw unsupported(version);
        }
        if (!params.path("_meta").path(Meta.CAPABILITIES).isObject()) {
            throw new RpcException(ErrorCode.INVALID_PARAMS, "_meta must say " + Meta.CAPABILITIES + ".");
        }
    }

    /**
     * Checks that a request says a revision, whichever.
     *
     * @throws RpcException if it does not
     */
    static void checkSaid(ObjectNode params) throws RpcException {
        if (!params.path("_meta").path(Meta.VERSION).isTextual()) {
            throw new RpcException(ErrorCode.INVALID_PARAMS, "_meta must say " + Meta.VERSION + ", a string.");
        }
    }

    static RpcException unsupported(String version) {
        ObjectNode data = Json.object().put("requested", version);
        Revision.ALL.forEach(data.putArray("supported")::add);
        return new RpcException(ErrorCode.UNSUPPORTED_VERSION,
                "The revision " + Methods.shown(version) + " is not spoken here.", data);
    }

    static ObjectNode capabilities(ObjectNode params) {
        return Json.object(params.path("_meta"), Meta.CAPABILITIES);
    }

    static boolean wantsLog(ObjectNode params, String level) {
        int least = LEVELS.indexOf(params.path("_meta").path(Meta.LEVEL).asText());
        return least >= 0 && LEVELS.indexOf(level) >= least;
    }

    /**
     * Answers all but {@link #LISTEN}.
     *
     * @param caller who asks
     */
    ObjectNode answer(String caller, String method, ObjectNode params, Dialog dialog)
            throws RpcException, InterruptedException {
        check(params);
        ObjectNode result;
        if (method.equals("server/discover")) {
            result = discover();
        } else if (Methods.knows(method)) {
            result = rounds(caller, method, params, dialog);
        } else {
            throw new RpcException(ErrorCode.METHOD_NOT_FOUND, "There is no method " + Methods.shown(method) + ".");
        }
        if (!result.has("resultType")) {
            result.put("resultType", "complete");
            switch (method) {
                case "server/discover", "tools/list", "resources/list", "resources/templates/list", "prompts/list" ->
                    result.put("ttlMs", KEEP_MILLIS).put("cacheScope", "private");
                case "resources/read" -> result.put("ttlMs", 0).put("cacheScope", "private");
                default -> {
                    // nothing to keep
                }
            }
        }
        return signed(result);
    }

    private ObjectNode discover() {
        ObjectNode result = Json.object();
        Revision.ALL.forEach(result.putArray("supportedVersions")::add);
        result.set("capabilities", methods.capabilities());
        if (!methods.offer().instructions().isEmpty()) {
            result.put("instructions", methods.offer().instructions());
        }
        return result;
    }

    private ObjectNode rounds(String caller, String method, ObjectNode params, Dialog dialog)
            throws RpcException, InterruptedException {
        ObjectNode answers = Json.object();
        JsonNode state = params.path("requestState");
        if (!state.isMissingNode()) {
            answers.setAll(continuation.open(caller, method, params, state.asText()));
        }
        answers.setAll(Json.object(params, "inputResponses"));
        try {
            return methods.answer(method, params, new RoundTripContext(dialog, params, answers),
                    ErrorCode.INVALID_PARAMS);
        } catch (RoundTripContext.QuestionsException e) {
            ObjectNode result = Json.object().put("resultType", "input_required");
            ObjectNode questions = result.putObject("inputRequests");
            e.questions().forEach(questions::set);
            result.put("requestState", continuation.seal(caller, method, params, answers));
            return result;
        }
    }

    /** Says who answers. */
    private ObjectNode signed(ObjectNode result) {
        ObjectNode meta = result.get("_meta") instanceof ObjectNode there ? there : result.putObject("_meta");
        meta.set(Meta.SERVER, methods.offer().info());
        return result;
    }

    /** The last message of a stream of changes. */
    ObjectNode end(JsonNode id) {
        ObjectNode result = signed(Json.object().put("resultType", "complete"));
        if (result.get("_meta") instanceof ObjectNode meta) {
            meta.set(Meta.SUBSCRIPTION, id);
        }
        return result;
    }
}
