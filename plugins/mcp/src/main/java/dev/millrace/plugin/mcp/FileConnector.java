/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import dev.millrace.api.ToolConnector;
import dev.millrace.plugin.mcp.client.Servers;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Connects to the servers of a JSON file, as other programs have it. */
@Component
public final class FileConnector implements ToolConnector {

    private static final Set<String> SETTINGS = Set.of("approvals", "trust");

    /** Made by Declarative Services or the service loader. */
    public FileConnector() {
        // nothing to set up
    }

    @Override
    public Connected connect(Path file, List<String> taken, Map<String, String> settings)
            throws InterruptedException {
        for (String name : settings.keySet()) {
            if (!SETTINGS.contains(name)) {
                throw new IllegalArgumentException("The connector has no setting " + name + ".");
            }
        }
        Optional<Path> approvals = Optional.ofNullable(settings.get("approvals")).filter(path -> !path.isEmpty())
                .map(Path::of);
        return Servers.connect(file, taken, approvals, settings.getOrDefault("trust", "false").equals("true"),
                System.getenv());
    }
}
