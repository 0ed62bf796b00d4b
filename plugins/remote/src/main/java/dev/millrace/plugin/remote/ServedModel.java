/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.RemoteModelException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What a server tells of one of its models.
 *
 * @param name by which the server knows it
 * @param context tokens that it holds; 0 if the server does not tell
 */
record ServedModel(String name, int context) {

    /** Tokens, where nobody says how many the model holds. */
    private static final int USUAL_CONTEXT = 32_768;
    private static final List<String> CONTEXTS = List.of("max_model_len", "context_length", "context_window");

    /**
     * Asks the server.
     *
     * @throws RemoteModelException if it does not answer, or offers no model
     */
    static ServedModel ask(Endpoint endpoint, ChatClient client) throws InterruptedException {
        List<JsonView> models = client.get("/models").at("data").items();
        for (JsonView model : models) {
            Optional<String> id = model.at("id").text();
            if (id.isPresent() && endpoint.model().orElse(id.get()).equals(id.get())) {
                return new ServedModel(id.get(), context(model));
            }
        }
        return new ServedModel(endpoint.model().orElseThrow(() -> new RemoteModelException(
                RemoteModelException.Kind.FAILED, "The server of " + endpoint.reference() + ", " + endpoint.address()
                        + ", offers no model.",
                null)), 0);
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
