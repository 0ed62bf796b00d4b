/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Attention on tensor cores, at the borders of tiles, pages and splits, against the scalar reference. */
class AttentionTest {

    private static final int WIDTH = SmallModels.VOCABULARY;
    private static final int LONG = 300;
    private static final int MOST = 100;
    private static final int FEW = 8;

    @BeforeEach
    void needsCompiler() {
        Emulated.backend();
    }

    private static int[] tokens(int count) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = (i * i * 37 + i * 11 + 5) % WIDTH;
        }
        return tokens;
    }

    private static Executor load(Blueprint model, KeyValueType type) {
        return load(model, type, LONG + 4);
    }

    private static Executor load(Blueprint model, KeyValueType type, int context) {
        CudaBackend backend = Emulated.backend();
        return backend.load(model, backend.devices().getFirst(),
                LoadOptions.of(context).withPrecision(Precision.FAST).withKeyValues(type), Progress.NONE);
    }

    /** Logits of all tokens: a prompt, two single tokens, eight at once, the rest at once. */
    private static float[] logits(Executor executor, int[] tokens, int prompt) {
        Step step = new Step(executor.newSequence(), WIDTH);
        try (Sequence sequence = step.sequence()) {
            float[] all = new float[tokens.length * WIDTH];
            for (int from = 0; from < tokens.length; from = sequence.length()) {
                int to = from < prompt
                        ? Math.min(from + MOST, prompt)
                        : from < prompt + 2 ? from + 1 : from == prompt + 2 ? from + FEW : tokens.length;
                executor.forward(List.of(step.feed(tokens, from, to, Step.Logits.ALL).reach(tokens.length)));
                System.arraycopy(step.logits(), 0, all, from * WIDTH, (to - from) * WIDTH);
            }
            return all;
        }
    }

    private static double error(float[] expected, float[] actual) {
        double most = 0;
        for (int at = 0; at < expected.length; at += WIDTH) {
            most = Math.max(most, Parity.error(Arrays.copyOfRange(expected, at, at + WIDTH), actual, at));
        }
        return most;
    }

    private static void compare(Blueprint model, int... prompts) {
        try (Executor floats = load(model, KeyValueType.F32);
                Executor halves = load(model, KeyValueType.F16);
                Executor codes = load(model, KeyValueType.Q8)) {
            for (int prompt : prompts) {
                int[] tokens = tokens(prompt + 2 + FEW + 10);
                float[] expected = logits(floats, tokens, prompt);
                double half = error(expected, logits(halves, tokens, prompt));
                assertTrue(half < 1.2e-2, () -> "F16, " + prompt + ": " + half);
                double code = error(expected, logits(codes, tokens, prompt));
                assertTrue(code < 6e-2, () -> "Q8, " + prompt + ": " + code);
            }
        }
    }

    /** Prompts that end around the borders of tiles and pages. */
    @ParameterizedTest
    @ValueSource(ints = {64, 128})
    void lengths(int size) {
        compare(SmallModels.ofAttention(size, 4, 0, 0), 1, 15, 16, 17, 31, 32, 33, 63, 64, 65);
    }

    @ParameterizedTest
    @CsvSource({"64, 1, 0, 0", "64, 2, 33, 3", "64, 3, 7, 0", "64, 5, 0, 0", "64, 8, 40, 0", "64, 16, 0, 0",
            "64, 20, 5, 2",
            "128, 1, 0, 0", "128, 2, 33, 5", "128, 3, 0, 0", "128, 16, 20, 0"})
    void groupsWindowsCapsAndSinks(int size, int group, int window, float softcap) {
        compare(SmallModels.ofAttention(size, group, window, softcap), 17, 50);
    }

    /** Single tokens and few at once around the borders of splits, and windows that leave splits out. */
    @ParameterizedTest
    @ValueSource(ints = {0, 40, 100})
    void splits(int window) {
        compare(SmallModels.ofAttention(64, 2, window, 0), 120, 126, 255);
    }

    /** Up to 8 tokens of a sequence at once: the keys of each are split by its own length. */
    @ParameterizedTest
    @EnumSource(value = KeyValueType.class, names = {"F32", "F16", "Q8"})
    void neighboursAndCompanyOfFewTokensChangeNoBit(KeyValueType type) {
        // from 513 keys on a split has more of them
        int from = 508;
        int[] tokens = tokens(from + FEW);
        try (Executor executor = load(SmallModels.ofAttention(64, 3, 0, 0), type, tokens.length)) {
            Step trunk = new Step(executor.newSequence(), WIDTH);
            for (int at = 0; at < from; at += from / 4) {
                executor.forward(List.of(trunk.feed(tokens, at, at + from / 4, Step.Logits.LAST)));
            }
            Step other = new Step(executor.newSequence(), WIDTH);
            executor.forward(List.of(other.feed(tokens, 5, 25, Step.Logits.LAST)));
            Step alone = new Step(trunk.sequence().fork(), WIDTH).feed(tokens, from, from + FEW, Step.Logits.ALL);
            executor.forward(List.of(alone));
            Step parts = new Step(trunk.sequence().fork(), WIDTH).feed(tokens, from, from + 3, Step.Logits.LAST);
            executor.forward(List.of(parts));
            Step together = new Step(trunk.sequence().fork(), WIDTH).feed(tokens, from, from + 5, Step.Logits.ALL);
            executor.forward(List.of(other.feed(tokens, 25, 26, Step.Logits.LAST),
                    parts.feed(tokens, from + 3, from + 5, Step.Logits.ALL), together));
            assertArrayEquals(Arrays.copyOf(alone.logits(), 5 * WIDTH), Arrays.copyOf(together.logits(), 5 * WIDTH));
            assertArrayEquals(Arrays.copyOfRange(alone.logits(), 3 * WIDTH, 5 * WIDTH),
                    Arrays.copyOf(parts.logits(), 2 * WIDTH));
        }
    }

    /** Forks share pages, and each sequence has another number of splits. */
    @ParameterizedTest
    @EnumSource(value = KeyValueType.class, names = {"F16", "Q8"})
    void companyChangesNoBit(KeyValueType type) {
        int[] tokens = tokens(134);
        try (Executor executor = load(SmallModels.ofAttention(64, 3, 0, 0), type)) {
            Step trunk = new Step(executor.newSequence(), WIDTH);
            Step other = new Step(executor.newSequence(), WIDTH);
            executor.forward(List.of(trunk.feed(tokens, 0, MOST, Step.Logits.LAST)));
            executor.forward(List.of(trunk.feed(tokens, MOST, 130, Step.Logits.LAST),
                    other.feed(tokens, 0, 20, Step.Logits.LAST)));
            Step first = new Step(trunk.sequence().fork(), WIDTH).feed(tokens, 130, 131, Step.Logits.LAST);
            executor.forward(List.of(first, other.feed(tokens, 20, 21, Step.Logits.LAST)));
            Step second = new Step(trunk.sequence().fork(), WIDTH).feed(tokens, 130, 131, Step.Logits.LAST);
            Step third = new Step(trunk.sequence().fork(), WIDTH).feed(tokens, 131, 132, Step.Logits.LAST);
            executor.forward(List.of(other.feed(tokens, 21, 22, Step.Logits.LAST), third, second,
                    trunk.feed(tokens, 130, 134, Step.Logits.LAST)));
            assertArrayEquals(first.logits(), second.logits());
            assertFalse(Arrays.equals(first.logits(), third.logits()));
        }
    }
}
