/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.client;

import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.MillraceException;
import dev.millrace.plugin.remote.ServerModels;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.RemoteModels;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * The models of the server that this program belongs to. Its address is set by the configuration {@value #PID}, or by system properties
 * such as {@code millrace.client.url}. If it is not set, {@value #USUAL} is asked inside a framework, and nobody on a plain class path.
 */
@Component(configurationPid = Client.PID)
@Designate(ocd = Client.Config.class)
public final class Client implements RemoteModels {

    /** By which it is configured. */
    public static final String PID = "dev.millrace.client";
    /** Where {@code millrace serve} listens. */
    public static final String USUAL = "http://127.0.0.1:8420";

    private static final System.Logger LOG = System.getLogger(Client.class.getName());
    private static final String PREFIX = "millrace.client.";
    private static final String URL = "url";
    private static final String NOWHERE = "-";
    private static final List<String> SETTINGS = List.of(URL, "tokenFile", "tokenEnvironment", "connectSeconds",
            "firstSeconds", "betweenSeconds", "pauseSeconds", "retries");

    private final Map<String, ?> configuration;
    private final String usual;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable ServerModels known;
    private boolean off;

    /** What can be set. docs/hosts.md says more of each. */
    @ObjectClassDefinition(name = "Millrace client", description = "The server whose models this program uses.")
    public @interface Config {

        /** The address. */
        @AttributeDefinition(name = "URL", description = "Where Millrace serves, such as " + USUAL
                + "; - for nowhere.", required = false)
        String url();

        /** A file with the token. */
        @AttributeDefinition(name = "Token file", description = "A file whose first line opens the server.", required = false)
        String tokenFile();

        /** A variable with the token. */
        @AttributeDefinition(name = "Token variable", description = "A variable of the environment that opens the server.", required = false)
        String tokenEnvironment();

        /** Until it is connected. */
        @AttributeDefinition(name = "Seconds to connect", required = false)
        int connectSeconds();

        /** Until it begins. */
        @AttributeDefinition(name = "Seconds to the first of an answer", required = false)
        int firstSeconds();

        /** Between two pieces. */
        @AttributeDefinition(name = "Seconds between two pieces of an answer", required = false)
        int betweenSeconds();

        /** Before it is asked again. */
        @AttributeDefinition(name = "Seconds to wait at most before the server is asked again", required = false)
        int pauseSeconds();

        /** How often it is asked again. */
        @AttributeDefinition(name = "Retries", description = "How often it is asked again while nothing of an answer has come.", required = false)
        int retries();
    }

    /** For a plain class path: system properties count. */
    public Client() {
        this.configuration = Map.of();
        this.usual = NOWHERE;
    }

    /**
     * For OSGi.
     *
     * @param configuration goes before system properties
     */
    @Activate
    public Client(Map<String, ?> configuration) {
        this.configuration = Map.copyOf(configuration);
        this.usual = USUAL;
    }

    @Override
    public List<String> names() {
        try {
            return server().map(ServerModels::names).orElse(List.of());
        } catch (MillraceException e) {
            // whoever opens a model from elsewhere need not care
            LOG.log(System.Logger.Level.WARNING, e.getMessage());
            return List.of();
        }
    }

    @Override
    public Optional<RemoteModel> open(String reference) {
        return server().flatMap(server -> server.open(reference));
    }

    @Override
    public Optional<EmbeddingModel> openEmbeddings(String reference) {
        return server().flatMap(server -> server.openEmbeddings(reference));
    }

    /** The server; empty if there is to be none. */
    private Optional<ServerModels> server() {
        lock.lock();
        try {
            if (known == null && !off) {
                read().ifPresentOrElse(server -> known = server, () -> off = true);
            }
            return Optional.ofNullable(known);
        } finally {
            lock.unlock();
        }
    }

    private Optional<ServerModels> read() {
        Map<String, String> settings = new HashMap<>();
        for (String name : SETTINGS) {
            Object value = configuration.get(name);
            String text = value == null ? System.getProperty(PREFIX + name, "") : value.toString();
            if (!text.isBlank()) {
                settings.put(name, text.strip());
            }
        }
        settings.putIfAbsent(URL, usual);
        if (settings.get(URL).equals(NOWHERE)) {
            return Optional.empty();
        }
        try {
            return Optional.of(new ServerModels("client", settings));
        } catch (IllegalArgumentException e) {
            throw new MillraceException(e.getMessage() + " It is set by " + PID + ", or by system properties "
                    + PREFIX + URL + " and the like.", e);
        }
    }
}
