/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.metrics;

import dev.millrace.api.Millrace;
import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** The port inside a framework. It is open while it has a configuration. */
@Component(configurationPid = MetricsComponent.PID, configurationPolicy = ConfigurationPolicy.REQUIRE, service = MetricsComponent.class, immediate = true)
@Designate(ocd = MetricsComponent.Config.class)
public final class MetricsComponent {

    /** By which it is configured. */
    public static final String PID = "dev.millrace.metrics";

    private static final System.Logger LOG = System.getLogger(MetricsComponent.class.getName());

    private final MetricsPort port;

    /** What can be set. docs/install.md says more of each. */
    @ObjectClassDefinition(name = "Millrace metrics", description = "Metrics for Prometheus, and health, at a port of their own.")
    public @interface Config {

        /** The address. */
        @AttributeDefinition(name = "Host", description = "The address to listen on. All but the loopback need a file of tokens.")
        String host() default "127.0.0.1";

        /** The port. */
        @AttributeDefinition(name = "Port", description = "0 takes a free one.")
        int port() default 9464;

        /** A file of tokens. */
        @AttributeDefinition(name = "Token file", description = "A file with one token per line. /health needs none.")
        String tokenFile() default "";
    }

    /**
     * Opens the port.
     *
     * @throws MillraceException if it cannot, or would be unsafe
     */
    @Activate
    public MetricsComponent(@Reference Millrace millrace, Config config) {
        port = open(millrace, config.host(), config.port(), config.tokenFile());
        LOG.log(System.Logger.Level.INFO, "Metrics are at http://{0}:{1}/metrics.",
                port.address().getAddress().getHostAddress(), Integer.toString(port.address().getPort()));
    }

    static MetricsPort open(Millrace millrace, String host, int port, String tokenFile) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        List<String> tokens = tokens(tokenFile);
        if (tokens.isEmpty() && !address.isUnresolved() && !address.getAddress().isLoopbackAddress()) {
            throw new MillraceException("The port for metrics would be open to the network at " + host
                    + ": set tokenFile of " + PID + ", or listen on 127.0.0.1.");
        }
        return MetricsPort.open(millrace, address, tokens);
    }

    private static List<String> tokens(String file) {
        if (file.isBlank()) {
            return List.of();
        }
        try {
            List<String> tokens = Files.readAllLines(Path.of(file.strip())).stream().map(String::strip)
                    .filter(line -> !line.isEmpty()).toList();
            if (tokens.isEmpty()) {
                throw new MillraceException("The file of tokens for metrics, " + file + ", has no token in it.");
            }
            return tokens;
        } catch (IOException | InvalidPathException e) {
            throw new MillraceException("The file of tokens for metrics, " + file + ", cannot be read.", e);
        }
    }

    /** Closes the port. */
    @Deactivate
    public void close() {
        port.close();
    }
}
