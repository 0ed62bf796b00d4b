/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.metrics;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelHealth;
import dev.millrace.plugin.http.Access;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Exchange;
import dev.millrace.plugin.http.Limits;
import dev.millrace.plugin.http.MetricsText;
import dev.millrace.plugin.http.Transport;
import dev.millrace.plugin.http.json.Json;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Answers {@code /metrics} in the text format of Prometheus, {@code /metrics.json}, and {@code /health}. Nothing can be changed by it, and
 * it tells nothing of what is said in conversations.
 */
public final class MetricsPort implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(MetricsPort.class.getName());
    private static final Limits LIMITS = new Limits(1024, 64, Duration.ofSeconds(5), Duration.ofSeconds(10));
    private static final String ELSEWHERE = "remote";

    private final Millrace millrace;
    private final Access access;
    private final Transport transport;

    private MetricsPort(Millrace millrace, InetSocketAddress address, List<String> tokens) throws IOException {
        this.millrace = millrace;
        this.access = new Access(address.getAddress().isLoopbackAddress(), Set.of(), Set.of(), tokens);
        this.transport = Transport.start(address, Optional.empty(), LIMITS, this::handle);
    }

    /**
     * Opens it.
     *
     * @param millrace what it tells of; stays the caller's
     * @param address where it listens; port 0 takes a free one
     * @param tokens one of which a request for metrics must bring; none means that none is needed
     * @return the open port, closed by the caller
     * @throws MillraceException if it cannot listen there
     */
    public static MetricsPort open(Millrace millrace, InetSocketAddress address, List<String> tokens) {
        if (address.isUnresolved()) {
            throw new MillraceException("The port for metrics cannot listen on " + address.getHostString()
                    + ": no address belongs to that name.");
        }
        try {
            return new MetricsPort(millrace, address, tokens);
        } catch (IOException e) {
            throw new MillraceException("The port for metrics cannot listen on " + address.getHostString() + " port "
                    + address.getPort() + " (" + e.getMessage() + "): choose another port.", e);
        }
    }

    /**
     * Where it listens.
     *
     * @return address and port
     */
    public InetSocketAddress address() {
        return transport.address();
    }

    private void handle(Exchange exchange) throws IOException {
        try {
            access.checkOrigin(exchange);
            if (!exchange.method().equals("GET") && !exchange.method().equals("HEAD")) {
                exchange.header("Allow", "GET, HEAD");
                throw new ApiError(405, "Here is nothing that could be changed: ask with GET.", null, null);
            }
            switch (exchange.path()) {
                case "/health" -> health(exchange);
                case "/metrics" -> {
                    access.checkToken(exchange);
                    exchange.answer(200, "text/plain; version=0.0.4; charset=utf-8",
                            MetricsText.of(millrace.metrics()).getBytes(StandardCharsets.UTF_8));
                }
                case "/metrics.json" -> {
                    access.checkToken(exchange);
                    answer(exchange, 200, MetricsJson.of(millrace.metrics()));
                }
                default -> throw new ApiError(404, "Here are /metrics, /metrics.json and /health.", null, null);
            }
        } catch (ApiError e) {
            answer(exchange, e.status(), Json.object().put("error", e.getMessage()));
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.ERROR, "A request for " + exchange.path() + " failed.", e);
            answer(exchange, 500, Json.object().put("error", "The request failed; the log says why."));
        }
    }

    /** Well unless models of this machine are open and none of them can answer: then whoever started the program may start it again. */
    private void health(Exchange exchange) throws IOException {
        List<ModelHealth> models = millrace.health();
        List<ModelHealth> here = models.stream().filter(model -> !model.device().backend().equals(ELSEWHERE)).toList();
        boolean lives = here.isEmpty() || here.stream().anyMatch(model -> model.state() != ModelHealth.State.LOST);
        ObjectNode json = Json.object().put("status", lives ? "ok" : "lost");
        ArrayNode list = json.putArray("models");
        for (ModelHealth model : models) {
            list.addObject().put("model", model.model()).put("state", model.state().name().toLowerCase(Locale.ROOT))
                    .put("device", model.device().id()).put("reason", model.reason()).put("answers", model.answers())
                    .put("waiting", model.waiting());
        }
        answer(exchange, lives ? 200 : 503, json);
    }

    private static void answer(Exchange exchange, int status, ObjectNode json) throws IOException {
        if (exchange.status() == 0) {
            exchange.answer(status, "application/json; charset=utf-8", Json.bytes(json));
        }
    }

    /** Stops listening. Closing twice does nothing. */
    @Override
    public void close() {
        transport.close();
    }
}
