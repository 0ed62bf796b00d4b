/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.ModelInfo;
import dev.millrace.api.RemoteModelException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a server tells of one of its models.
 *
 * @param name by which the server knows it
 * @param context tokens that it holds; 0 if the server does not tell
 * @param meta what else is told of it, as llama-server and Millrace do
 */
record ServedModel(String name, int context, JsonView meta) {

    /** Tokens, where nobody says how many the model holds. */
    private static final int USUAL_CONTEXT = 32_768;
    private static final List<String> CONTEXTS = List.of("max_model_len", "context_length", "context_window");

    /**
     * Asks the server.
     *
     * @throws RemoteModelException if it does not answer, or offers no model
     */
    static ServedModel ask(Endpoint endpoint, ChatClient client) throws InterruptedException {
        for (ServedModel model : all(client)) {
            if (endpoint.model().orElse(model.name).equals(model.name)) {
                return model;
            }
        }
        return new ServedModel(endpoint.model().orElseThrow(() -> new RemoteModelException(
                RemoteModelException.Kind.FAILED, "The server of " + endpoint.reference() + ", " + endpoint.address()
                        + ", offers no model.",
                null)), 0, new JsonView(null));
    }

    /**
     * Asks the server for all that it offers.
     *
     * @throws RemoteModelException if it does not answer
     */
    static List<ServedModel> all(ChatClient client) throws InterruptedException {
        return client.get("/models").at("data").items().stream().flatMap(model -> model.at("id").text()
                .map(id -> new ServedModel(id, context(model), model.at("meta"))).stream()).toList();
    }

    /** Whether it turns texts into vectors, as far as the server tells. */
    boolean givesEmbeddings() {
        return meta.at("n_embd").isThere() && !meta.at("n_vocab").isThere();
    }

    /** What the model is, with the context that a conversation may have. */
    ModelInfo info(int tokens) {
        return new ModelInfo(name, meta.at("architecture").text().orElse(""), meta.at("n_params").count().orElse(0), 0,
                meta.at("n_embd").number().orElse(0), 0, tokens, meta.at("size").count().orElse(0),
                meta.at("quantisation").text().orElse(""));
    }

    private static int context(JsonView model) {
        for (String name : CONTEXTS) {
            OptionalInt tokens = model.at(name).number();
            if (tokens.isPresent()) {
                return tokens.getAsInt();
            }
        }
        JsonView meta = model.at("meta");
        return meta.at("n_ctx").number().orElse(meta.at("n_ctx_train").number().orElse(0));
    }

    /** Tokens that a model holds: what is set, else what the server tells, else what is usual. */
    static int context(Endpoint endpoint, Optional<ServedModel> told) {
        int context = endpoint.context() > 0 ? endpoint.context() : told.map(ServedModel::context).orElse(0);
        return context > 0 ? context : USUAL_CONTEXT;
    }
}
