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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A model of a server. What the server tells of it is asked when it is opened, and again before an answer if it did not tell then. */
final class HttpModel implements RemoteModel {

    private static final System.Logger LOG = System.getLogger(HttpModel.class.getName());

    private final Endpoint endpoint;
    private final ChatClient client;
    private volatile @Nullable ServedModel known;

    private HttpModel(Endpoint endpoint) {
        this.endpoint = endpoint;
        this.client = new ChatClient(endpoint);
    }

    /** Opens it, and asks the server what it is; that it does not say now is no reason to fail. */
    static HttpModel open(Endpoint endpoint) {
        HttpModel model = new HttpModel(endpoint);
        model.look();
        return model;
    }

    private void look() {
        try {
            known = ServedModel.ask(endpoint, client);
        } catch (RemoteModelException e) {
            LOG.log(System.Logger.Level.INFO, "{0} It is asked again when an answer is wanted.", e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public ModelInfo info() {
        ServedModel told = known;
        int context = ServedModel.context(endpoint, Optional.ofNullable(told));
        return told == null
                ? new ModelInfo(model().orElse(endpoint.name()), "", 0, 0, 0, 0, context, 0, "")
                : told.info(context);
    }

    private Optional<String> model() {
        return endpoint.model().or(() -> Optional.ofNullable(known).map(ServedModel::name));
    }

    @Override
    public Device device() {
        return endpoint.device(model());
    }

    @Override
    public Optional<Fallback> fallback() {
        return endpoint.fallback();
    }

    @Override
    public Reply answer(Question question, Listener listener) throws InterruptedException {
        Optional<String> model = model();
        if (model.isEmpty()) {
            known = ServedModel.ask(endpoint, client);
            model = model();
        }
        return client.answer(question, model.orElseThrow(), listener);
    }

    @Override
    public void close() {
        client.close();
    }
}
