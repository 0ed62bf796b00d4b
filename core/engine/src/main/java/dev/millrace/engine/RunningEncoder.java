/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Device;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.EncoderExecutor;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.text.tokenizer.PromptTokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/** An open model that turns texts into vectors. */
final class RunningEncoder implements EmbeddingModel {

    private final ModelFile file;
    private final Encoder encoder;
    private final PromptTokenizer tokenizer;
    private final Placement place;
    private final EncoderExecutor executor;
    private final Consumer<RunningEncoder> onClose;
    private final ReentrantLock computing = new ReentrantLock();
    private boolean closed;

    RunningEncoder(ModelFile file, Encoder encoder, PromptTokenizer tokenizer, Placement place,
            EncoderExecutor executor, Consumer<RunningEncoder> onClose) {
        this.file = file;
        this.encoder = encoder;
        this.tokenizer = tokenizer;
        this.place = place;
        this.executor = executor;
        this.onClose = onClose;
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public int dimensions() {
        return encoder.hiddenSize();
    }

    @Override
    public int contextLength() {
        return encoder.contextLength();
    }

    @Override
    public Device device() {
        return place.device();
    }

    @Override
    public Embeddings embed(List<String> texts) {
        List<int[]> all = new ArrayList<>();
        int tokens = 0;
        for (int i = 0; i < texts.size(); i++) {
            int[] ids = framed(texts.get(i));
            if (ids.length > encoder.contextLength()) {
                throw new IllegalArgumentException("Text " + (i + 1) + " has " + ids.length + " tokens, and "
                        + file.name() + " takes " + encoder.contextLength() + ": cut it into parts.");
            }
            tokens += ids.length;
            all.add(ids);
        }
        List<float[]> vectors = new ArrayList<>();
        computing.lock();
        try {
            for (int[] ids : all) {
                if (closed) {
                    throw new IllegalStateException("The model " + file.name() + " is closed.");
                }
                vectors.add(executor.encode(ids));
            }
        } finally {
            computing.unlock();
        }
        return new Embeddings(vectors, tokens);
    }

    /** The ids of a text with those around it; at least one, since nothing has no vector. */
    private int[] framed(String text) {
        int[] inner = tokenizer.encode(text);
        int before = encoder.before().size();
        int[] ids = new int[Math.max(1, before + inner.length + encoder.after().size())];
        for (int i = 0; i < before; i++) {
            ids[i] = encoder.before().get(i);
        }
        System.arraycopy(inner, 0, ids, before, inner.length);
        for (int i = 0; i < encoder.after().size(); i++) {
            ids[before + inner.length + i] = encoder.after().get(i);
        }
        return ids;
    }

    /** Whether a backend runs it. */
    boolean runsOn(Backend backend) {
        return place.runsOn(backend);
    }

    @Override
    public void close() {
        computing.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            try {
                executor.close();
            } finally {
                file.close();
            }
        } finally {
            computing.unlock();
            onClose.accept(this);
        }
    }
}
