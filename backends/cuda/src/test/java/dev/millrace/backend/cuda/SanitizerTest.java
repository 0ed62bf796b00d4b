/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;

/** Kernels read and write nothing beside their memory or off its alignment; weights of all types by {@code sanitize.sh}. */
class SanitizerTest {

    @Test
    void kernelsStayInTheirMemory() {
        assumeTrue(Emulated.has("g++"), "no g++: the kernels are not tested here");
        Emulated.run("env", "JAVA_HOME=" + System.getProperty("java.home"), "src/test/cuda/sanitize.sh", "few");
    }
}
