/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda.runtime;

/** The driver refused or failed. */
public final class CudaException extends RuntimeException {

    private static final int OUT_OF_MEMORY = 2;
    private static final int FIRST_LASTING = 700;

    private final int code;

    CudaException(String what, int code, String name) {
        super("The CUDA driver could not " + what + ": " + name + " (" + code + ").");
        this.code = code;
    }

    /**
     * The driver's number of the error.
     *
     * @return a value of {@code CUresult}, more than 0
     */
    public int code() {
        return code;
    }

    /**
     * Whether the device has too little free memory.
     *
     * @return true if that is all
     */
    public boolean isOutOfMemory() {
        return code == OUT_OF_MEMORY;
    }

    /**
     * Whether nothing more can be computed on the device by this process, because of a fault of the hardware, the driver or a kernel.
     *
     * @return true if each further call would fail
     */
    public boolean isLasting() {
        return (code >= FIRST_LASTING && code < 800) || code == 999;
    }
}
