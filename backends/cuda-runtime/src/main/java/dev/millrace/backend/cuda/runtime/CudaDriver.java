/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda.runtime;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The CUDA driver of this machine: {@code libcuda.so.1}, or the library that the system property
 * {@value #LIBRARY} names. Opened once in a process, and never closed. Safe for use from any thread.
 */
public final class CudaDriver {

    /** System property with the path of a library to open in place of {@code libcuda.so.1}. */
    public static final String LIBRARY = "millrace.cuda.driver";

    /** System property: false where kernels are to begin only when those in front of them have ended. */
    public static final String EARLY = "millrace.cuda.early";

    private static final int MESSAGE = 512;
    private static final int NO_DEVICE = 100;
    private static final int EARLY_CAPABILITY = 90;
    private static final int EARLY_VERSION = 12_030;
    private static final Opening OPENING = new Opening();

    private CudaDriver() {
    }

    /**
     * Opens the driver if that has not happened yet.
     *
     * @param cache a folder in which a file may be made for a moment
     * @return the driver, the same each time
     * @throws IOException if there is none, or it is of no use: one sentence that says why
     */
    public static CudaDriver open(Path cache) throws IOException {
        return OPENING.open(cache);
    }

    /** A failure is final: a library that is missing stays missing for a process. */
    private static final class Opening {

        private @Nullable CudaDriver driver;
        private @Nullable IOException problem;

        synchronized CudaDriver open(Path cache) throws IOException {
            if (driver == null && problem == null) {
                try {
                    CudaLibrary.load(cache);
                    start();
                    driver = new CudaDriver();
                } catch (IOException e) {
                    problem = e;
                }
            }
            if (driver != null) {
                return driver;
            }
            String message = problem == null ? null : problem.getMessage();
            throw new IOException(message == null ? "The CUDA driver cannot be opened." : message, problem);
        }
    }

    private static void start() throws IOException {
        String library = System.getProperty(LIBRARY, "libcuda.so.1");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment message = arena.allocate(MESSAGE);
            int result = CudaCalls.mr_open(arena.allocateFrom(library).address(), message.address(), MESSAGE);
            if (result == -1) {
                throw new IOException("There is no CUDA driver (" + message.getString(0)
                        + "): install the driver of the NVIDIA device.");
            }
            if (result == -2) {
                throw new IOException("The CUDA driver is too old (" + message.getString(0)
                        + "): install one of CUDA 11.4 or later.");
            }
            if (result == NO_DEVICE) {
                throw new IOException("The CUDA driver finds no NVIDIA device.");
            }
            if (result != 0) {
                throw new IOException("The CUDA driver does not start (" + message.getString(0)
                        + "): its library and its kernel module may be of different versions; restart the machine.");
            }
        }
    }

    /**
     * The version of CUDA that the driver brings.
     *
     * @return for example 13000 for 13.0
     */
    public int version() {
        return value(CudaCalls.mr_driver_version(), "tell its version");
    }

    /**
     * Number of devices.
     *
     * @return 0 or more
     */
    public int devices() {
        return value(CudaCalls.mr_device_count(), "count its devices");
    }

    /**
     * The name of a device.
     *
     * @param device 0 to {@link #devices()} minus one
     * @return for example {@code NVIDIA H100}
     */
    public String name(int device) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(MESSAGE);
            check(CudaCalls.mr_device_name(device, name.address(), MESSAGE), "name a device");
            return name.getString(0);
        }
    }

    /**
     * What a device can compute.
     *
     * @param device 0 to {@link #devices()} minus one
     * @return ten times the major number of its compute capability plus the minor one, for example 90
     */
    public int capability(int device) {
        return 10 * attribute(75, device) + attribute(76, device);
    }

    /**
     * Multiprocessors of a device.
     *
     * @param device 0 to {@link #devices()} minus one
     * @return 1 or more
     */
    public int multiprocessors(int device) {
        return attribute(16, device);
    }

    /**
     * Whether kernels may be launched on a device before those in front of them have ended, also within recorded graphs.
     *
     * @param device 0 to {@link #devices()} minus one
     * @return true from compute capability 9.0 on, with a driver of CUDA 12.3 or later, if {@value #EARLY} does not forbid it
     */
    public boolean launchesEarly(int device) {
        return capability(device) >= EARLY_CAPABILITY && version() >= EARLY_VERSION
                && CudaCalls.mr_can_launch_early() == 1 && Boolean.parseBoolean(System.getProperty(EARLY, "true"));
    }

    private static int attribute(int attribute, int device) {
        return value(CudaCalls.mr_attribute(attribute, device), "describe a device");
    }

    /**
     * Memory of a device.
     *
     * @param device 0 to {@link #devices()} minus one
     * @return bytes, used ones included
     */
    public long memory(int device) {
        return value(CudaCalls.mr_total_memory(device), "tell the memory of a device");
    }

    /**
     * Opens a device for computing.
     *
     * @param device 0 to {@link #devices()} minus one
     * @return closed by the caller
     * @throws CudaException if that fails
     */
    public CudaContext context(int device) {
        return new CudaContext(device, value(CudaCalls.mr_retain(device), "open a device"));
    }

    static void check(int result, String what) {
        if (result != 0) {
            throw failed(result, what);
        }
    }

    static int value(int result, String what) {
        return Math.toIntExact(value((long) result, what));
    }

    static long value(long result, String what) {
        if (result < 0 && result > -10_000) {
            throw failed((int) -result, what);
        }
        return result;
    }

    private static CudaException failed(int code, String what) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment name = arena.allocate(MESSAGE);
            int known = CudaCalls.mr_error_name(code, name.address(), MESSAGE);
            return new CudaException(what, code, known == 0 ? name.getString(0) : "an error without a name");
        }
    }
}
