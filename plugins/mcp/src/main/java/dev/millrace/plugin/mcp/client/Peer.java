/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.protocol.Meta;
import dev.millrace.plugin.mcp.protocol.Revision;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** A server that has been found to speak a revision. Safe for use from any thread. */
final class Peer {

    private static final System.Logger LOG = System.getLogger(Peer.class.getName());
    private static final String NAME = "millrace";
    private static final String OWN_VERSION = "0.1.0";
    private static final long PROBE_MILLIS = 5_000;
    /** Programs may start slowly on a busy machine, however soon their calls have to end. */
    private static final long START_MILLIS = 180_000;
    private static final int MOST_PAGES = 50;
    private static final int MOST_ITEMS = 1_000;
    private static final int LONGEST_CURSOR = 10_000;
    private static final int MOST_ROUNDS = 8;
    private static final long DAY = 24 * 3_600_000L;

    private final ServerSpec spec;
    private final Channel channel;
    private final boolean stateless;
    private final ObjectNode capabilities;

    private Peer(ServerSpec spec, Channel channel, boolean stateless, ObjectNode capabilities) {
        this.spec = spec;
        this.channel = channel;
        this.stateless = stateless;
        this.capabilities = capabilities;
    }

    /**
     * Finds out which revision a server speaks: asks it by the newest, and begins with a handshake if it does not understand.
     *
     * @throws RpcException if it speaks none that is spoken here, or does not answer
     */
    static Peer greet(ServerSpec spec, Channel channel) throws RpcException, InterruptedException {
        try {
            ObjectNode found = discover(spec, channel);
            for (JsonNode version : found.path("supportedVersions")) {
                if (version.asText().equals(Revision.STATELESS)) {
                    return new Peer(spec, channel, true, Json.object(found, "capabilities"));
                }
            }
        } catch (RpcException e) {
            LOG.log(System.Logger.Level.DEBUG, spec.name() + " does not speak " + Revision.STATELESS + ": "
                    + e.sentence());
        }
        ObjectNode params = Json.object().put("protocolVersion", Revision.WITH_SESSIONS);
        params.set("capabilities", spec.questions().capabilities());
        params.set("clientInfo", info());
        ObjectNode agreed = channel.request("initialize", params, Map.of(),
                Math.max(START_MILLIS, spec.patience().toMillis()));
        String version = agreed.path("protocolVersion").asText();
        if (!Revision.ALL_WITH_SESSIONS.contains(version)) {
            throw new RpcException(ErrorCode.UNSUPPORTED_VERSION, "It speaks revision " + Untrusted.line(version)
                    + ", which is not spoken here.");
        }
        channel.tell("notifications/initialized", Json.object());
        channel.agreed(version);
        return new Peer(spec, channel, false, Json.object(agreed, "capabilities"));
    }

    /** Asks what a server speaks; once more if it refuses the revision and names the same among those that it speaks. */
    private static ObjectNode discover(ServerSpec spec, Channel channel) throws RpcException, InterruptedException {
        long patience = Math.min(PROBE_MILLIS, spec.patience().toMillis());
        try {
            return channel.request("server/discover", withMeta(spec, Json.object()), Map.of(), patience);
        } catch (RpcException e) {
            JsonNode data = e.data();
            if (e.code() == ErrorCode.UNSUPPORTED_VERSION && data != null) {
                for (JsonNode version : data.path("supported")) {
                    if (version.asText().equals(Revision.STATELESS)) {
                        return channel.request("server/discover", withMeta(spec, Json.object()), Map.of(), patience);
                    }
                }
            }
            throw e;
        }
    }

    private static ObjectNode info() {
        return Json.object().put("name", NAME).put("version", OWN_VERSION);
    }

    private static ObjectNode withMeta(ServerSpec spec, ObjectNode params) {
        ObjectNode meta = params.get("_meta") instanceof ObjectNode there ? there : params.putObject("_meta");
        meta.put(Meta.VERSION, Revision.STATELESS);
        meta.set(Meta.CLIENT, info());
        meta.set(Meta.CAPABILITIES, spec.questions().capabilities());
        return params;
    }

    boolean isStateless() {
        return stateless;
    }

    boolean offers(String what) {
        return capabilities.has(what);
    }

    /**
     * Asks to be told of changes, until that has ended. In revisions with a handshake servers tell by themselves.
     *
     * @return whether it can be asked for again
     */
    boolean listen() throws InterruptedException {
        if (!stateless || !capabilities.path("tools").path("listChanged").asBoolean()) {
            return false;
        }
        ObjectNode params = withMeta(spec, Json.object());
        params.putObject("notifications").put("toolsListChanged", true);
        try {
            channel.request("subscriptions/listen", params, Map.of(), DAY);
            return true;
        } catch (RpcException e) {
            LOG.log(System.Logger.Level.DEBUG, spec.name() + " tells no changes: " + e.sentence());
            return e.code() == ErrorCode.INTERNAL;
        }
    }

    /**
     * Goes through a list, page by page, to its end or to so many items. No page is kept: each may be as large as a message.
     *
     * @param field where the items stand
     * @param taker of the items; says whether it takes more
     */
    void list(String method, String field, Predicate<ObjectNode> taker) throws RpcException, InterruptedException {
        Set<String> cursors = new HashSet<>();
        ObjectNode params = Json.object();
        int items = 0;
        for (int page = 0; page < MOST_PAGES; page++) {
            ObjectNode result = send(method, params, Map.of());
            for (ObjectNode item : Json.objects(result, field)) {
                if (++items > MOST_ITEMS || !taker.test(item)) {
                    return;
                }
            }
            String next = result.path("nextCursor").asText("");
            if (next.isEmpty() || next.length() > LONGEST_CURSOR || !cursors.add(next)) {
                return;
            }
            params = Json.object().put("cursor", next);
        }
    }

    private ObjectNode send(String method, ObjectNode params, Map<String, String> headers)
            throws RpcException, InterruptedException {
        return channel.request(method, stateless ? withMeta(spec, params) : params, headers,
                spec.patience().toMillis());
    }

    /**
     * Asks for something, and answers what the server asks meanwhile by the policy.
     *
     * @throws RpcException what the server says, or that it asks what is not answered
     */
    ObjectNode call(String method, ObjectNode params, Map<String, String> headers)
            throws RpcException, InterruptedException {
        ObjectNode now = params;
        for (int round = 0; round < MOST_ROUNDS; round++) {
            ObjectNode result = send(method, now, headers);
            if (!result.path("resultType").asText("complete").equals("input_required")) {
                return result;
            }
            now = params.deepCopy();
            ObjectNode answers = Json.object();
            for (Map.Entry<String, JsonNode> question : Json.object(result, "inputRequests").properties()) {
                answers.set(question.getKey(), spec.questions().answer(question.getValue().path("method").asText(),
                        Json.object(question.getValue(), "params")));
            }
            if (!answers.isEmpty()) {
                now.set("inputResponses", answers);
            }
            if (result.has("requestState")) {
                now.set("requestState", result.get("requestState"));
            }
        }
        throw new RpcException(ErrorCode.INTERNAL, "The server " + spec.name() + " asks without end.");
    }
}
