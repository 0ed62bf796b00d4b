/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.formats.onnx.OnnxFolder;
import dev.millrace.formats.safetensors.HuggingFaceModel;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import java.nio.file.Path;
import org.osgi.service.component.annotations.Component;

/** ONNX graphs in a Hugging Face folder or one for onnxruntime-genai; the path of one .onnx file in it picks that variant. */
@Component
public final class OnnxFormat implements ModelFormat {

    /** For the framework and the service loader. */
    public OnnxFormat() {
    }

    @Override
    public String id() {
        return "onnx";
    }

    @Override
    public boolean recognises(Path path) {
        // a folder with tensors as well is read by their format, which asks for the graph
        return OnnxFolder.recognises(path) && !HuggingFaceModel.recognises(path);
    }

    @Override
    public ModelFile open(Path path) {
        return OnnxFolder.open(path);
    }
}
