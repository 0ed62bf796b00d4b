/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Step;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** All kernels that read no weights, with each kind of keys and values, against the scalar reference; and where kernels are found. */
class KernelsTest {

    /** More than what the warps that sort by expert take in one go, and parts that are still multiplied by tensor cores. */
    private static final int PROMPT = 121;
    private static final int PART = 11;

    private final Parity parity = new Parity(SmallModels.ofAllKernels());

    @BeforeEach
    void needsCompiler() {
        Emulated.backend();
    }

    @ParameterizedTest
    @EnumSource(value = KeyValueType.class, mode = EnumSource.Mode.EXCLUDE, names = "AUTO")
    void logitsAreThoseOfTheReference(KeyValueType type) {
        double exact = parity.exact(Emulated.backend(), type);
        double bound = type == KeyValueType.F32 ? 1e-5 : type == KeyValueType.F16 ? 1e-3 : 3e-2;
        assertTrue(exact < bound, () -> "exact: " + exact);
        double fast = parity.fast(Emulated.backend(), type);
        assertTrue(fast < 11e-2, () -> "fast: " + fast);
    }

    @Test
    void aWideStreamIsThatOfTheReference() {
        Parity wide = new Parity(SmallModels.ofWideStream());
        double exact = wide.exact(Emulated.backend(), KeyValueType.F32);
        assertTrue(exact < 1e-5, () -> "exact: " + exact);
        double fast = wide.fast(Emulated.backend(), KeyValueType.F16);
        assertTrue(fast < 11e-2, () -> "fast: " + fast);
    }

    /** Sorting by expert and routing work on many tokens together. */
    @Test
    void aTokenOfAPromptDoesNotDependOnHowManyThereAre() {
        CudaBackend backend = Emulated.backend();
        int[] tokens = new int[PROMPT];
        for (int i = 0; i < PROMPT; i++) {
            tokens[i] = (i * 37 + i / 7 * 11) % SmallModels.VOCABULARY;
        }
        try (Executor executor = backend.load(SmallModels.ofManyExperts(10), backend.devices().getFirst(),
                LoadOptions.of(PROMPT), Progress.NONE)) {
            Step whole = new Step(executor.newSequence(), SmallModels.VOCABULARY);
            executor.forward(List.of(whole.feed(tokens, 0, PROMPT, Step.Logits.ALL).reach(PROMPT)));
            Step parts = new Step(executor.newSequence(), SmallModels.VOCABULARY);
            for (int from = 0; from < PROMPT; from += PART) {
                executor.forward(List.of(parts.feed(tokens, from, from + PART, Step.Logits.ALL).reach(PROMPT)));
                int at = from * SmallModels.VOCABULARY;
                assertArrayEquals(
                        Arrays.copyOfRange(whole.logits(), at, at + PART * SmallModels.VOCABULARY),
                        Arrays.copyOf(parts.logits(), PART * SmallModels.VOCABULARY), "tokens from " + from);
            }
        }
    }

    @Test
    void machineCodeIsOfTheSameGenerationAndNoNewer() {
        assertEquals(List.of("/kernels/86/glu.cubin", "/kernels/85/glu.cubin", "/kernels/84/glu.cubin",
                "/kernels/83/glu.cubin", "/kernels/82/glu.cubin", "/kernels/81/glu.cubin",
                "/kernels/80/glu.cubin"), Kernels.machineCode("glu", 86));
        assertEquals(List.of("/kernels/90/embed_Q4_0.cubin"), Kernels.machineCode("embed_Q4_0", 90));
    }
}
