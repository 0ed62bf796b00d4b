/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.backend.cuda.runtime.CudaDriver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A backend on a driver that runs the kernels on the processor: built by g++ from the same sources. */
final class Emulated {

    private static final Path LIBRARY = Path.of("target", "libemulated_cuda.so").toAbsolutePath();

    private Emulated() {
    }

    /** The backend; the test is skipped where there is no g++. */
    static synchronized CudaBackend backend() {
        assumeTrue(has("g++"), "no g++: the kernels are not tested here");
        if (!LIBRARY.toString().equals(System.getProperty(CudaDriver.LIBRARY))) {
            run("g++", "-O1", "-std=c++17", "-w", "-shared", "-fPIC", "-Isrc/test/cuda", "-Wl,-Bsymbolic",
                    "-Wl,-soname,libcuda.so.1", "-o", LIBRARY.toString(), "src/test/cuda/emulated_driver.cpp");
            System.setProperty(CudaDriver.LIBRARY, LIBRARY.toString());
        }
        return new CudaBackend();
    }

    /** Whether a program is on the path. */
    static boolean has(String program) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }

    /** Runs a program that must succeed. */
    static void run(String... command) {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectOutput(Path.of("target", "tool.log").toFile()).start();
            if (!process.waitFor(10, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        String.join(" ", command) + ": " + Files.readString(Path.of("target", "tool.log")));
            }
        } catch (IOException e) {
            throw new IllegalStateException(command[0] + " cannot be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
