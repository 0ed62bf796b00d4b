/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.plugin.http.Access;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.Handler;
import dev.millrace.plugin.http.json.Json;
import dev.millrace.plugin.openai.talk.Request;
import java.io.IOException;

/** Lets requests in, hands them to their endpoint, and writes errors in the shape that the client reads. */
final class Door implements Handler {

    private static final System.Logger LOG = System.getLogger(Door.class.getName());

    private final Access access;
    private final Routes routes;
    private final Requests requests;
    private final ServerSettings.Audit audit;

    Door(Access access, Routes routes, Requests requests, ServerSettings.Audit audit) {
        this.access = access;
        this.routes = routes;
        this.requests = requests;
        this.audit = audit;
    }

    @Override
    public void handle(Exchange raw) throws IOException {
        long start = System.nanoTime();
        Exchange exchange = audit == ServerSettings.Audit.CONTENT ? new Logged(raw) : raw;
        Routes.Route route = routes.find(exchange.path());
        Request request = new Request(exchange, "nobody");
        requests.began();
        try {
            access.checkOrigin(exchange);
            if (exchange.method().equals("OPTIONS")) {
                preflight(exchange);
                return;
            }
            Routes.Action action = route.action(exchange);
            request = new Request(exchange, action.needsToken() ? access.checkToken(exchange) : "anyone");
            action.endpoint().handle(request);
        } catch (ApiError e) {
            refuse(request, route, e);
        } catch (RuntimeException | StackOverflowError | LinkageError e) {
            // the last: a bundle may have been built against something else
            LOG.log(System.Logger.Level.ERROR, "A request to " + route.name() + " failed.", e);
            refuse(request, route,
                    new ApiError(500, "The request failed; the log of the server says why.", null, "server_error"));
        } finally {
            requests.ended(route.name(), exchange.status());
            if (audit != ServerSettings.Audit.OFF) {
                log(exchange, route, request, System.nanoTime() - start);
            }
        }
    }

    private static void log(Exchange exchange, Routes.Route route, Request request, long nanos) {
        LOG.log(System.Logger.Level.INFO, "{0} ({1}) {2} {3} {4} {5} ms{6}", request.caller(),
                exchange.client().getAddress().getHostAddress(), exchange.method(), route.name(), exchange.status(),
                Long.toString(nanos / 1_000_000), request.summary());
    }

    /** A page that is allowed asks whether it is; the headers have been set when its origin was checked. */
    private static void preflight(Exchange exchange) throws IOException {
        exchange.header("Access-Control-Allow-Methods", "GET, POST, DELETE");
        // clients in pages send many of their own; the origin is what decides
        exchange.header("Access-Control-Allow-Headers", exchange.header("Access-Control-Request-Headers")
                .filter(names -> names.matches("[A-Za-z0-9, _-]{1,2000}")).orElse("Authorization, Content-Type"));
        exchange.header("Access-Control-Max-Age", "600");
        exchange.answer(204, "text/plain; charset=utf-8", new byte[0]);
    }

    private static void refuse(Request request, Routes.Route route, ApiError problem) throws IOException {
        Exchange exchange = request.exchange();
        if (exchange.status() != 0) {
            // too late for words: the connection is cut, so that nobody takes the answer for whole
            throw new IOException(problem.getMessage());
        }
        if (problem.retryAfter() > 0) {
            exchange.header("Retry-After", Integer.toString(problem.retryAfter()));
        }
        exchange.answer(problem.status(), "application/json; charset=utf-8",
                Json.bytes(route.errors().apply(problem, request)));
    }
}
