/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.kv.CpuSequence;
import dev.millrace.backend.cpu.kv.KvGroups;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Keys and values behind a window are let go, and whoever looks back knows it. */
class WindowTest {

    private static final int VOCABULARY = FeatureModels.VOCABULARY;
    /** By group: everything, 24 and 70 tokens. */
    private static final Blueprint WINDOWS = model("windows of 24 and 70, and everything");
    private static final Blueprint HYBRID = model("windows of 24 and 70, a convolution, and everything");
    private static final int CONTEXT = 4096;

    static Stream<Device> devices() {
        return Run.devices();
    }

    private static Blueprint model(String name) {
        return FeatureModels.all(TensorType.F32).stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow()
                .blueprint();
    }

    /** Pages of a group that are held. */
    private static long held(Sequence sequence, int group) {
        CpuSequence pages = (CpuSequence) sequence;
        return IntStream.range(0, KvLayout.pages(pages.length())).mapToObj(i -> pages.page(group, i))
                .filter(Objects::nonNull).count();
    }

    @Test
    void memoryIsBoundedByTheWindow() {
        KvGroups groups = KvGroups.of(WINDOWS, KvType.F32);
        assertEquals(List.of(0, 24, 70), groups.groups().stream().map(KvGroups.Group::window).toList());
        long page = groups.groups().getFirst().layout().pageBytes();
        assertEquals(groups.bytes(8192, 512) + 64 * page, groups.bytes(8192 + 4096, 512));
        Random random = new Random(3);
        try (Executor executor = Run.load(WINDOWS, Run.devices().findFirst().orElseThrow(), 2, Precision.FAST, CONTEXT);
                Sequence sequence = executor.newSequence()) {
            while (sequence.length() < CONTEXT - 512) {
                int count = random.nextInt(4) == 0 ? 1 + random.nextInt(512) : 1;
                Run.feed(executor, sequence, VOCABULARY, Run.tokens(count, VOCABULARY));
                assertEquals(KvLayout.pages(sequence.length()), held(sequence, 0));
                assertTrue(held(sequence, 1) <= 2, () -> "window of 24: " + held(sequence, 1));
                assertTrue(held(sequence, 2) <= 3, () -> "window of 70: " + held(sequence, 2));
            }
        }
    }

    @Test
    void needsOfAModelWithWindowsHardlyGrowWithTheContext() {
        LoadOptions small = LoadOptions.of(8192).withThreads(1);
        LoadOptions large = LoadOptions.of(65_536).withThreads(1);
        Blueprint.Layer layer = WINDOWS.layers().getFirst();
        Blueprint all = new Blueprint("test", VOCABULARY, WINDOWS.hiddenSize(), 65_536, WINDOWS.embedding(),
                List.of(layer, layer), WINDOWS.outputNorm(), WINDOWS.head(), Blueprint.Multipliers.NONE, 0);
        assertEquals(MemoryNeeds.of(all, small, new ScalarKernels()).keyValues(),
                MemoryNeeds.of(all, large, new ScalarKernels()).keyValues());
    }

    /** Rewinds on both sides of a window's edge and of a page's. */
    @ParameterizedTest
    @MethodSource("devices")
    void aSequenceThatWasCutBackGoesOnAsIfNothingHadBeen(Device device) {
        for (Blueprint model : List.of(WINDOWS, HYBRID)) {
            try (Executor executor = Run.load(model, device, 2, Precision.FAST, CONTEXT)) {
                int rollback = executor.limits().rollback();
                assertEquals(CpuSequence.ROLLBACK, rollback);
                for (int length : new int[]{20, 24, 25, 70, 96, 97, 142, 143, 200, 300}) {
                    int[] tokens = Run.tokens(length, VOCABULARY);
                    for (int less : new int[]{0, 1, 7, 8, 9, 23, 24, 25, 70, 71, 128, length}) {
                        if (less > length) {
                            continue;
                        }
                        try (Sequence cut = executor.newSequence(); Sequence fresh = executor.newSequence()) {
                            Run.feed(executor, cut, VOCABULARY, tokens);
                            boolean done = cut.truncate(length - less);
                            String what = length + " - " + less;
                            assertTrue(done || (less > rollback && less < length), what);
                            int kept = done ? length - less : length;
                            assertEquals(kept, cut.length());
                            if (kept > 0) {
                                Run.feed(executor, fresh, VOCABULARY, Arrays.copyOf(tokens, kept));
                            }
                            for (int token : new int[]{7, 8, 9}) {
                                assertArrayEquals(Run.feed(executor, fresh, VOCABULARY, token),
                                        Run.feed(executor, cut, VOCABULARY, token), what);
                            }
                            try (SequenceState a = fresh.export(); SequenceState b = cut.export()) {
                                same(a, b);
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void whatHasBeenLetGoCannotBeGoneBackTo() {
        try (Executor executor = Run.load(WINDOWS, Run.devices().findFirst().orElseThrow(), 2, Precision.FAST, CONTEXT);
                Sequence sequence = executor.newSequence()) {
            Run.feed(executor, sequence, VOCABULARY, Run.tokens(90, VOCABULARY));
            assertTrue(sequence.truncate(10), "everything is still there");
            Run.feed(executor, sequence, VOCABULARY, Run.tokens(290, VOCABULARY));
            assertEquals(300, sequence.length());
            assertFalse(sequence.truncate(50));
            assertEquals(300, sequence.length());
            assertTrue(sequence.truncate(0));
            Run.feed(executor, sequence, VOCABULARY, Run.tokens(90, VOCABULARY));
            assertTrue(sequence.truncate(10), "a new beginning is whole");
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void aForkKeepsThePagesThatItsOriginLetsGo(Device device) {
        int[] tokens = Run.tokens(400, VOCABULARY);
        for (Blueprint model : List.of(WINDOWS, HYBRID)) {
            try (Executor executor = Run.load(model, device, 2, Precision.FAST, CONTEXT);
                    Sequence fresh = executor.newSequence();
                    Sequence trunk = executor.newSequence()) {
                Run.feed(executor, fresh, VOCABULARY, Arrays.copyOf(tokens, 90));
                Run.feed(executor, trunk, VOCABULARY, Arrays.copyOf(tokens, 90));
                Sequence later;
                try (Sequence fork = trunk.fork()) {
                    Run.feed(executor, trunk, VOCABULARY, Arrays.copyOfRange(tokens, 90, 400));
                    assertTrue(held(trunk, 1) <= 2);
                    assertEquals(2, held(fork, 1));
                    later = fork.fork();
                }
                try (later) {
                    assertArrayEquals(Run.feed(executor, fresh, VOCABULARY, 5, 6),
                            Run.feed(executor, later, VOCABULARY, 5, 6));
                }
                try (Sequence whole = executor.newSequence()) {
                    Run.feed(executor, whole, VOCABULARY, tokens);
                    assertArrayEquals(Run.feed(executor, whole, VOCABULARY, 5, 6),
                            Run.feed(executor, trunk, VOCABULARY, 5, 6));
                }
            }
        }
    }

    /** A state has no more than the windows, on whichever side of their edges it was made. */
    @ParameterizedTest
    @MethodSource("devices")
    void statesHoldWhatTheWindowsHold(Device device) {
        for (Blueprint model : List.of(WINDOWS, HYBRID)) {
            for (Device other : Run.devices().toList()) {
                try (Executor from = Run.load(model, device, 2, Precision.EXACT, CONTEXT);
                        Executor to = Run.load(model, other, 2, Precision.EXACT, CONTEXT)) {
                    for (int length : new int[]{1, 24, 25, 63, 64, 69, 70, 71, 97, 200, 1000}) {
                        goOn(from, to, length, device.equals(other));
                    }
                }
            }
        }
    }

    private static void goOn(Executor from, Executor to, int length, boolean same) {
        try (Sequence first = from.newSequence()) {
            Run.feed(from, first, VOCABULARY, Run.tokens(length, VOCABULARY));
            try (SequenceState state = first.export();
                    Sequence second = to.newSequence(state);
                    SequenceState again = second.export()) {
                same(state, again);
                assertEquals(length, second.length());
                for (int token : new int[]{1, 2, 3}) {
                    float[] expected = Run.feed(from, first, VOCABULARY, token);
                    float[] got = Run.feed(to, second, VOCABULARY, token);
                    if (same) {
                        assertArrayEquals(expected, got, "after " + length);
                    } else {
                        double[] exact = new double[expected.length];
                        Arrays.setAll(exact, i -> expected[i]);
                        assertTrue(Run.error(exact, got) < 1e-4, "after " + length);
                    }
                }
                int[] more = Run.tokens(300, VOCABULARY);
                Run.feed(to, second, VOCABULARY, more);
                assertTrue(held(second, 1) <= 2 && held(second, 2) <= 3);
                assertTrue(second.truncate(second.length() - CpuSequence.ROLLBACK));
            }
        }
    }

    /** A window beside a layer that sees everything, convolutions and experts, with a type of each way of packing. */
    @ParameterizedTest
    @EnumSource(value = TensorType.class, names = {"Q4_0", "Q8_0", "Q6_K", "MXFP4", "BF16"})
    void weightTypes(TensorType type) {
        Blueprint random = RandomModel.of(type);
        List<Blueprint.Layer> layers = new ArrayList<>(random.layers());
        Blueprint.Layer one = layers.get(1);
        Blueprint.Attention seen = ((Blueprint.Attention) one.mixer()).withSpan(new Blueprint.Span(20));
        layers.set(1, new Blueprint.Layer(one.mixerNorms(), seen, one.feedForwardNorms(), one.feedForward()));
        Blueprint model = new Blueprint("test", random.vocabularySize(), random.hiddenSize(), 512, random.embedding(),
                layers, random.outputNorm(), random.head(), Blueprint.Multipliers.NONE, 0);
        int[] tokens = Run.tokens(90, random.vocabularySize());
        double[][] expected = new ReferenceModel(model).logits(tokens);
        for (Device device : Run.devices().toList()) {
            try (Executor executor = Run.load(model, device, 2, Precision.EXACT);
                    Sequence sequence = executor.newSequence()) {
                Run.feed(executor, sequence, random.vocabularySize(), Arrays.copyOf(tokens, 88));
                for (int t = 88; t < tokens.length; t++) {
                    float[] got = Run.feed(executor, sequence, random.vocabularySize(), tokens[t]);
                    assertTrue(Run.error(expected[t], got) < 1e-3, device.id() + " " + Run.error(expected[t], got));
                }
            }
        }
    }

    private static void same(SequenceState a, SequenceState b) {
        assertArrayEquals(a.tokens(), b.tokens());
        for (int i = 0; i < a.layers().size(); i++) {
            if (a.layers().get(i) instanceof SequenceState.KeyValues x
                    && b.layers().get(i) instanceof SequenceState.KeyValues y) {
                assertArrayEquals(x.keys().toArray(ValueLayout.JAVA_INT), y.keys().toArray(ValueLayout.JAVA_INT));
                assertArrayEquals(x.values().toArray(ValueLayout.JAVA_INT), y.values().toArray(ValueLayout.JAVA_INT));
            }
        }
    }
}
