/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The committed PTX is what nvcc makes of the sources, where there is the same nvcc. */
class PtxTest {

    private static final Path COMMITTED = Path.of("src", "main", "resources", "kernels", "kernels_80.ptx");

    @Test
    void committedKernelsAreFresh() throws IOException {
        assumeTrue(Emulated.has("nvcc"), "no nvcc: the PTX is not compared here");
        String committed = Files.readString(COMMITTED);
        Path fresh = Path.of("target", "kernels_80.ptx");
        Emulated.run("./build-kernels.sh", fresh.toString());
        String made = Files.readString(fresh);
        assumeTrue(compiler(committed).equals(compiler(made)), "another nvcc: the PTX is not compared here");
        assertTrue(committed.equals(made), "the PTX is not that of the sources: run build-kernels.sh");
    }

    private static String compiler(String ptx) {
        return ptx.lines().filter(line -> line.startsWith("// Cuda compilation tools")).findFirst().orElse("");
    }
}
