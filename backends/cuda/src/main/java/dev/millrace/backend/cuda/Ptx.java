/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

/**
 * The text of kernels as nvcc has made it, for devices of compute capability 8.0 on.
 *
 * @see <a href="https://docs.nvidia.com/cuda/parallel-thread-execution/">PTX ISA</a>
 */
final class Ptx {

    /** Where a kernel begins to touch what others leave: {@code begin_kernel()} in the sources. */
    static final String MARK = "// begin_kernel";

    private Ptx() {
    }

    /**
     * Kernels that wait themselves for the kernel in front of them, for devices of compute capability 9.0 on, which may begin them before that
     * one has ended. The next one may begin as soon as this one has waited: not earlier, so that of three in a row the first has always
     * ended: what it has left may be read before the wait. Loads by the path for constant data are made plain ones: it need not see what was written after the kernel began.
     *
     * @param text of a module
     * @return text for PTX 7.8, which drivers read from CUDA 11.8 on
     */
    static byte[] waiting(byte[] text) {
        return new String(text, ISO_8859_1).replaceFirst("(?m)^\\.version .*$", ".version 7.8")
                .replaceFirst("(?m)^\\.target sm_80", ".target sm_90").replace("ld.global.nc.", "ld.global.")
                .replace(MARK, "griddepcontrol.wait; griddepcontrol.launch_dependents;").getBytes(ISO_8859_1);
    }
}
