/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.backend.onnx.export.BlueprintExport.Options;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** The nano model with its tensors and a graph of them in one folder. */
final class TwoPrograms {

    /** Set where the frameworks are started. */
    private static final String NANO = "millrace.test.nano";

    private TwoPrograms() {
    }

    /** Writes the folder. */
    static Path write(ModelFormat safetensors, Path folder) throws IOException {
        Path nano = Path.of(System.getProperty(NANO));
        try (Stream<Path> files = Files.list(nano)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, folder.resolve(file.getFileName()));
            }
        }
        Path graphs = Files.createDirectory(folder.resolve("onnx"));
        try (ModelFile file = safetensors.open(nano)) {
            BlueprintExport.write(file.blueprint(), Options.standard(), graphs.resolve("model.onnx"));
        }
        return folder;
    }
}
