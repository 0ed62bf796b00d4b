/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.plugin.mcp.protocol.HttpNames;
import dev.millrace.plugin.mcp.protocol.Revision;
import dev.millrace.plugin.mcp.rpc.ErrorCode;
import dev.millrace.plugin.mcp.rpc.Json;
import dev.millrace.plugin.mcp.rpc.Message;
import dev.millrace.plugin.mcp.rpc.RpcException;
import java.io.IOException;
import java.util.Locale;
import java.util.Optional;

/**
 * Serves clients over HTTP, by the transport that the protocol calls streamable: each message of the client is a POST. With a
 * handshake there are sessions, and a GET that tells what the server has to say by itself; without one, each request stands for
 * itself. Who may come in at all, and by which names and pages, has been checked before.
 */
public final class HttpEndpoint implements AutoCloseable {

    private static final byte[] NOTHING = {};

    private final Methods methods;
    private final Stateless stateless;
    private final HttpSessions sessions;
    private volatile boolean closed;

    /** An endpoint for an offer. */
    public HttpEndpoint(Offer offer) {
        methods = new Methods(offer);
        stateless = new Stateless(methods);
        sessions = new HttpSessions(methods);
    }

    /**
     * Answers one request.
     *
     * @throws IOException if the client has left
     */
    public void handle(WebExchange exchange) throws IOException {
        if (closed) {
            exchange.answer(503, HttpNames.JSON, NOTHING);
            return;
        }
        switch (exchange.method()) {
            case "POST" -> post(exchange);
            case "GET" -> get(exchange);
            case "DELETE" -> delete(exchange);
            default -> notAllowed(exchange);
        }
    }

    private static void notAllowed(WebExchange exchange) throws IOException {
        exchange.header("Allow", "POST, GET, DELETE");
        refuse(exchange, 405, null, ErrorCode.INVALID_REQUEST, "Send messages by POST.");
    }

    static void refuse(WebExchange exchange, int status, @org.jspecify.annotations.Nullable JsonNode id, int code,
            String message) throws IOException {
        answer(exchange, status, new Message.Failure(id, new RpcException(code, message)));
    }

    static void answer(WebExchange exchange, int status, Message message) throws IOException {
        exchange.answer(status, HttpNames.JSON, Json.bytes(message.write()));
    }

    private static boolean takes(WebExchange exchange, String type) {
        String accepted = exchange.header("Accept").orElse("*/*").toLowerCase(Locale.ROOT);
        return accepted.contains(type) || accepted.contains("*/*")
                || accepted.contains(type.substring(0, type.indexOf('/')) + "/*");
    }

    private void post(WebExchange exchange) throws IOException {
        String type = exchange.header("Content-Type").orElse("").toLowerCase(Locale.ROOT);
        if (!type.startsWith(HttpNames.JSON)) {
            refuse(exchange, 415, null, ErrorCode.INVALID_REQUEST, "The body must be application/json.");
            return;
        }
        if (!takes(exchange, HttpNames.JSON) && !takes(exchange, HttpNames.EVENTS)) {
            refuse(exchange, 406, null, ErrorCode.INVALID_REQUEST,
                    "Accept must name application/json and text/event-stream.");
            return;
        }
        Message message;
        try {
            Optional<String> text = Json.utf8(exchange.body());
            message = Message.read(Json.parse(
                    text.orElseThrow(() -> new RpcException(ErrorCode.PARSE, "The body is not written in UTF-8."))));
        } catch (RpcException e) {
            answer(exchange, 400, new Message.Failure(null, e));
            return;
        } catch (Message.Malformed e) {
            answer(exchange, 400, e.answer());
            return;
        }
        if (message instanceof Message.Request request && (Stateless.isMeant(request.params())
                || exchange.header(HttpNames.VERSION).filter(Revision.STATELESS::equals).isPresent())) {
            stateless(exchange, request);
        } else if (message instanceof Message.Request request && request.method().equals("initialize")) {
            sessions.begin(exchange, request);
        } else {
            inSession(exchange, message);
        }
    }

    private void stateless(WebExchange exchange, Message.Request request) throws IOException {
        ObjectNode params = request.params();
        try {
            Stateless.checkSaid(params);
            HttpHeaders.check(exchange, request, methods.offer().tools());
            Stateless.check(params);
        } catch (RpcException e) {
            answer(exchange, 400, new Message.Failure(request.id(), e));
            return;
        }
        HttpReply reply = new HttpReply(exchange, request, takes(exchange, HttpNames.EVENTS),
                Stateless.capabilities(params),
                level -> Stateless.wantsLog(params, level), Optional.empty());
        if (request.method().equals(Stateless.LISTEN)) {
            if (!takes(exchange, HttpNames.EVENTS)) {
                refuse(exchange, 406, request.id(), ErrorCode.INVALID_REQUEST, "Accept must name text/event-stream.");
                return;
            }
            ObjectNode agreed = Watch.agreed(params);
            Watch watch = Watch.over(methods.offer(), request.id(), agreed);
            HttpEvents events = new HttpEvents(exchange);
            events.send(watch.acknowledged(agreed));
            events.follow(watch, () -> !closed);
            events.send(new Message.Result(request.id(), stateless.end(request.id())));
            events.end();
            return;
        }
        reply.run(dialog -> stateless.answer(exchange.caller(), request.method(), params, dialog),
                HttpEndpoint::statusOfStateless);
    }

    private static int statusOfStateless(RpcException problem) {
        return switch (problem.code()) {
            case ErrorCode.METHOD_NOT_FOUND -> 404;
            case ErrorCode.UNSUPPORTED_VERSION, ErrorCode.HEADER_MISMATCH, ErrorCode.MISSING_CAPABILITY,
                    ErrorCode.INVALID_REQUEST, ErrorCode.INVALID_PARAMS ->
                400;
            default -> 200;
        };
    }

    private void inSession(WebExchange exchange, Message message) throws IOException {
        JsonNode id = message instanceof Message.Request request ? request.id() : null;
        Optional<HttpSession> session = find(exchange, id);
        if (session.isPresent()) {
            session.get().take(exchange, message, takes(exchange, HttpNames.EVENTS));
        }
    }

    /** The session that a request names; if there is none, the request is answered. */
    private Optional<HttpSession> find(WebExchange exchange, @org.jspecify.annotations.Nullable JsonNode id)
            throws IOException {
        Optional<String> version = exchange.header(HttpNames.VERSION);
        if (version.isPresent() && !Revision.ALL_WITH_SESSIONS.contains(version.get())) {
            answer(exchange, 400, new Message.Failure(id, Stateless.unsupported(version.get())));
            return Optional.empty();
        }
        Optional<String> name = exchange.header(HttpNames.SESSION);
        if (name.isEmpty()) {
            refuse(exchange, 400, id, ErrorCode.INVALID_REQUEST, "The header " + HttpNames.SESSION
                    + " is missing: send initialize first, or say the revision " + Revision.STATELESS
                    + " in each request.");
            return Optional.empty();
        }
        Optional<HttpSession> session = sessions.find(name.get(), exchange.caller());
        if (session.isEmpty()) {
            refuse(exchange, 404, id, ErrorCode.INVALID_REQUEST, "There is no such session: send initialize again.");
        }
        return session;
    }

    private void get(WebExchange exchange) throws IOException {
        if (exchange.header(HttpNames.SESSION).isEmpty()
                || exchange.header(HttpNames.VERSION).filter(Revision.STATELESS::equals).isPresent()) {
            notAllowed(exchange);
            return;
        }
        if (!takes(exchange, HttpNames.EVENTS)) {
            refuse(exchange, 406, null, ErrorCode.INVALID_REQUEST, "Accept must name text/event-stream.");
            return;
        }
        Optional<HttpSession> session = find(exchange, null);
        if (session.isPresent()) {
            session.get().listen(exchange, () -> !closed);
        }
    }

    private void delete(WebExchange exchange) throws IOException {
        if (exchange.header(HttpNames.SESSION).isEmpty()) {
            notAllowed(exchange);
            return;
        }
        Optional<HttpSession> session = find(exchange, null);
        if (session.isPresent()) {
            sessions.end(session.get());
            exchange.answer(204, HttpNames.JSON, NOTHING);
        }
    }

    /** Ends all sessions. Requests in progress are ended by whoever carries them. */
    @Override
    public void close() {
        closed = true;
        sessions.close();
    }
}
