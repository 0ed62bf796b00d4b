/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import dev.millrace.plugin.mcp.protocol.HttpNames;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.Message;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The clients with a handshake. There are only so many; who is silent for long makes room for others. */
final class HttpSessions implements AutoCloseable {

    private static final int MOST = 1_000;
    private static final Duration SILENCE = Duration.ofMinutes(30);
    private static final int ID_BYTES = 24;

    private final Methods methods;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, HttpSession> sessions = new LinkedHashMap<>();

    HttpSessions(Methods methods) {
        this.methods = methods;
    }

    /** Answers the first message of a client. */
    void begin(WebExchange exchange, Message.Request request) throws IOException {
        Session session = new Session(methods);
        HttpSession begun;
        Message answer;
        try {
            answer = new Message.Result(request.id(), session.answer(request.method(), request.params(),
                    new HttpReply(exchange, request, false, Json.object(), level -> false, Optional.empty())));
            begun = add(exchange.caller(), session);
        } catch (RpcException e) {
            HttpEndpoint.answer(exchange, e.code() == ErrorCode.INTERNAL ? 503 : 200,
                    new Message.Failure(request.id(), e));
            return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("The server ends.", e);
        }
        exchange.header(HttpNames.SESSION, begun.id());
        exchange.header("Access-Control-Expose-Headers", HttpNames.SESSION);
        HttpEndpoint.answer(exchange, 200, answer);
    }

    private synchronized HttpSession add(String caller, Session session) throws RpcException {
        sessions.values().removeIf(each -> {
            boolean old = each.idleNanos() > SILENCE.toNanos();
            if (old) {
                each.end();
            }
            return old;
        });
        if (sessions.size() >= MOST) {
            // the one that has been silent longest makes room, if it does nothing now
            HttpSession oldest = sessions.values().stream()
                    .max(java.util.Comparator.comparingLong(HttpSession::idleNanos)).orElseThrow();
            if (oldest.idleNanos() == 0) {
                throw new RpcException(ErrorCode.INTERNAL, "There are too many sessions: end one of them first.");
            }
            end(oldest);
        }
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        HttpSession begun = new HttpSession(HexFormat.of().formatHex(id), caller, methods, session);
        sessions.put(begun.id(), begun);
        return begun;
    }

    /** The session with an id, if it is this caller's. */
    synchronized Optional<HttpSession> find(String id, String caller) {
        return Optional.ofNullable(sessions.get(id)).filter(session -> session.isOf(caller));
    }

    synchronized void end(HttpSession session) {
        sessions.remove(session.id());
        session.end();
    }

    @Override
    public synchronized void close() {
        sessions.values().forEach(HttpSession::end);
        sessions.clear();
    }
}
