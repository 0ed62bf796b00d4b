/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.openai;

import dev.millrace.plugin.http.Route;
import dev.millrace.plugin.http.ServerExtension;
import dev.millrace.plugin.http.ServerHost;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The extensions of one server that runs. They come and go while it does. */
final class Extensions implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Extensions.class.getName());

    private final ServerHost host;
    private final Map<ServerExtension, ServerExtension.Running> running = new LinkedHashMap<>();
    private volatile Map<String, Map<String, Route>> routes = Map.of();
    private boolean closed;

    Extensions(ServerHost host) {
        this.host = host;
    }

    /** Has an extension work for this server. One that fails is left out, and the log says why. */
    synchronized void add(ServerExtension extension) {
        if (closed || running.containsKey(extension)) {
            return;
        }
        try {
            running.put(extension, extension.start(host));
            collect();
        } catch (RuntimeException | LinkageError e) { // a bundle may have been built against something else
            LOG.log(System.Logger.Level.ERROR, "The extension " + extension.getClass().getName() + " is left out.", e);
        }
    }

    /** Ends what an extension does here. */
    synchronized void remove(ServerExtension extension) {
        ServerExtension.Running gone = running.remove(extension);
        if (gone != null) {
            collect();
            close(gone);
        }
    }

    private void collect() {
        Map<String, Map<String, Route>> byPath = new HashMap<>();
        for (ServerExtension.Running one : running.values()) {
            for (Route route : one.routes()) {
                byPath.computeIfAbsent(route.path(), path -> new HashMap<>()).putIfAbsent(route.method(), route);
            }
        }
        routes = byPath;
    }

    /** What is done with a path, by method; nothing if no extension knows it. */
    Map<String, Route> find(String path) {
        return routes.getOrDefault(path, Map.of());
    }

    @Override
    public synchronized void close() {
        closed = true;
        routes = Map.of();
        running.values().forEach(Extensions::close);
        running.clear();
    }

    private static void close(ServerExtension.Running gone) {
        try {
            gone.close();
        } catch (RuntimeException e) {
            LOG.log(System.Logger.Level.WARNING, "An extension did not end well.", e);
        }
    }
}
