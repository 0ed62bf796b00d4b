/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.model.Program;
import dev.millrace.tck.BackendContract;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * The contract of all backends, on an export in standard operators and on one in contributed ones. {@code cramped()} is not here: the
 * memory of caches is the process's own, ONNX Runtime's allocator can be given no bound from Java, and a process without memory
 * could not go on with the test.
 */
class OnnxContractTest {

    @TempDir
    static Path folder;

    abstract static class Contract extends BackendContract {

        private final OnnxBackend backend = new OnnxBackend();
        private final String graph;

        Contract(String graph) {
            this.graph = graph;
        }

        @Override
        protected Backend backend() {
            return backend;
        }

        @Override
        protected Program program() {
            return Nano.graph(folder.resolve("onnx").resolve(graph));
        }

        @Override
        protected long allocation() {
            // the Java classes of ONNX Runtime make an object for each tensor of each run
            return 1 << 18;
        }

        @Override
        protected boolean breaks(Executor executor, Sequence sequence) {
            OnnxSequence broken = (OnnxSequence) sequence;
            broken.become(new CacheSet(List.of(), null, 1, broken.length()), 0);
            return true;
        }
    }

    @BeforeAll
    static void export() throws IOException {
        Nano.export(folder, BlueprintExport.Options.standard(), "model.onnx");
        Nano.export(folder, BlueprintExport.Options.quantised(), "model_q4.onnx");
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class StandardOperators extends Contract {
        StandardOperators() {
            super("model.onnx");
        }
    }

    @Nested
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    class ContributedOperators extends Contract {
        ContributedOperators() {
            super("model_q4.onnx");
        }

        @Override
        protected double tolerance() {
            // a run of one token takes another kernel than a run of several
            return 2e-2;
        }
    }
}
