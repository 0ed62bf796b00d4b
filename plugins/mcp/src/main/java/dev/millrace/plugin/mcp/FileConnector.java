/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ToolConnector;
import dev.millrace.plugin.mcp.client.Servers;
import dev.millrace.plugin.mcp.client.Unreachable;
import dev.millrace.plugin.mcp.oauth.LoopbackConsent;
import dev.millrace.plugin.mcp.oauth.SignInException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.osgi.service.component.annotations.Component;

/** Connects to the servers of a JSON file, as other programs have it. */
@Component
public final class FileConnector implements ToolConnector {

    private static final Set<String> SETTINGS = Set.of("approvals", "trust");
    private static final Duration PATIENCE = Duration.ofMinutes(9);

    /** Made by Declarative Services or the service loader. */
    public FileConnector() {
        // nothing to set up
    }

    @Override
    public Connected connect(Path file, List<String> taken, Map<String, String> settings)
            throws InterruptedException {
        check(settings);
        return Servers.connect(file, taken, approvals(settings), settings.getOrDefault("trust", "false").equals("true"),
                System.getenv());
    }

    @Override
    public List<String> signIn(Path file, String program, Map<String, String> settings, Consumer<URI> page)
            throws InterruptedException {
        check(settings);
        try (LoopbackConsent consent = new LoopbackConsent(page, PATIENCE)) {
            return Servers.signIn(file, program, approvals(settings), consent, System.getenv())
                    ? List.of()
                    : List.of("The server " + program + " still lets nobody in.");
        } catch (SignInException e) {
            throw new MillraceException(String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new MillraceException("Nobody can sign in at " + program + ": " + Unreachable.reason(e) + ".", e);
        }
    }

    private static void check(Map<String, String> settings) {
        for (String name : settings.keySet()) {
            if (!SETTINGS.contains(name)) {
                throw new IllegalArgumentException("The connector has no setting " + name + ".");
            }
        }
    }

    private static Optional<Path> approvals(Map<String, String> settings) {
        return Optional.ofNullable(settings.get("approvals")).filter(path -> !path.isEmpty())
                .map(Path::of);
    }
}
