/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.Device;
import dev.millrace.api.ModelInfo;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.text.tokenizer.PromptTokenizer;

/**
 * A model on a device, without conversations: raw access to ids, states and logits. Owns file and executor.
 *
 * @param file where it comes from
 * @param program which of the file's programs runs
 * @param tokenizer its vocabulary
 * @param device where it runs
 * @param options how it was loaded
 * @param executor runs it; for one thread at a time
 */
public record LoadedModel(ModelFile file, Program program, PromptTokenizer tokenizer, Device device,
        LoadOptions options, Executor executor)
        implements
            AutoCloseable {

    /**
     * What the model is.
     *
     * @return name, architecture, sizes
     */
    public ModelInfo info() {
        return ModelFacts.of(file.name(), program, executor.variant(), options.context());
    }

    /** Frees the executor, then closes the file. */
    @Override
    public void close() {
        try {
            executor.close();
        } finally {
            file.close();
        }
    }
}
