/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Model;
import dev.millrace.api.ModelServer;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelStore;
import dev.millrace.api.PluginStore;
import dev.millrace.api.StreamServer;
import dev.millrace.api.ToolConnector;
import dev.millrace.engine.Engine;
import dev.millrace.engine.LoadedModel;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.text.Dialect;
import java.util.List;
import java.util.Optional;

/**
 * What every command works with.
 *
 * @param engine opens models
 * @param backends present when the program started
 * @param dialects present when the program started
 * @param console where to read and write
 * @param version of the program
 * @param servers that can offer models to other programs, present when the program started
 * @param stores of models, present when the program started
 * @param streamServers that can offer the runtime over standard input and output, present when the program started
 * @param connectors to programs whose tools models can use, present when the program started
 * @param pluginStores where plugins are installed, present when the program started
 */
record Workplace(Engine engine, List<Backend> backends, List<Dialect> dialects, Console console,
        String version, List<ModelServer> servers, List<ModelStore> stores,
        List<StreamServer> streamServers, List<ToolConnector> connectors,
        List<PluginStore> pluginStores) {

    /** Fetches models when a person has said so. */
    Fetching fetching() {
        return new Fetching(console, stores);
    }

    /** Where plugins are installed. */
    PluginStore plugins() {
        return pluginStores.stream().findFirst().orElseThrow(() -> new MillraceException(
                "No folder of plugins is present: add the bundle dev.millrace.store to the folder of bundles."));
    }

    /** The server of a protocol, if it is present. */
    Optional<ModelServer> server(String protocol) {
        return servers.stream().filter(server -> server.protocol().equals(protocol)).findFirst();
    }

    /** Opens the chosen model, or the packaged one, for conversations. */
    Model open(ModelChoice choice) {
        choice.threads.warn(console);
        fetching().provide(choice.modelOrPackaged(), choice.pull);
        try (LoadProgress progress = new LoadProgress(console)) {
            return engine.open(choice.modelOrPackaged(), choice.options(progress));
        }
    }

    /** Loads the chosen model for raw access. */
    LoadedModel load(ModelChoice choice) {
        choice.threads.warn(console);
        fetching().provide(choice.requiredModel(), choice.pull);
        try (LoadProgress progress = new LoadProgress(console)) {
            return engine.load(choice.requiredModel(), choice.options(progress));
        }
    }
}
