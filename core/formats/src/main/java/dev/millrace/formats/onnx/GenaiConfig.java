/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.architecture.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code genai_config.json} in the words of {@code config.json}. */
final class GenaiConfig {

    /** Describes a folder for onnxruntime-genai. */
    static final String FILE = "genai_config.json";

    private GenaiConfig() {
    }

    /** What it says, under the keys of config.json; empty if it is. */
    static Map<String, @Nullable Object> asConfig(Path folder, Map<?, ?> genai) {
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        if (genai.get("model") instanceof Map<?, ?> model) {
            config.put("model_type", model.get("type"));
            config.put("vocab_size", model.get("vocab_size"));
            config.put("max_position_embeddings", model.get("context_length"));
            config.put("eos_token_id", model.get("eos_token_id"));
            if (model.get("decoder") instanceof Map<?, ?> decoder) {
                config.put("hidden_size", decoder.get("hidden_size"));
            }
            config.values().removeIf(value -> value == null);
            return config;
        }
        throw new ModelFormatException(folder, "config.json", "is missing");
    }

    /** The file that it names as the decoder. */
    static Path graph(Path folder, Map<?, ?> genai) {
        Settings settings = new Settings(folder, FILE + ": ", genai);
        Settings decoder = settings.group("model").group("decoder");
        String name = decoder.text("filename").orElseThrow(() -> decoder.wrong("filename", "is missing"));
        if (!name.matches("[^/\\\\\\p{Cntrl}]+\\.onnx")) {
            throw decoder.wrong("filename", "is " + name + ", expected an .onnx file in the same folder");
        }
        Path graph = folder.resolve(name);
        if (!Files.isRegularFile(graph)) {
            throw new ModelFormatException(folder, name, "is missing");
        }
        return graph;
    }
}
