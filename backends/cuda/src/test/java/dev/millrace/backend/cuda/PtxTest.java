/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The committed PTX is what nvcc makes of the sources, where there is the same nvcc. */
class PtxTest {

    private static final Path COMMITTED = Path.of("src", "main", "resources", "kernels");

    @Test
    void committedKernelsAreFresh() throws IOException {
        assumeTrue(Emulated.has("nvcc"), "no nvcc: the PTX is not compared here");
        Path fresh = Path.of("target", "fresh-kernels");
        Emulated.run("./build-kernels.sh", fresh.toString());
        try (Stream<Path> all = Files.list(fresh)) {
            List<Path> files = all.sorted().toList();
            assertEquals(TensorType.values().length + 1, files.size());
            for (Path file : files) {
                String made = Files.readString(file);
                String committed = Files.readString(COMMITTED.resolve(file.getFileName()));
                assumeTrue(compiler(committed).equals(compiler(made)), "another nvcc: the PTX is not compared here");
                assertTrue(committed.equals(made), file + " is not the PTX of the sources: run build-kernels.sh");
            }
        }
    }

    private static String compiler(String ptx) {
        return ptx.lines().filter(line -> line.startsWith("// Cuda compilation tools")).findFirst().orElse("");
    }
}
