/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.runtime;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * Keeps ONNX Runtime from reporting to its makers. Versions from 1.29.0 on do so on Linux unless the variable
 * {@code ORT_DISABLE_TELEMETRY} is set before the library is loaded; Java cannot set variables of its own process, so the C
 * library does.
 */
final class Telemetry {

    private static final String VARIABLE = "ORT_DISABLE_TELEMETRY";

    private Telemetry() {
    }

    /** One call of a C function with two strings; native access is needed for the library itself anyway. */
    @SuppressWarnings("restricted")
    static void forbid() throws IOException {
        if ("1".equals(System.getenv(VARIABLE))) {
            return;
        }
        Linker linker = Linker.nativeLinker();
        Optional<MemorySegment> setenv = linker.defaultLookup().find("setenv");
        if (setenv.isEmpty()) {
            // Windows, where the library asks the system's own setting, which OrtEnvironment.setTelemetry changes
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            int result = (int) linker.downcallHandle(setenv.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT,
                    ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
                    .invokeExact(arena.allocateFrom(VARIABLE), arena.allocateFrom("1"), 1);
            if (result != 0) {
                throw new IOException("The variable " + VARIABLE + " cannot be set; set it to 1 before starting Java.");
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("setenv throws nothing.", e);
        }
    }
}
