/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.MillraceException;
import dev.millrace.api.RemoteModelException;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.RemoteModels;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All models of one server, by the server's own names: what is {@code nano} there is {@code nano} here. Safe for use from any thread.
 */
public final class ServerModels implements RemoteModels {

    private static final System.Logger LOG = System.getLogger(ServerModels.class.getName());
    /** For how long a list of models counts. */
    private static final Duration FRESH = Duration.ofSeconds(5);

    private final Endpoint server;
    private volatile Told told = new Told(List.of(), new Deadline(Optional.of(Duration.ZERO)));

    /**
     * What the server offers.
     *
     * @param until counts
     */
    private record Told(List<ServedModel> models, Deadline until) {
    }

    /**
     * The models of a server.
     *
     * @param name by which people know it
     * @param settings as for {@link ConfiguredModel}: {@code url} at least, and no {@code model}
     * @throws IllegalArgumentException if one is unknown or wrong
     */
    public ServerModels(String name, Map<String, String> settings) {
        this.server = Endpoint.of(name, settings);
    }

    /**
     * What the server offers to talk to. It is asked unless it was a few seconds ago.
     *
     * @return names; none while the server does not answer
     */
    @Override
    public List<String> names() {
        try {
            return told().stream().filter(model -> !model.givesEmbeddings()).map(ServedModel::name).toList();
        } catch (RemoteModelException e) {
            LOG.log(System.Logger.Level.INFO, e.getMessage());
            return List.of();
        }
    }

    @Override
    public Optional<RemoteModel> open(String reference) {
        return asked(reference, false).map(HttpModel::open);
    }

    @Override
    public Optional<EmbeddingModel> openEmbeddings(String reference) {
        return asked(reference, true).map(HttpEncoder::new);
    }

    private Optional<Endpoint> asked(String reference, boolean embeddings) {
        if (reference.startsWith(Endpoint.SCHEME)) {
            return Optional.empty();
        }
        // a server that tells nothing of its models may mean either
        return told().stream().filter(model -> model.name().equals(reference))
                .filter(model -> embeddings || !model.givesEmbeddings()).findFirst()
                .map(model -> server.of(model.name()));
    }

    private List<ServedModel> told() {
        Told last = told;
        if (!last.until().isOver()) {
            return last.models();
        }
        try (ChatClient client = new ChatClient(server)) {
            List<ServedModel> models = ServedModel.all(client);
            told = new Told(models, new Deadline(Optional.of(FRESH)));
            return models;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MillraceException(
                    "The models of " + server.address() + " were asked for by a thread that was interrupted.", e);
        }
    }
}
