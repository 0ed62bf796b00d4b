/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import dev.millrace.api.RemoteModelException;
import dev.millrace.json.Json;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A model of a server that turns texts into vectors. Source: the embeddings of OpenAI's API. */
final class HttpEncoder implements EmbeddingModel {

    private static final System.Logger LOG = System.getLogger(HttpEncoder.class.getName());

    /** Texts in one request: servers allow from a few dozen to 2048. */
    private static final int MOST_TEXTS = 32;
    /** Characters per token, where nobody tells. */
    private static final int CHARACTERS = 4;

    private final Endpoint endpoint;
    private final ChatClient client;
    private final String model;
    private final int context;
    private final int dimensions;

    /**
     * Opens it: asks the server for one vector.
     *
     * @throws RemoteModelException if it gives none
     */
    HttpEncoder(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.client = new ChatClient(endpoint);
        try {
            Optional<ServedModel> told = told();
            this.model = endpoint.model().or(() -> told.map(ServedModel::name)).orElseThrow();
            this.context = ServedModel.context(endpoint, told);
            this.dimensions = vectors(List.of("a")).vectors().getFirst().length;
        } catch (RuntimeException | Error e) {
            client.close();
            throw e;
        }
    }

    /** Servers that give nothing but vectors often have no list of models. */
    private Optional<ServedModel> told() {
        try {
            return Optional.of(ServedModel.ask(endpoint, client));
        } catch (RemoteModelException e) {
            if (endpoint.model().isEmpty()) {
                throw e;
            }
            LOG.log(System.Logger.Level.DEBUG, e.getMessage());
            return Optional.empty();
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
    }

    private BackendException interrupted(InterruptedException cause) {
        Thread.currentThread().interrupt();
        return new BackendException(
                "The model " + endpoint.reference() + " was asked by a thread that was interrupted.",
                cause);
    }

    @Override
    public String name() {
        return model;
    }

    @Override
    public int dimensions() {
        return dimensions;
    }

    @Override
    public int contextLength() {
        return context;
    }

    @Override
    public Device device() {
        return endpoint.device(Optional.of(model));
    }

    @Override
    public Embeddings embed(List<String> texts) {
        List<float[]> vectors = new ArrayList<>();
        int tokens = 0;
        for (int from = 0; from < texts.size(); from += MOST_TEXTS) {
            Embeddings some = vectors(texts.subList(from, Math.min(texts.size(), from + MOST_TEXTS)));
            for (float[] vector : some.vectors()) {
                if (vector.length != dimensions) {
                    throw wrong("gives a vector of " + vector.length + " values, and gave " + dimensions + " before");
                }
                vectors.add(vector);
            }
            tokens += some.tokens();
        }
        return new Embeddings(vectors, tokens);
    }

    private Embeddings vectors(List<String> texts) {
        JsonView answer;
        try {
            answer = client.post("/embeddings",
                    Json.write(Map.of("model", model, "input", texts, "encoding_format", "float")));
        } catch (InterruptedException e) {
            throw interrupted(e);
        }
        float[][] vectors = new float[texts.size()][];
        int place = 0;
        for (JsonView item : answer.at("data").items()) {
            int index = item.at("index").number().orElse(place++);
            if (index >= vectors.length || vectors[index] != null) {
                throw wrong("gives a vector for a text that nobody sent");
            }
            vectors[index] = vector(item.at("embedding").items());
        }
        if (Arrays.asList(vectors).contains(null)) {
            throw wrong("gives fewer vectors than there are texts");
        }
        int estimate = texts.stream().mapToInt(text -> 1 + text.length() / CHARACTERS).sum();
        return new Embeddings(List.of(vectors), answer.at("usage").at("prompt_tokens").number().orElse(estimate));
    }

    private float[] vector(List<JsonView> values) {
        float[] vector = new float[values.size()];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) values.get(i).decimal().orElse(Double.NaN);
            if (!Float.isFinite(vector[i])) {
                throw wrong("gives a vector with a value that is no number");
            }
        }
        if (vector.length == 0) {
            throw wrong("gives no vector, or one that is not written as a list of numbers");
        }
        return vector;
    }

    private RemoteModelException wrong(String what) {
        return new RemoteModelException(RemoteModelException.Kind.FAILED,
                "The server of " + endpoint.reference() + ", " + endpoint.address() + ", " + what + ".", null);
    }

    @Override
    public void close() {
        client.close();
    }
}
