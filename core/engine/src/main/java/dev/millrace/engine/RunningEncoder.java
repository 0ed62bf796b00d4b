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
import java.util.Arrays;
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
        for (int i = 0; i < texts.size(); i++) {
            int[] inner = tokenizer.encode(texts.get(i));
            if (inner.length > room()) {
                throw new IllegalArgumentException(
                        "Text " + (i + 1) + " has " + (inner.length + encoder.contextLength() - room())
                                + " tokens, and " + file.name() + " takes " + encoder.contextLength()
                                + ": cut it into parts.");
            }
            all.add(framed(inner));
        }
        return computed(all, List.of());
    }

    @Override
    public Embeddings embedBeginnings(List<String> texts) {
        List<int[]> all = new ArrayList<>();
        List<Integer> cut = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            int[] inner = tokenizer.encode(texts.get(i));
            if (inner.length > room()) {
                inner = Arrays.copyOf(inner, Math.max(0, room()));
                cut.add(i);
            }
            all.add(framed(inner));
        }
        return computed(all, cut);
    }

    /** Tokens that a text itself may have. */
    private int room() {
        return encoder.contextLength() - encoder.before().size() - encoder.after().size();
    }

    private Embeddings computed(List<int[]> all, List<Integer> cut) {
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
        return new Embeddings(vectors, all.stream().mapToInt(ids -> ids.length).sum(), cut);
    }

    /** The ids of a text with those around it; at least one, since nothing has no vector. */
    private int[] framed(int[] inner) {
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
