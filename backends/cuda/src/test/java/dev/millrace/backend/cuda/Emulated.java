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
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A backend on a driver that runs the kernels on the processor: built by g++ from the same sources. */
final class Emulated {

    /** System property: true where the tests are to run on the device of this machine. */
    private static final String DEVICE = "millrace.cuda.device";
    private static final Path LIBRARY = Path.of("target", "libemulated_cuda.so").toAbsolutePath();

    private Emulated() {
    }

    /** The backend; the test is skipped where there is no g++. */
    static synchronized CudaBackend backend() {
        if (!isEmulated()) {
            return new CudaBackend();
        }
        assumeTrue(has("g++"), "no g++: the kernels are not tested here");
        if (!LIBRARY.toString().equals(System.getProperty(CudaDriver.LIBRARY))) {
            if (!isFresh()) {
                build();
            }
            System.setProperty(CudaDriver.LIBRARY, LIBRARY.toString());
        }
        return new CudaBackend();
    }

    /** False where the tests run on a device. */
    static boolean isEmulated() {
        return !Boolean.getBoolean(DEVICE);
    }

    private static void build() {
        run("g++", "-O1", "-ffp-contract=off", "-std=c++17", "-w", "-shared", "-fPIC", "-Isrc/test/cuda",
                "-Wl,-Bsymbolic",
                "-Wl,-soname,libcuda.so.1", "-o", LIBRARY.toString(), "src/test/cuda/emulated_driver.cpp");
    }

    /** Whether the library is younger than all its sources. */
    private static boolean isFresh() {
        try {
            if (Files.notExists(LIBRARY)) {
                return false;
            }
            FileTime built = Files.getLastModifiedTime(LIBRARY);
            for (String folder : List.of("src/test/cuda", "src/main/cuda")) {
                try (Stream<Path> sources = Files.list(Path.of(folder))) {
                    for (Path source : sources.toList()) {
                        if (Files.getLastModifiedTime(source).compareTo(built) >= 0) {
                            return false;
                        }
                    }
                }
            }
            return true;
        } catch (IOException e) {
            throw new IllegalStateException("The sources of the emulated driver cannot be looked at.", e);
        }
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
            Path log = Files.createTempFile(Files.createDirectories(Path.of("target")), "tool", ".log");
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile())
                    .start();
            if (!process.waitFor(10, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IllegalStateException(
                        String.join(" ", command) + ": " + Files.readString(log));
            }
            Files.delete(log);
        } catch (IOException e) {
            throw new IllegalStateException(command[0] + " cannot be run", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
