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
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The committed PTX is what nvcc makes of the sources, where there is the same nvcc. */
class PtxTest {

    private static final Path COMMITTED = Path.of("src", "main", "resources", "kernels");
    private static final Pattern ENTRY = Pattern.compile("(?m)^\\.visible \\.entry (\\w+)\\(");
    private static final Pattern LOAD = Pattern
            .compile("(?m)^\\s*(?:@\\S+\\s+)?ld\\.(?!param)\\S*\\s[^\\[]*\\[(%rd\\d+)");
    private static final Pattern NEVER = Pattern.compile("(?m)^\\s*(?:@\\S+\\s+)?(?:st|atom|red|bar|ret)\\b.*");
    private static final Pattern ADDRESS = Pattern.compile("ld\\.param\\.u64\\s+(%rd\\d+), \\[\\w+_param_(\\d+)");
    private static final Pattern REGISTER = Pattern.compile("%rd\\d+");

    @Test
    void committedKernelsAreFresh() throws IOException {
        assumeTrue(Emulated.has("nvcc"), "no nvcc: the PTX is not compared here");
        Path folder = Path.of("target", "fresh-kernels");
        Emulated.run("./build-kernels.sh", folder.toString());
        Map<String, String> fresh = texts(folder);
        Map<String, String> committed = texts(COMMITTED);
        assumeTrue(compiler(committed).equals(compiler(fresh)), "another nvcc: the PTX is not compared here");
        assertEquals(fresh.keySet(), committed.keySet(), "run build-kernels.sh");
        fresh.forEach((kernel, made) -> assertTrue(made.equals(committed.get(kernel)),
                kernel + ".ptx is not the PTX of the sources: run build-kernels.sh"));
    }

    @Test
    void eachKernelHasAFile() throws IOException {
        texts(COMMITTED).forEach((kernel, text) -> assertEquals(List.of(kernel),
                ENTRY.matcher(text).results().map(entry -> entry.group(1)).toList()));
    }

    /**
     * All that could touch memory which the kernel in front writes, or leave a path out, comes behind the mark: in front of it weights are
     * read, and nothing else but the numbers of experts by kernels that are told that another one ran since they were picked, and where states
     * lie, which is copied before a pass.
     */
    @Test
    void kernelsBeginWithTheMark() throws IOException {
        int kernels = 0;
        int early = 0;
        for (Map.Entry<String, String> kernel : texts(COMMITTED).entrySet()) {
            String name = kernel.getKey();
            String text = kernel.getValue();
            int mark = text.indexOf(Ptx.MARK);
            assertTrue(mark > 0 && mark == text.lastIndexOf(Ptx.MARK), name);
            String inFront = text.substring(text.indexOf('{'), mark);
            assertEquals("", problem(inFront, readsEarly(name)), name);
            kernels++;
            early += LOAD.matcher(inFront).find() ? 1 : 0;
        }
        assertTrue(kernels > TensorType.values().length, kernels + " kernels");
        assertTrue(early > 4 * TensorType.values().length, early + " kernels load weights early");
    }

    @Test
    void loadsOfOtherThingsInFrontOfTheMarkAreFound() {
        String weights = "ld.param.u64 %rd1, [k_param_0+8];\nadd.s64 %rd3, %rd1, %rd9;\n";
        String others = "ld.param.u64 %rd2, [k_param_1];\ncvta.to.global.u64 %rd4, %rd2;\n";
        assertEquals("", problem(weights + others + "ld.global.nc.v2.u32 {%r1,%r2}, [%rd3+16];", Set.of(0)));
        for (String wrong : List.of("ld.global.f32 %f1, [%rd4];", "@%p1 ld.global.nc.u16 %r1, [%rd4+2];",
                "add.s64 %rd3, %rd3, %rd4;\nld.global.u32 %r1, [%rd3];", "ld.global.u32 %r1, [%rd99];",
                "st.global.f32 [%rd3], %f1;", "bar.sync 0;", "@%p2 ret;", "atom.global.add.u32 %r1, [%rd3], 1;")) {
            assertFalse(problem(weights + others + wrong, Set.of(0)).isEmpty(), wrong);
        }
    }

    /** The parameters of a kernel through which it may read in front of the mark: its weights, the numbers of experts, and where states lie. */
    private static Set<Integer> readsEarly(String kernel) {
        if (kernel.startsWith("route_")) {
            return Set.of(1);
        }
        if (kernel.equals("normed_route")) {
            return Set.of(3, 4);
        }
        if (kernel.startsWith("conv_")) {
            return Set.of(0, 4, 7);
        }
        return kernel.startsWith("matvec_codes_")
                ? Set.of(0, 9)
                : kernel.startsWith("matvec_floats_")
                        ? Set.of(0, 8)
                        : kernel.startsWith("gated_") ? Set.of(0) : Set.of();
    }

    /** What is wrong with instructions in front of the mark, or nothing: each load must be through some of these parameters alone. */
    private static String problem(String instructions, Set<Integer> parameters) {
        Matcher never = NEVER.matcher(instructions);
        if (never.find()) {
            return never.group();
        }
        Map<String, Set<Integer>> from = new HashMap<>();
        for (String line : instructions.lines().toList()) {
            Matcher load = LOAD.matcher(line);
            if (load.find()) {
                Set<Integer> through = from.getOrDefault(load.group(1), Set.of());
                if (through.isEmpty() || !parameters.containsAll(through)) {
                    return line + " through " + through;
                }
                continue;
            }
            Matcher address = ADDRESS.matcher(line);
            if (address.find()) {
                from.computeIfAbsent(address.group(1), register -> new HashSet<>())
                        .add(Integer.valueOf(address.group(2)));
                continue;
            }
            List<String> registers = REGISTER.matcher(line).results().map(MatchResult::group).toList();
            for (int i = 1; i < registers.size(); i++) {
                from.computeIfAbsent(registers.getFirst(), register -> new HashSet<>())
                        .addAll(from.getOrDefault(registers.get(i), Set.of()));
            }
        }
        return "";
    }

    @Test
    void textWithWaitsIsPtx() throws IOException {
        assumeTrue(Emulated.has("ptxas"), "no ptxas: the text with waits is not assembled here");
        texts(COMMITTED).entrySet().parallelStream().forEach(kernel -> assemble(kernel.getKey(), kernel.getValue()));
    }

    private static void assemble(String kernel, String ptx) {
        try {
            byte[] waiting = Ptx.waiting(ptx.getBytes(StandardCharsets.ISO_8859_1));
            String text = new String(waiting, StandardCharsets.ISO_8859_1);
            assertFalse(text.contains("ld.global.nc") || text.contains(Ptx.MARK), kernel);
            Path file = Files.write(Path.of("target", kernel + "-waiting.ptx"), waiting);
            Emulated.run("ptxas", "-arch=sm_90", "-o", "/dev/null", file.toString());
            Files.delete(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The PTX of a folder by kernel. */
    private static Map<String, String> texts(Path folder) throws IOException {
        Map<String, String> texts = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.filter(one -> one.toString().endsWith(".ptx")).toList()) {
                String name = file.getFileName().toString();
                texts.put(name.substring(0, name.lastIndexOf('.')), Files.readString(file));
            }
        }
        return texts;
    }

    private static String compiler(Map<String, String> texts) {
        return texts.values().iterator().next().lines().filter(line -> line.startsWith("// Cuda compilation tools"))
                .findFirst().orElse("");
    }
}
