/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
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

    /** All that could touch memory which others write, or leave a path out, comes behind the mark. */
    @Test
    void kernelsBeginWithTheMark() throws IOException {
        Pattern early = Pattern.compile("(?m)^\\s*(@\\S+\\s+)?(st|atom|red|bar|ret|ld\\.(?!param))\\b");
        int kernels = 0;
        for (String module : modules()) {
            String text = Files.readString(COMMITTED.resolve(module + ".ptx"));
            for (String entry : text.split("\\.visible \\.entry ", -1)) {
                if (entry.startsWith("//")) {
                    continue;
                }
                String name = module + ": " + entry.substring(0, entry.indexOf('('));
                int mark = entry.indexOf(Ptx.MARK);
                assertTrue(mark > 0 && mark == entry.lastIndexOf(Ptx.MARK), name);
                assertFalse(early.matcher(entry.substring(entry.indexOf('{'), mark)).find(), name);
                kernels++;
            }
        }
        assertTrue(kernels > TensorType.values().length, kernels + " kernels");
    }

    @Test
    void textWithWaitsIsPtx() {
        assumeTrue(Emulated.has("ptxas"), "no ptxas: the text with waits is not assembled here");
        modules().parallelStream().forEach(PtxTest::assemble);
    }

    private static void assemble(String module) {
        try {
            byte[] waiting = Ptx.waiting(Files.readAllBytes(COMMITTED.resolve(module + ".ptx")));
            String text = new String(waiting, StandardCharsets.ISO_8859_1);
            assertFalse(text.contains("ld.global.nc") || text.contains(Ptx.MARK), module);
            Path file = Files.write(Path.of("target", module + "-waiting.ptx"), waiting);
            Emulated.run("ptxas", "-arch=sm_90", "-o", "/dev/null", file.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<String> modules() {
        return Stream.concat(Stream.of("common"), Stream.of(TensorType.values()).map(TensorType::name)).toList();
    }

    private static String compiler(String ptx) {
        return ptx.lines().filter(line -> line.startsWith("// Cuda compilation tools")).findFirst().orElse("");
    }
}
