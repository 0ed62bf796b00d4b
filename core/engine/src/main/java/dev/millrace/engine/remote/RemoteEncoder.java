/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.remote;

import dev.millrace.api.Device;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** An open model elsewhere that turns texts into vectors, and ends with the runtime. */
public final class RemoteEncoder implements EmbeddingModel {

    private final EmbeddingModel remote;
    private final Consumer<RemoteEncoder> onClose;
    private final AtomicBoolean closed = new AtomicBoolean();

    /**
     * An open model.
     *
     * @param remote closed with this
     * @param onClose told once it is closed
     */
    public RemoteEncoder(EmbeddingModel remote, Consumer<RemoteEncoder> onClose) {
        this.remote = remote;
        this.onClose = onClose;
    }

    private EmbeddingModel open() {
        if (closed.get()) {
            throw new IllegalStateException("The model is closed.");
        }
        return remote;
    }

    @Override
    public String name() {
        return remote.name();
    }

    @Override
    public int dimensions() {
        return remote.dimensions();
    }

    @Override
    public int contextLength() {
        return remote.contextLength();
    }

    @Override
    public Device device() {
        return remote.device();
    }

    @Override
    public Embeddings embed(List<String> texts) {
        return open().embed(texts);
    }

    @Override
    public Embeddings embedBeginnings(List<String> texts) {
        return open().embedBeginnings(texts);
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            remote.close();
            onClose.accept(this);
        }
    }
}
