/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.backend.cuda.runtime.CudaDriver;
import dev.millrace.backend.cuda.runtime.CudaException;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a device refuses, the emulated driver refuses, too: else tests would pass with launches that no device does. */
class LaunchTest {

    private static final int MOST_DOWN = 65_535;

    @TempDir
    private Path cache;

    @BeforeEach
    void needsCompiler() {
        Emulated.backend();
    }

    @Test
    void launchesThatNoDeviceDoesAreRefused() throws IOException {
        try (OpenDevices devices = new OpenDevices();
                Gpu gpu = new Gpu(devices.use(CudaDriver.open(cache), 0), 80, false)) {
            // no rows: the kernel does nothing
            assertDoesNotThrow(() -> launch(gpu, 1, 1, 1, 128));
            assertDoesNotThrow(() -> launch(gpu, 1, MOST_DOWN, 1, 32));
            assertThrows(CudaException.class, () -> launch(gpu, 1, MOST_DOWN + 1, 1, 32));
            assertThrows(CudaException.class, () -> launch(gpu, 1, 1, MOST_DOWN + 1, 32));
            assertThrows(CudaException.class, () -> launch(gpu, 0, 1, 1, 32));
            assertThrows(CudaException.class, () -> launch(gpu, 1, 1, 1, 1056));
            // one argument too few
            gpu.arguments().pointer(0).pointer(0).pointer(0);
            assertThrows(CudaException.class, () -> gpu.launch("read_likeliest", 1, 1, 1, 128));
            // more threads than the kernel was compiled for
            gpu.arguments().pointer(0).integer(0).integer(1).pointer(0).pointer(0).integer(0).integer(1);
            assertThrows(CudaException.class,
                    () -> gpu.launch("group", 1, 1, 1, 2 * ForwardPass.GROUP_THREADS));
            // a graph that is recorded cannot wait for memory
            assertThrows(CudaException.class, () -> gpu.record(() -> gpu.allocate(16)));
            gpu.await();
        }
    }

    private static void launch(Gpu gpu, long x, long y, long z, int threads) {
        gpu.arguments().pointer(0).pointer(0).pointer(0).integer(0);
        gpu.launch("read_likeliest", x, y, z, threads);
    }
}
