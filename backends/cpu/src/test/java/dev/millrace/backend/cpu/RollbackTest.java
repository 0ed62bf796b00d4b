/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.backend.cpu.kv.CpuSequence;
import dev.millrace.backend.cpu.kv.KvGroups;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Sequences that are cut back, and steps that find no room. */
class RollbackTest {

    private static final Blueprint CONVOLUTIONS = RandomModel.of(TensorType.F32);
    private static final int VOCABULARY = RandomModel.VOCABULARY;

    static Stream<Device> devices() {
        return Run.devices();
    }

    private static Blueprint model(String name) {
        return FeatureModels.all(TensorType.F32).stream().filter(m -> m.name().equals(name)).findFirst().orElseThrow()
                .blueprint();
    }

    /** Lengths in the middle of a page, just before its end, just after it, and shorter than the rollback. */
    @ParameterizedTest
    @MethodSource("devices")
    void aSequenceThatWasCutBackGoesOnAsIfNothingHadBeen(Device device) {
        try (Executor executor = Run.load(CONVOLUTIONS, device, 2, Precision.FAST)) {
            int rollback = executor.limits().rollback();
            assertEquals(CpuSequence.ROLLBACK, rollback);
            for (int length : new int[]{1, 2, 5, 11, 30, 64, 66, 133}) {
                int[] tokens = Run.tokens(length, VOCABULARY);
                for (int less = 0; less <= Math.min(length, rollback); less++) {
                    try (Sequence cut = executor.newSequence(); Sequence fresh = executor.newSequence()) {
                        Run.feed(executor, cut, VOCABULARY, tokens);
                        assertTrue(cut.truncate(length - less), length + " - " + less);
                        assertEquals(length - less, cut.length());
                        if (length > less) {
                            Run.feed(executor, fresh, VOCABULARY, Arrays.copyOf(tokens, length - less));
                        }
                        for (int token : new int[]{7, 8, 9, 10}) {
                            assertArrayEquals(Run.feed(executor, fresh, VOCABULARY, token),
                                    Run.feed(executor, cut, VOCABULARY, token), length + " - " + less);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void whatIsNotPossibleChangesNothing(Device device) {
        int[] tokens = Run.tokens(70, VOCABULARY);
        try (Executor executor = Run.load(CONVOLUTIONS, device, 2, Precision.FAST);
                Sequence sequence = executor.newSequence();
                Sequence fresh = executor.newSequence()) {
            Run.feed(executor, fresh, VOCABULARY, tokens);
            Run.feed(executor, sequence, VOCABULARY, tokens);
            assertFalse(sequence.truncate(70 - CpuSequence.ROLLBACK - 1));
            assertThrows(IndexOutOfBoundsException.class, () -> sequence.truncate(71));
            assertThrows(IndexOutOfBoundsException.class, () -> sequence.truncate(-1));
            assertEquals(70, sequence.length());
            assertArrayEquals(Run.feed(executor, fresh, VOCABULARY, 1), Run.feed(executor, sequence, VOCABULARY, 1));
            assertTrue(sequence.truncate(66));
            assertFalse(sequence.truncate(62), "columns before the last 8 of 71 are gone");
            assertTrue(sequence.truncate(0));
            assertTrue(sequence.truncate(0));
            try (Sequence empty = executor.newSequence()) {
                assertArrayEquals(Run.feed(executor, empty, VOCABULARY, 4, 5),
                        Run.feed(executor, sequence, VOCABULARY, 4, 5));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void forksKeepWhatOneOfThemForgets(Device device) {
        int[] tokens = Run.tokens(130, VOCABULARY);
        try (Executor executor = Run.load(CONVOLUTIONS, device, 2, Precision.FAST);
                Sequence fresh = executor.newSequence();
                Sequence trunk = executor.newSequence()) {
            Run.feed(executor, fresh, VOCABULARY, tokens);
            Run.feed(executor, trunk, VOCABULARY, tokens);
            try (Sequence fork = trunk.fork()) {
                assertTrue(fork.truncate(126));
                Run.feed(executor, fork, VOCABULARY, 1, 1, 1, 1, 1);
            }
            assertArrayEquals(Run.feed(executor, fresh, VOCABULARY, 3), Run.feed(executor, trunk, VOCABULARY, 3));
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void attentionAloneIsCutBackToAnyLength(Device device) {
        Blueprint model = model("head size 32");
        int vocabulary = FeatureModels.VOCABULARY;
        int[] tokens = Run.tokens(150, vocabulary);
        try (Executor executor = Run.load(model, device, 2, Precision.FAST);
                Sequence sequence = executor.newSequence();
                Sequence fresh = executor.newSequence()) {
            assertEquals(Limits.ANY_ROLLBACK, executor.limits().rollback());
            Run.feed(executor, sequence, vocabulary, tokens);
            Run.feed(executor, fresh, vocabulary, Arrays.copyOf(tokens, 20));
            assertTrue(sequence.truncate(20));
            assertArrayEquals(Run.feed(executor, fresh, vocabulary, 3), Run.feed(executor, sequence, vocabulary, 3));
        }
    }

    /** A state holds no more of a window, or of convolutions, than the next token needs. */
    @ParameterizedTest
    @MethodSource("devices")
    void importedSequencesKnowWhatTheirStateHolds(Device device) {
        for (String name : List.of("head size 32", "window of 64", "multipliers, softcap, views")) {
            int vocabulary = FeatureModels.VOCABULARY;
            for (int length : new int[]{40, 64, 100}) {
                try (Executor executor = Run.load(model(name), device, 2, Precision.FAST);
                        Sequence first = executor.newSequence();
                        Sequence fresh = executor.newSequence()) {
                    int[] tokens = Run.tokens(length, vocabulary);
                    Run.feed(executor, first, vocabulary, tokens);
                    Run.feed(executor, fresh, vocabulary, Arrays.copyOf(tokens, length - 3));
                    try (SequenceState state = first.export(); Sequence second = executor.newSequence(state)) {
                        boolean known = name.startsWith("head") || (name.startsWith("window") && length <= 64);
                        assertEquals(known, second.truncate(length - 3), name + " " + length);
                        if (known) {
                            assertArrayEquals(Run.feed(executor, fresh, vocabulary, 3),
                                    Run.feed(executor, second, vocabulary, 3));
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("devices")
    void aStepThatFindsNoRoomFailsAlone(Device device) {
        try (CpuExecutor executor = (CpuExecutor) Run.load(CONVOLUTIONS, device, 2, Precision.FAST);
                Sequence alone = executor.newSequence();
                Sequence company = executor.newSequence()) {
            KvGroups.Group usual = KvGroups.of(CONVOLUTIONS, KvType.F32).groups().getFirst();
            KvLayout huge = new KvLayout(KvType.F32, usual.layout().layers(), 1L << 50);
            // the first group finds room, the second does not
            CpuSequence roomless = new CpuSequence(executor, CONVOLUTIONS,
                    new KvGroups(KvType.F32, List.of(usual, new KvGroups.Group(0, huge))));
            executor.adopt(roomless);
            Step failing = new Step(roomless, VOCABULARY).feed(new int[]{1, 2}, 0, 2, Step.Logits.LAST);
            Step good = new Step(company, VOCABULARY).feed(new int[]{3, 4}, 0, 2, Step.Logits.LAST);
            executor.forward(List.of(failing, good));
            assertInstanceOf(OutOfRoomException.class, failing.failure().orElseThrow());
            assertFalse(good.failed());
            assertArrayEquals(Run.feed(executor, alone, VOCABULARY, 3, 4), Arrays.copyOf(good.logits(), VOCABULARY));
            assertEquals(0, roomless.length());
            try (Sequence fork = roomless.fork()) {
                assertEquals(0, fork.length(), "it is still usable");
            }
        }
    }
}
