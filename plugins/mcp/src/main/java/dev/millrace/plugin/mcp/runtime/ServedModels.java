/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.runtime;

import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.plugin.http.ApiError;
import dev.millrace.plugin.http.Gate;
import dev.millrace.plugin.http.OpenModel;
import dev.millrace.plugin.http.ServerHost;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The models of a server, asked in its order. */
public final class ServedModels implements Host {

    private static final Duration LOOK = Duration.ofSeconds(60);

    private final ServerHost server;

    /** The models of this server. */
    public ServedModels(ServerHost server) {
        this.server = server;
    }

    @Override
    public Millrace millrace() {
        return server.millrace();
    }

    @Override
    public List<String> models() {
        return server.models().stream().map(OpenModel::id).toList();
    }

    @Override
    public Model model(Optional<String> name) {
        try {
            return server.model(name).model();
        } catch (ApiError e) {
            throw new MillraceException(e.getMessage(), e);
        }
    }

    @Override
    public Map<String, Model> open() {
        Map<String, Model> open = new LinkedHashMap<>();
        server.models().forEach(model -> open.put(model.id(), model.model()));
        return open;
    }

    @Override
    public Turn turn(String caller) throws InterruptedException {
        Gate.Place place;
        try {
            place = server.gate().join(caller);
        } catch (ApiError e) {
            throw new MillraceException(e.getMessage(), e);
        }
        boolean admitted = false;
        try {
            while (!place.await(LOOK)) {
                // the client is kept alive by whoever answers it
            }
            admitted = true;
        } finally {
            if (!admitted) {
                place.close();
            }
        }
        return place::close;
    }
}
