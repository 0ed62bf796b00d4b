/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.embeddings;

import dev.millrace.api.Device;
import dev.millrace.api.EmbeddingModel;
import dev.millrace.api.Embeddings;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ToolProvider;
import java.util.ArrayList;
import java.util.List;

/** A runtime whose encoder counts letters, and which tells what was asked of it. */
final class FakeRuntime implements Millrace {

    final List<String> opened = new ArrayList<>();
    final List<String> embedded = new ArrayList<>();
    final List<Encoder> encoders = new ArrayList<>();
    List<String> present = List.of("letters");

    /** One value for each letter. */
    final class Encoder implements EmbeddingModel {

        boolean closed;

        @Override
        public String name() {
            return "letters";
        }

        @Override
        public int dimensions() {
            return 26;
        }

        @Override
        public int contextLength() {
            return 1000;
        }

        @Override
        public Device device() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Embeddings embed(List<String> texts) {
            if (closed) {
                throw new IllegalStateException("closed");
            }
            embedded.addAll(texts);
            return new Embeddings(texts.stream().map(text -> {
                float[] counts = new float[26];
                text.chars().filter(c -> c >= 'a' && c <= 'z').forEach(c -> counts[c - 'a']++);
                return counts;
            }).toList(), texts.size());
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @Override
    public EmbeddingModel openEmbeddings(String reference, ModelOptions options) {
        opened.add(reference);
        if (!present.contains(reference)) {
            throw new ModelNotFoundException("There is no model " + reference + ".");
        }
        Encoder encoder = new Encoder();
        encoders.add(encoder);
        return encoder;
    }

    @Override
    public List<String> embeddingModels() {
        return present;
    }

    @Override
    public Model open(String reference, ModelOptions options) {
        throw new UnsupportedOperationException();
    }

    @Override
    public List<String> models() {
        return List.of();
    }

    @Override
    public List<Device> devices() {
        return List.of();
    }

    @Override
    public List<ToolProvider> toolProviders() {
        return List.of();
    }

    @Override
    public void close() {
        encoders.forEach(Encoder::close);
    }
}
