/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import dev.millrace.api.Millrace;
import dev.millrace.api.ToolProvider;
import dev.millrace.plugin.mcp.client.Servers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Dictionary;
import java.util.Hashtable;
import java.util.List;
import java.util.Optional;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Servers that are connected inside a framework for as long as there is a configuration. Each becomes a service of tools. */
@Component(service = ConfiguredServers.class, immediate = true, configurationPid = ConfiguredServers.PID, configurationPolicy = ConfigurationPolicy.REQUIRE)
@Designate(ocd = ConfiguredServers.Config.class)
public final class ConfiguredServers {

    static final String PID = "dev.millrace.mcp";

    private final Servers servers;
    private final List<ServiceRegistration<ToolProvider>> registrations = new ArrayList<>();

    /** What can be set. */
    @ObjectClassDefinition(name = "MCP servers", description = "Servers of the Model Context Protocol whose tools models may use.")
    public @interface Config {

        /** The file. */
        @AttributeDefinition(name = "File", description = "A JSON file with the servers under mcpServers.")
        String file();

        /** The approvals. */
        @AttributeDefinition(name = "Approvals", description = "The file in which approved tools are kept, as the command line has it; empty approves none.")
        String approvals() default "";

        /** Whether to trust. */
        @AttributeDefinition(name = "Trust", description = "Use all tools without anybody's approval.")
        boolean trust() default false;
    }

    /** Begins to connect. */
    @SuppressWarnings("JdkObsolete") // frameworks want a dictionary
    @Activate
    public ConfiguredServers(BundleContext context, @Reference Millrace millrace, Config config) {
        List<String> taken = millrace.toolProviders().stream().flatMap(provider -> provider.tools().stream())
                .map(tool -> tool.definition().name()).toList();
        servers = Servers.begin(Path.of(config.file()), taken,
                Optional.of(config.approvals()).filter(path -> !path.isEmpty()).map(Path::of), config.trust(),
                System.getenv());
        for (ToolProvider provider : servers.providers()) {
            Dictionary<String, Object> properties = new Hashtable<>();
            properties.put("millrace.mcp.server", provider.name());
            registrations.add(context.registerService(ToolProvider.class, provider, properties));
        }
    }

    /** The servers. */
    Servers servers() {
        return servers;
    }

    /** Takes the services back and ends the servers. */
    @Deactivate
    public void close() {
        registrations.forEach(ServiceRegistration::unregister);
        servers.close();
    }
}
