/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.formats.OnnxFormat;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The project's nano model, and exports of it that tests write. */
final class Nano {

    /** Its weights and the files beside them. */
    static final Path FOLDER = Path.of("..", "..", "samples", "nano-model", "src", "main", "model", "nano");

    private static final List<String> BESIDE = List.of("config.json", "generation_config.json", "tokenizer.json",
            "tokenizer_config.json", "chat_template.jinja");

    private Nano() {
    }

    static ModelFile tensors() {
        return new SafetensorsFormat().open(FOLDER);
    }

    /** Writes a folder as they are published, with one graph. */
    static Path export(Path folder, BlueprintExport.Options options, String graph) throws IOException {
        Files.createDirectories(folder.resolve("onnx"));
        for (String name : BESIDE) {
            if (!Files.exists(folder.resolve(name))) {
                Files.copy(FOLDER.resolve(name), folder.resolve(name));
            }
        }
        try (ModelFile file = tensors()) {
            BlueprintExport.write(file.blueprint(), options, folder.resolve("onnx").resolve(graph));
        }
        return folder;
    }

    static Graph graph(Path path) {
        try (ModelFile file = new OnnxFormat().open(path)) {
            return (Graph) file.program();
        }
    }
}
