/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Logits of reference models, on kernels that the processor runs: the short cases only. */
class GoldenTest {

    /** Models beside those of the families, of which all are here. */
    private static final Set<String> MODELS = Set.of("dense-q4_0.gguf", "moe-q8_0.gguf");
    /** Its experts are 48 wide here, which no real one is; kernels work on blocks of 32. */
    private static final Set<String> REFUSED = Set.of("qwen3moe");
    /** Windows and ropes that depend on the length show in longer cases only. */
    private static final Set<String> LONGER = Set.of("mistral", "phi4mini");
    private static final int LONGEST = 16;
    private static final int LONGER_LONGEST = 60;

    @TestFactory
    Stream<DynamicTest> models() throws IOException {
        String shared = System.getProperty("millrace.shared", "");
        List<Golden> all = shared.isEmpty() ? List.of() : Golden.all(Path.of(shared));
        assumeTrue(!all.isEmpty(), "no reference data");
        CudaBackend backend = Emulated.backend();
        return all.stream()
                .filter(g -> MODELS.contains(String.valueOf(g.model().getFileName()))
                        || g.model().toString().contains("families"))
                .filter(g -> !REFUSED.contains(String.valueOf(g.model().getFileName())))
                .flatMap(g -> Stream.of(Precision.values()).map(precision -> DynamicTest.dynamicTest(
                        g.model().getFileName() + " " + precision, () -> compare(backend, g, precision))));
    }

    private static void compare(CudaBackend backend, Golden golden, Precision precision) throws IOException {
        boolean longer = LONGER.contains(String.valueOf(golden.model().getFileName()));
        List<Double> errors = golden.errors(backend, precision, KeyValueType.AUTO,
                longer ? LONGER_LONGEST : LONGEST);
        double bound = precision == Precision.EXACT ? golden.exact() : golden.fast();
        assertTrue(!errors.isEmpty() && errors.stream().sorted().toList().get(errors.size() / 2) < bound,
                errors.toString());
    }
}
