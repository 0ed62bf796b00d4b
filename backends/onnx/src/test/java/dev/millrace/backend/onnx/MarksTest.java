/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Graph;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Forks that stay where they are while their origin goes on, as what is kept of a conversation does. */
class MarksTest {

    private static final int PIECE = 24;
    private static final int MARKS = 8;
    /** Of one-token runs, in which sequences share a set. */
    private static final int SINGLE = 3;

    @TempDir
    Path folder;

    private Graph graph;
    private OnnxExecutor executor;
    private int[] tokens;

    @BeforeEach
    void load() throws Exception {
        graph = Nano.graph(Nano.export(folder.resolve("nano"), BlueprintExport.Options.standard(), "model.onnx"));
        OnnxBackend backend = new OnnxBackend();
        executor = (OnnxExecutor) backend.load(graph, backend.devices().getFirst(), LoadOptions.of(512).withThreads(1),
                Progress.NONE);
        tokens = new Random(7).ints(MARKS * PIECE + 64, 5, graph.vocabularySize()).toArray();
    }

    @AfterEach
    void close() {
        executor.close();
    }

    /** Reads tokens of the text on some sequences together, and gives the logits after the last. */
    private List<float[]> read(List<Sequence> sequences, int from, int to) {
        List<Step> steps = sequences.stream()
                .map(one -> new Step(one, graph.vocabularySize()).feed(tokens, from, to, Step.Logits.LAST)).toList();
        executor.forward(steps);
        steps.forEach(step -> assertFalse(step.failed(), () -> "" + step.failure()));
        return steps.stream().map(step -> step.logits().clone()).toList();
    }

    private float[] read(Sequence sequence, int from, int to) {
        return read(List.of(sequence), from, to).getFirst();
    }

    /** A sequence that has read the text alone, piece by piece. */
    private Sequence alone(int length) {
        Sequence sequence = executor.newSequence();
        for (int at = 0; at < length;) {
            int to = at < MARKS * PIECE ? Math.min(length, at + PIECE) : at + 1;
            read(sequence, at, to);
            at = to;
        }
        return sequence;
    }

    /** The text, with a fork after each piece and after each of some single tokens that are read beside another sequence. */
    private Sequence line(List<Sequence> marks, Sequence beside) {
        Sequence line = executor.newSequence();
        for (int i = 0; i < MARKS; i++) {
            read(line, i * PIECE, (i + 1) * PIECE);
            read(beside, i * PIECE, (i + 1) * PIECE);
            marks.add(line.fork());
        }
        for (int i = 0; i < SINGLE; i++) {
            read(List.of(line, beside), MARKS * PIECE + i, MARKS * PIECE + i + 1);
            marks.add(line.fork());
        }
        return line;
    }

    @Test
    void takeNoMemoryBesideTheirOrigin() {
        List<Sequence> marks = new ArrayList<>();
        Sequence line = line(marks, executor.newSequence());
        long with = executor.cacheBytes();
        marks.forEach(Sequence::close);
        assertEquals(executor.cacheBytes(), with);
        assertEquals(MARKS * PIECE + SINGLE, line.length());
    }

    @Test
    void goOnAsIfTheyWereAlone() {
        List<Sequence> marks = new ArrayList<>();
        line(marks, executor.newSequence());
        for (Sequence mark : marks) {
            int length = mark.length();
            try (Sequence alone = alone(length); Sequence fork = mark.fork()) {
                if (length <= MARKS * PIECE) {
                    sameState(alone, mark);
                }
                assertArrayEquals(read(alone, length, length + 1), read(fork, length, length + 1), 1e-4f,
                        length + " tokens");
                assertEquals(length, mark.length());
            }
        }
        List<float[]> together = read(List.copyOf(marks), 0, 1);
        for (int i = 0; i < marks.size(); i++) {
            try (Sequence alone = alone(marks.get(i).length() - 1)) {
                assertArrayEquals(read(alone, 0, 1), together.get(i), 1e-4f, "mark " + i);
            }
        }
    }

    @Test
    void keepNoMoreThanTheyHaveReadOnceTheirOriginIsGone() {
        List<Sequence> marks = new ArrayList<>();
        Sequence beside = executor.newSequence();
        Sequence line = line(marks, beside);
        line.close();
        beside.close();
        Sequence kept = marks.remove(1);
        Sequence longer = marks.remove(2);
        marks.forEach(Sequence::close);
        executor.newSequence().close();
        try (Sequence other = executor.newSequence()) {
            read(other, 0, 1);
        }
        try (Sequence alone = alone(longer.length())) {
            long both = executor.cacheBytes();
            kept.close();
            longer.close();
            assertEquals(2 * executor.cacheBytes(), both);
            assertTrue(alone.length() > 2 * PIECE);
        }
    }

    private static void sameState(Sequence one, Sequence other) {
        try (SequenceState expected = one.export(); SequenceState actual = other.export()) {
            assertArrayEquals(expected.tokens(), actual.tokens());
            for (int i = 0; i < expected.layers().size(); i++) {
                switch (expected.layers().get(i)) {
                    case SequenceState.KeyValues pairs -> {
                        SequenceState.KeyValues found = (SequenceState.KeyValues) actual.layers().get(i);
                        assertEquals(-1, pairs.keys().mismatch(found.keys()), "keys of layer " + i);
                        assertEquals(-1, pairs.values().mismatch(found.values()), "values of layer " + i);
                    }
                    case SequenceState.ConvColumns columns -> assertEquals(-1,
                            columns.data().mismatch(((SequenceState.ConvColumns) actual.layers().get(i)).data()),
                            "columns of layer " + i);
                }
            }
        }
    }
}
