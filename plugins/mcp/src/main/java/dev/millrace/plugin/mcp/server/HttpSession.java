/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.JsonNode;
import dev.millrace.plugin.mcp.protocol.HttpNames;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Message;
import dev.millrace.plugin.mcp.rpc.Pending;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/** A client with a handshake, over HTTP. */
final class HttpSession {

    private static final byte[] NOTHING = {};

    private final String id;
    private final String caller;
    private final Methods methods;
    private final Session session;
    private final Pending pending = new Pending();
    private final Map<String, HttpReply> running = new ConcurrentHashMap<>();
    private final AtomicBoolean listening = new AtomicBoolean();
    private volatile long lastUse = System.nanoTime();
    private volatile boolean ended;

    HttpSession(String id, String caller, Methods methods, Session session) {
        this.id = id;
        this.caller = caller;
        this.methods = methods;
        this.session = session;
    }

    String id() {
        return id;
    }

    boolean isOf(String other) {
        return caller.equals(other);
    }

    long idleNanos() {
        return running.isEmpty() && !listening.get() ? System.nanoTime() - lastUse : 0;
    }

    void take(WebExchange exchange, Message message, boolean streams) throws IOException {
        lastUse = System.nanoTime();
        switch (message) {
            case Message.Request request -> run(exchange, request, streams);
            case Message.Notification told -> {
                if (told.method().equals("notifications/cancelled")) {
                    HttpReply reply = running.get(told.params().path("requestId").toString());
                    if (reply != null) {
                        reply.cancel();
                    }
                }
                exchange.answer(202, HttpNames.JSON, NOTHING);
            }
            case Message.Result result -> {
                pending.answered(result.id(), result.result());
                exchange.answer(202, HttpNames.JSON, NOTHING);
            }
            case Message.Failure failure -> {
                JsonNode of = failure.id();
                if (of != null) {
                    pending.failed(of, failure.error());
                }
                exchange.answer(202, HttpNames.JSON, NOTHING);
            }
        }
        lastUse = System.nanoTime();
    }

    private void run(WebExchange exchange, Message.Request request, boolean streams) throws IOException {
        String key = request.id().toString();
        HttpReply reply = new HttpReply(exchange, request, streams, session.capabilities(), session::wantsLog,
                Optional.of(pending));
        if (running.putIfAbsent(key, reply) != null) {
            HttpEndpoint.refuse(exchange, 400, request.id(), ErrorCode.INVALID_REQUEST,
                    "A request with this id is being answered.");
            return;
        }
        try {
            reply.run(dialog -> session.answer(request.method(), request.params(), dialog), problem -> 200);
        } finally {
            running.remove(key);
        }
    }

    /** Tells the client what the server has to say by itself. */
    void listen(WebExchange exchange, BooleanSupplier wanted) throws IOException {
        if (!listening.compareAndSet(false, true)) {
            HttpEndpoint.refuse(exchange, 409, null, ErrorCode.INVALID_REQUEST,
                    "The session has a stream of events already.");
            return;
        }
        try {
            HttpEvents events = new HttpEvents(exchange);
            events.follow(new Watch(methods.offer(), null, Set.of("tools", "prompts", "resources"),
                    session::subscriptions), () -> wanted.getAsBoolean() && !ended);
            events.end();
        } finally {
            listening.set(false);
            lastUse = System.nanoTime();
        }
    }

    /** Ends what runs. */
    void end() {
        ended = true;
        pending.end("The session is over.");
        running.values().forEach(HttpReply::cancel);
    }
}
