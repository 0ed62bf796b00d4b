/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.tck.Feeder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Shows whether memory stays flat while a model is loaded, used and closed many times. For Linux; run by hand. */
public final class LoadBenchmark {

    private static final int LOADS = 50;

    private LoadBenchmark() {
    }

    /** Takes a folder with ONNX graphs, or none to export the nano model. */
    public static void main(String[] arguments) throws IOException {
        Path folder = arguments.length > 0
                ? Path.of(arguments[0])
                : Nano.export(Files.createTempDirectory("load"), BlueprintExport.Options.standard(), "model.onnx");
        OnnxBackend backend = new OnnxBackend();
        for (int load = 1; load <= LOADS; load++) {
            try (Executor executor = backend.load(Nano.graph(folder), backend.devices().getFirst(),
                    LoadOptions.of(256).withThreads(2), Progress.NONE)) {
                new Feeder(executor, 2048).feed(executor.newSequence(), 1, 2, 3, 4, 5, 6, 7, 8);
            }
            if (load == 1 || load % 10 == 0) {
                System.gc();
                System.out.printf("after %d loads: %d MB resident%n", load, resident() >> 20);
            }
        }
    }

    private static long resident() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).findFirst().orElseThrow();
    }
}
