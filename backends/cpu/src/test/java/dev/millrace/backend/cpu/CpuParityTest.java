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
import dev.millrace.tck.ParityContract;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** The packaged model is computed as its formulas say, on each device. */
@ParameterizedClass
@MethodSource("devices")
class CpuParityTest extends ParityContract {

    private final ModelFile model = new SafetensorsFormat()
            .open(Path.of("..", "..", "samples", "nano-model", "src", "main", "model", "nano"));
    private final Device device;

    CpuParityTest(Device device) {
        this.device = device;
    }

    static Stream<Device> devices() {
        return Run.devices();
    }

    @AfterEach
    void close() {
        model.close();
    }

    @Override
    protected Backend backend() {
        return Run.BACKEND;
    }

    @Override
    protected Program program() {
        return model.program();
    }

    @Override
    protected Device device() {
        return device;
    }
}
