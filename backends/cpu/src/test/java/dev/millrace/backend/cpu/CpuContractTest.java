/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.Device;
import dev.millrace.formats.SafetensorsFormat;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.Program;
import dev.millrace.tck.BackendContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.condition.EnabledIf;

/** The contract of all backends, on each device. */
class CpuContractTest {

    private static final Path NANO = Path.of("..", "..", "samples", "nano-model", "src", "main", "model", "nano");
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    abstract static class Contract extends BackendContract {

        private final ModelFile model = new SafetensorsFormat().open(NANO);
        private final String device;

        Contract(String device) {
            this.device = device;
        }

        @AfterAll
        void close() {
            model.close();
        }

        @Override
        protected Backend backend() {
            return Run.BACKEND;
        }

        @Override
        protected Device device() {
            return Run.devices().filter(d -> d.id().equals(device)).findFirst().orElseThrow();
        }

        @Override
        protected Program program() {
            return model.program();
        }
    }

    @Nested
    @EnabledIf("assembled")
    class Assembled extends Contract {
        Assembled() {
            super("cpu:assembled");
        }

        static boolean assembled() {
            return Run.devices().anyMatch(device -> device.id().equals("cpu:assembled"));
        }
    }

    @Nested
    class Vector extends Contract {
        Vector() {
            super("cpu:vector");
        }
    }

    @Nested
    class Scalar extends Contract {
        Scalar() {
            super("cpu:scalar");
        }
    }
}
