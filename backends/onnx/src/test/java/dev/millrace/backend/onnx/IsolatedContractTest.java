/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.model.Program;
import dev.millrace.tck.BackendContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of all backends on models in processes of their own. Starts more than a hundred of them, so it runs only where it is
 * asked for; {@link IsolatedTest} says the same in short.
 */
@EnabledIfSystemProperty(named = "millrace.isolated.contract", matches = "true")
class IsolatedContractTest extends BackendContract {

    @TempDir
    static Path folder;

    private final OnnxBackend backend = new OnnxBackend(TestSettings.of(Map.of("isolated", "true")));

    @BeforeAll
    static void export() throws IOException {
        Nano.export(folder, BlueprintExport.Options.standard(), "model.onnx");
    }

    @Override
    protected Backend backend() {
        return backend;
    }

    @Override
    protected Program program() {
        return Nano.graph(folder.resolve("onnx").resolve("model.onnx"));
    }

    @Override
    protected long allocation() {
        // a question and its answer make some objects
        return 1 << 12;
    }
}
