/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.remote;

import dev.millrace.api.Device;
import dev.millrace.api.ModelInfo;
import dev.millrace.api.RemoteModelException;
import dev.millrace.spi.remote.Question;
import dev.millrace.spi.remote.RemoteModel;
import dev.millrace.spi.remote.Reply;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** A model of a server. What the server tells of it is asked when it is opened, and again before an answer if it did not tell then. */
final class HttpModel implements RemoteModel {

    private static final System.Logger LOG = System.getLogger(HttpModel.class.getName());

    /** Tokens, where nobody says how many the model holds. */
    private static final int USUAL_CONTEXT = 32_768;
    private static final List<String> CONTEXTS = List.of("max_model_len", "context_length", "context_window");

    private final Endpoint endpoint;
    private final ChatClient client;
    private volatile @Nullable Known known;

    /** What the server tells. */
    private record Known(String model, int context) {
    }

    HttpModel(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.client = new ChatClient(endpoint);
    }

    /** Asks the server what it is; that it does not say now is no reason to fail. */
    void look() {
        try {
            known = ask();
        } catch (RemoteModelException e) {
            LOG.log(System.Logger.Level.INFO, "{0} It is asked again when an answer is wanted.", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Known ask() throws InterruptedException {
        List<JsonView> models = client.get("/models").at("data").items();
        for (JsonView model : models) {
            Optional<String> id = model.at("id").text();
            if (id.isPresent() && endpoint.model().orElse(id.get()).equals(id.get())) {
                return new Known(id.get(), context(model));
            }
        }
        return new Known(endpoint.model().orElseThrow(() -> new RemoteModelException(
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

    private Optional<Known> known() {
        return Optional.ofNullable(known);
    }

    @Override
    public ModelInfo info() {
        int told = endpoint.context() > 0 ? endpoint.context() : known().map(Known::context).orElse(0);
        return new ModelInfo(model().orElse(endpoint.name()), "", 0, 0, 0, 0, told > 0 ? told : USUAL_CONTEXT, 0, "");
    }

    private Optional<String> model() {
        return endpoint.model().or(() -> known().map(Known::model));
    }

    @Override
    public Device device() {
        return new Device(endpoint.reference(), "remote",
                model().map(name -> name + " at ").orElse("") + endpoint.address(), Long.MAX_VALUE);
    }

    @Override
    public Optional<Fallback> fallback() {
        return endpoint.fallback();
    }

    @Override
    public Reply answer(Question question, Listener listener) throws InterruptedException {
        Optional<String> model = model();
        if (model.isEmpty()) {
            known = ask();
            model = model();
        }
        return client.answer(question, model.orElseThrow(), listener);
    }

    @Override
    public void close() {
        client.close();
    }
}
