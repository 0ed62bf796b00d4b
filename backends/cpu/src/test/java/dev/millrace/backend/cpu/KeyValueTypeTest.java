/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.backend.cpu.weights.PackedFolder;
import dev.millrace.machine.Memory;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys and values in a type that was asked for. */
class KeyValueTypeTest {

    private static final Blueprint MODEL = RandomModel.of(TensorType.Q8_0);
    private static final int VOCABULARY = RandomModel.VOCABULARY;
    /** More than a page, and no whole number of pages. */
    private static final int[] TOKENS = Run.tokens(150, VOCABULARY);
    private static final List<KeyValueType> TYPES = List.of(KeyValueType.F32, KeyValueType.F16, KeyValueType.Q8);

    static Stream<Arguments> all() {
        return Run.devices().flatMap(device -> TYPES.stream().map(type -> Arguments.of(device, type)));
    }

    /** What rounding may cost, as {@link Run#error}. */
    private static double bound(KeyValueType type) {
        return switch (type) {
            case F16 -> 2e-3;
            case Q8 -> 5e-2;
            default -> 0;
        };
    }

    private static LoadOptions options(Precision precision, KeyValueType type) {
        return LoadOptions.of(512).withThreads(2).withPrecision(precision).withKeyValues(type);
    }

    private static Executor load(Device device, Precision precision, KeyValueType type) {
        return Run.BACKEND.load(MODEL, device, options(precision, type), Progress.NONE);
    }

    private static float[] logits(Device device, Precision precision, KeyValueType type) {
        try (Executor executor = load(device, precision, type); Sequence sequence = executor.newSequence()) {
            return Run.feed(executor, sequence, VOCABULARY, TOKENS);
        }
    }

    private static double[] doubles(float[] values) {
        return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
    }

    @ParameterizedTest
    @MethodSource("all")
    void roundingStaysSmallInBothPrecisions(Device device, KeyValueType type) {
        for (Precision precision : Precision.values()) {
            double error = Run.error(doubles(logits(device, precision, KeyValueType.F32)),
                    logits(device, precision, type));
            assertTrue(error <= bound(type), precision + " " + error);
            assertTrue(error > 0 || type == KeyValueType.F32, "it is not rounded at all");
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void forksAndStatesGoOnAsIfNothingHadHappened(Device device, KeyValueType type) {
        int[] beginning = Arrays.copyOf(TOKENS, 100);
        int[] rest = Arrays.copyOfRange(TOKENS, 100, TOKENS.length);
        try (Executor executor = load(device, Precision.FAST, type); Sequence sequence = executor.newSequence()) {
            Run.feed(executor, sequence, VOCABULARY, beginning);
            try (Sequence fork = sequence.fork();
                    SequenceState state = sequence.export();
                    Sequence imported = executor.newSequence(state)) {
                float[] expected = Run.feed(executor, sequence, VOCABULARY, rest);
                assertArrayEquals(expected, Run.feed(executor, fork, VOCABULARY, rest), "fork");
                assertArrayEquals(expected, Run.feed(executor, imported, VOCABULARY, rest), "state");
            }
        }
    }

    /** The block that crosses a page's end begins well before it. */
    @ParameterizedTest
    @MethodSource("all")
    void whoGoesOnInTheMiddleOfAPageSeesTheNextOne(Device device, KeyValueType type) {
        int[] beginning = Arrays.copyOf(TOKENS, 100);
        int[] rest = Arrays.copyOfRange(TOKENS, 100, TOKENS.length);
        try (Executor executor = load(device, Precision.FAST, type); Sequence sequence = executor.newSequence()) {
            Run.feed(executor, sequence, VOCABULARY, beginning);
            try (Sequence fork = sequence.fork()) {
                float[] expected = {};
                for (int token : rest) {
                    expected = Run.feed(executor, fork, VOCABULARY, token);
                }
                assertArrayEquals(expected, Run.feed(executor, sequence, VOCABULARY, rest));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("all")
    void statesMoveToOtherTypes(Device device, KeyValueType type) {
        int[] beginning = Arrays.copyOf(TOKENS, 100);
        int[] rest = Arrays.copyOfRange(TOKENS, 100, TOKENS.length);
        float[] expected = logits(device, Precision.EXACT, KeyValueType.F32);
        for (KeyValueType other : TYPES) {
            try (Executor from = load(device, Precision.EXACT, type);
                    Executor to = load(device, Precision.EXACT, other);
                    Sequence sequence = from.newSequence()) {
                Run.feed(from, sequence, VOCABULARY, beginning);
                try (SequenceState state = sequence.export(); Sequence moved = to.newSequence(state)) {
                    double error = Run.error(doubles(expected), Run.feed(to, moved, VOCABULARY, rest));
                    assertTrue(error <= bound(type) + bound(other) + 1e-5, type + " " + other + " " + error);
                }
            }
        }
    }

    @Test
    void theBackendChoosesByPrecisionAndWeights() {
        assertEquals(KvType.F32, MemoryNeeds.keyValueType(MODEL, options(Precision.EXACT, KeyValueType.AUTO)));
        assertEquals(KvType.Q8, MemoryNeeds.keyValueType(MODEL, options(Precision.FAST, KeyValueType.AUTO)));
        assertEquals(KvType.F16, MemoryNeeds.keyValueType(RandomModel.of(TensorType.BF16),
                options(Precision.FAST, KeyValueType.AUTO)));
    }

    @ParameterizedTest
    @EnumSource(value = KeyValueType.class, names = {"F32", "F16", "Q8"})
    void refusalsCountWhatWasAskedFor(KeyValueType type) {
        LoadOptions asked = LoadOptions.of(100_000).withThreads(1).withKeyValues(type);
        MemoryNeeds needs = MemoryNeeds.of(MODEL, asked, new ScalarKernels());
        // a head of 64 and one of 32, two of the first kind, keys and values; 8 bits have a scale of 2 bytes a head
        long perToken = switch (type) {
            case F32 -> 2 * (2 * 64 + 32) * 4;
            case F16 -> 2 * (2 * 64 + 32) * 2;
            default -> 2 * (2 * 64 + 32) + 2 * 3 * 2;
        };
        assertEquals(perToken, needs.groups().perToken());
        assertInstanceOf(Fit.Good.class, fit(asked, needs.total()));
        String reason = assertInstanceOf(Fit.Refused.class, fit(asked, needs.total() - 1)).reason();
        assertTrue(reason.contains("keys and values of 100000 tokens " + Memory.gigabytes(needs.keyValues())),
                reason);
    }

    private static Fit fit(LoadOptions options, long memory) {
        CpuBackend backend = new CpuBackend(new PackedFolder(null, 0, 0), () -> new Memory(memory, memory));
        return backend.fit(MODEL, backend.devices().getLast(), options);
    }
}
