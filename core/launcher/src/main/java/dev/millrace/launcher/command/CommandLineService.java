/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.ModelServer;
import dev.millrace.api.ModelStore;
import dev.millrace.api.PluginStore;
import dev.millrace.api.StreamServer;
import dev.millrace.api.ToolConnector;
import dev.millrace.engine.Engine;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.text.Dialect;
import java.util.List;
import java.util.function.ToIntFunction;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;

/** The program that whoever starts the framework looks for: a function from arguments to an exit code. */
@Component(service = ToIntFunction.class, property = "millrace.main:Boolean=true")
public final class CommandLineService implements ToIntFunction<String[]> {

    private final Workplace workplace;

    /**
     * Made by Declarative Services.
     *
     * @param context tells the version
     * @param engine opens models
     * @param backends present now, for {@code doctor}
     * @param dialects present now, for {@code inspect calls}
     * @param servers present now, for {@code serve}
     * @param stores present now, for {@code pull} and the like
     * @param streamServers present now, for {@code mcp}
     * @param connectors present now, for {@code --mcp}
     * @param pluginStores present now, for {@code plugins}
     */
    @Activate
    public CommandLineService(BundleContext context, @Reference Engine engine, @Reference List<Backend> backends,
            @Reference List<Dialect> dialects, @Reference List<ModelServer> servers,
            @Reference List<ModelStore> stores, @Reference List<StreamServer> streamServers,
            @Reference List<ToolConnector> connectors, @Reference List<PluginStore> pluginStores) {
        workplace = new Workplace(engine, List.copyOf(backends), List.copyOf(dialects), Console.ofProcess(),
                context.getBundle().getVersion().toString(), List.copyOf(servers), List.copyOf(stores),
                List.copyOf(streamServers), List.copyOf(connectors), List.copyOf(pluginStores));
    }

    @Override
    public int applyAsInt(String[] arguments) {
        return new MillraceCommand(workplace).execute(arguments);
    }
}
