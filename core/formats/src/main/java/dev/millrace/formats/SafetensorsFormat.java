/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.Architectures;
import dev.millrace.formats.onnx.OnnxFolder;
import dev.millrace.formats.safetensors.HuggingFaceModel;
import dev.millrace.spi.model.Architecture;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import java.nio.file.Path;
import java.util.List;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/**
 * Hugging Face folders: config.json, safetensors files (one, or several with an index), tokenizer and template beside them. Where
 * ONNX graphs of the same network lie there too, the model has both programs.
 */
@Component
public final class SafetensorsFormat implements ModelFormat {

    /** Families that other bundles bring; the built-in ones are always there. */
    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    private volatile List<Architecture> plugins = List.of();

    /** For the framework and the service loader. */
    public SafetensorsFormat() {
    }

    @Override
    public String id() {
        return "safetensors";
    }

    @Override
    public boolean recognises(Path path) {
        return HuggingFaceModel.recognises(path);
    }

    @Override
    public ModelFile open(Path path) {
        if (!OnnxFolder.recognises(path)) {
            return HuggingFaceModel.open(path, new Architectures(plugins));
        }
        ModelFile tensors;
        try {
            tensors = HuggingFaceModel.open(path, new Architectures(plugins));
        } catch (ModelFormatException e) {
            return OnnxFolder.instead(path, e);
        }
        try {
            return OnnxFolder.beside(tensors);
        } catch (RuntimeException e) {
            tensors.close();
            throw e;
        }
    }
}
