/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.KeyTable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads {@code genai_config.json} in the words of {@code config.json}. */
final class GenaiConfig {

    /** Describes a folder for onnxruntime-genai. */
    static final String FILE = "genai_config.json";

    private static final List<String> OF_DECODER = List.of("hidden_size", "head_size", "num_attention_heads",
            "num_key_value_heads");

    private GenaiConfig() {
    }

    /** What it says, under the keys of config.json; empty if it is. */
    static Map<String, @Nullable Object> asConfig(Map<?, ?> genai) {
        Map<String, @Nullable Object> config = new LinkedHashMap<>();
        if (genai.get("model") instanceof Map<?, ?> model) {
            config.put("model_type", model.get("type"));
            config.put("vocab_size", model.get("vocab_size"));
            config.put("max_position_embeddings", model.get("context_length"));
            config.put("eos_token_id", model.get("eos_token_id"));
            for (String key : OF_DECODER) {
                config.put(key, decoder(genai).get(key));
            }
            config.values().removeIf(value -> value == null);
        }
        return config;
    }

    /** What it says of the decoder; empty if nothing. */
    static Map<?, ?> decoder(Map<?, ?> genai) {
        return genai.get("model") instanceof Map<?, ?> model && model.get("decoder") instanceof Map<?, ?> decoder
                ? decoder
                : Map.of();
    }

    /** The file that it names as the decoder, in the folder or in one inside it. */
    static Path graph(Path folder, Map<?, ?> genai) {
        KeyTable settings = new KeyTable(folder, FILE + ": ", genai);
        KeyTable decoder = settings.group("model").group("decoder");
        if (decoder.has("pipeline")) {
            throw decoder.wrong("pipeline", "cuts the model into several graphs, which the ONNX backend does not run;"
                    + " take an export with one graph, as the model builder makes it for cpu");
        }
        String name = decoder.text("filename").orElseThrow(() -> decoder.wrong("filename", "is missing"));
        if (!name.matches("(?:[^/\\\\\\p{Cntrl}]+/)*[^/\\\\\\p{Cntrl}]+\\.onnx") || name.contains("..")) {
            throw decoder.wrong("filename", "is " + name + ", expected an .onnx file in the same folder or one inside");
        }
        Path graph = folder.resolve(name);
        if (!Files.isRegularFile(graph)) {
            throw new ModelFormatException(folder, name, "is missing");
        }
        return graph;
    }
}
