/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Loads this bundle's own native library: by the framework in OSGi, else from a file that is gone again at once. */
final class CudaLibrary {

    private static final System.Logger LOG = System.getLogger(CudaLibrary.class.getName());
    private static final String NAME = "millrace_cuda";

    private CudaLibrary() {
    }

    /** What this machine is called in this bundle, for example {@code linux-x64}. */
    static String platform() {
        String os = System.getProperty("os.name", "").toLowerCase(Locale.ROOT).replace(' ', '-');
        String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
        return os + "-" + (arch.equals("amd64") || arch.equals("x86_64") ? "x64" : arch);
    }

    /**
     * Loads it.
     *
     * @param cache a folder in which a file may be made for a moment
     * @throws IOException with a sentence that says why not
     */
    @SuppressWarnings("restricted") // this is the place that may
    static void load(Path cache) throws IOException {
        try {
            System.loadLibrary(NAME); // where a framework has unpacked it
            return;
        } catch (UnsatisfiedLinkError e) {
            LOG.log(System.Logger.Level.DEBUG, "no framework has unpacked the library", e);
        }
        String resource = "/native/" + platform() + "/" + System.mapLibraryName(NAME);
        try (InputStream in = CudaLibrary.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException("The CUDA backend has no native library for " + platform()
                        + "; it runs on Linux with x86-64 and arm64 processors.");
            }
            Path folder = Files.createDirectories(cache.resolve("natives"));
            Path file = Files.createTempFile(folder, NAME, ".so");
            try {
                Files.write(file, in.readAllBytes());
                System.load(file.toAbsolutePath().toString());
            } catch (UnsatisfiedLinkError e) {
                throw new IOException(
                        "The native library of the CUDA backend cannot be loaded (" + e.getMessage() + ").",
                        e);
            } finally {
                Files.delete(file);
            }
        }
    }
}
