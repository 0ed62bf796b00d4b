/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import dev.millrace.api.Millrace;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.StreamServer;
import dev.millrace.plugin.mcp.runtime.OwnModels;
import dev.millrace.plugin.mcp.runtime.RuntimeOffer;
import dev.millrace.plugin.mcp.server.StreamConversation;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Offers a runtime to the program that has started this one. */
@Component
public final class StandardStreams implements StreamServer {

    private static final Set<String> SETTINGS = Set.of("models", "backend", "context", "threads");

    /** A model may have to be opened first. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    /** Made by Declarative Services or the service loader. */
    public StandardStreams() {
        // nothing to set up
    }

    @Override
    public void serve(Millrace millrace, Map<String, String> settings, InputStream in, OutputStream out)
            throws IOException, InterruptedException {
        for (String name : settings.keySet()) {
            if (!SETTINGS.contains(name)) {
                throw new IllegalArgumentException("The server has no setting " + name + ".");
            }
        }
        List<String> models = new ArrayList<>();
        for (String model : settings.getOrDefault("models", "").split("\n", -1)) {
            if (!model.isBlank()) {
                models.add(model.strip());
            }
        }
        ModelOptions options = ModelOptions.defaults().withContext(number(settings, "context"))
                .withThreads(number(settings, "threads"));
        String backend = settings.getOrDefault("backend", "");
        try (OwnModels host = new OwnModels(millrace, models.isEmpty() ? List.of("nano") : models,
                backend.isEmpty() ? options : options.withBackend(backend))) {
            StreamConversation.serve(new RuntimeOffer(host), in, out, GRACE);
        }
    }

    private static int number(Map<String, String> settings, String name) {
        try {
            return Integer.parseInt(settings.getOrDefault(name, "0"));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(name + " must be a whole number, not " + settings.get(name) + ".", e);
        }
    }
}
