/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.formats.safetensors.HuggingFaceModel;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import java.nio.file.Files;
import java.nio.file.Path;
import org.osgi.service.component.annotations.Component;

/**
 * Hugging Face folders: config.json, safetensors files (one, or several with an index), tokenizer and template beside them.
 */
@Component
public final class SafetensorsFormat implements ModelFormat {

    /** For the framework and the service loader. */
    public SafetensorsFormat() {
    }

    @Override
    public String id() {
        return "safetensors";
    }

    @Override
    public boolean recognises(Path path) {
        return Files.isRegularFile(path.resolve(HuggingFaceModel.CONFIG))
                && (Files.isRegularFile(path.resolve(HuggingFaceModel.WEIGHTS))
                        || Files.isRegularFile(path.resolve(HuggingFaceModel.INDEX)));
    }

    @Override
    public ModelFile open(Path path) {
        return HuggingFaceModel.open(path);
    }
}
