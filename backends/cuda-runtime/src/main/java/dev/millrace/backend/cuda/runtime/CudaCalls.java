/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda.runtime;

import org.bytedeco.javacpp.annotation.Cast;
import org.bytedeco.javacpp.annotation.Platform;

/**
 * The calls of the CUDA driver, as native/driver.h declares them; JavaCPP writes the code between. Addresses, handles and sizes
 * are plain longs. A negative result is an error code of the driver with its sign changed; where there is no value to give, an
 * error code is given as it is, and 0 means success.
 *
 * <p>
 * {@link CudaLibrary} loads the library behind these methods.
 */
@Platform(value = {"linux-x86_64",
        "linux-arm64"}, include = "driver.h", library = "millrace_cuda", link = "dl", compiler = "cpp17")
final class CudaCalls {

    private CudaCalls() {
    }

    static native int mr_open(@Cast("const char*") long library, @Cast("char*") long message, long capacity);

    static native int mr_device_count();

    static native int mr_driver_version();

    static native int mr_device_name(int device, @Cast("char*") long name, int capacity);

    static native int mr_attribute(int attribute, int device);

    static native @Cast("long long") long mr_total_memory(int device);

    static native @Cast("long long") long mr_free_memory();

    static native int mr_error_name(int code, @Cast("char*") long name, long capacity);

    static native @Cast("long long") long mr_retain(int device);

    static native int mr_release(int device);

    static native int mr_current(@Cast("long long") long context);

    static native @Cast("long long") long mr_alloc(@Cast("long long") long bytes);

    static native int mr_free(@Cast("long long") long address);

    static native @Cast("long long") long mr_host_alloc(@Cast("long long") long bytes);

    static native int mr_host_free(@Cast("long long") long address);

    static native int mr_to_device(@Cast("long long") long device, @Cast("long long") long host,
            @Cast("long long") long bytes, @Cast("long long") long stream);

    static native int mr_to_host(@Cast("long long") long host, @Cast("long long") long device,
            @Cast("long long") long bytes, @Cast("long long") long stream);

    static native int mr_copy(@Cast("long long") long to, @Cast("long long") long from, @Cast("long long") long bytes,
            @Cast("long long") long stream);

    static native int mr_fill(@Cast("long long") long device, int value, @Cast("long long") long bytes,
            @Cast("long long") long stream);

    static native @Cast("long long") long mr_stream();

    static native int mr_stream_destroy(@Cast("long long") long stream);

    static native int mr_wait(@Cast("long long") long stream);

    static native @Cast("long long") long mr_event();

    static native int mr_event_destroy(@Cast("long long") long event);

    static native int mr_mark(@Cast("long long") long event, @Cast("long long") long stream);

    static native int mr_reach(@Cast("long long") long event);

    static native @Cast("long long") long mr_module(@Cast("long long") long image);

    static native int mr_unload(@Cast("long long") long module);

    static native @Cast("long long") long mr_function(@Cast("long long") long module, @Cast("const char*") long name);

    static native int mr_capture(@Cast("long long") long stream);

    static native @Cast("long long") long mr_captured(@Cast("long long") long stream);

    static native int mr_replay(@Cast("long long") long graph, @Cast("long long") long stream);

    static native int mr_graph_destroy(@Cast("long long") long graph);

    static native int mr_can_launch_early();

    static native int mr_launch(@Cast("long long") long function, int gx, int gy, int gz, int threads, int early,
            @Cast("long long") long stream, @Cast("long long") long arguments, @Cast("long long") long bytes);

    static native int mr_sources(@Cast("char*") long digest, long capacity);
}
