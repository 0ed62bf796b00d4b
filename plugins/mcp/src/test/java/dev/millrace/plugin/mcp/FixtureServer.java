/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import dev.millrace.api.Millrace;
import dev.millrace.api.ModelServer;
import dev.millrace.plugin.http.ServerExtension;
import dev.millrace.plugin.http.ServerHost;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;

/** The server with the fixture of the conformance suite at the path {@code /fixture}, beside the runtime's own {@code /mcp}. */
public final class FixtureServer implements ServerExtension {

    /** For service loaders. */
    public FixtureServer() {
        // nothing to set up
    }

    @Override
    public Running start(ServerHost host) {
        return OverHttp.at("/fixture", new Fixture());
    }

    /** Starts the server with nano on a free port. */
    static Started start(String... settings) throws InterruptedException {
        Map<String, String> all = new java.util.HashMap<>(Map.of("port", "0", "audit", "off"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        Millrace millrace = Millrace.start();
        ModelServer.Running running = ServiceLoader.load(ModelServer.class).findFirst().orElseThrow().start(millrace,
                all);
        running.awaitReady();
        return new Started(millrace, running);
    }

    /** A server that runs. */
    record Started(Millrace millrace, ModelServer.Running running) implements AutoCloseable {

        @Override
        public void close() {
            running.close();
            millrace.close();
        }
    }

    /** Serves on the port that the first argument names, until it is ended: for suites by hand. */
    public static void main(String[] arguments) throws Exception {
        List<String> settings = new ArrayList<>(List.of("port", arguments[0]));
        try (Started started = start(settings.toArray(String[]::new))) {
            System.out.println("ready at " + started.running().address());
            new java.util.concurrent.CountDownLatch(1).await();
        }
    }
}
