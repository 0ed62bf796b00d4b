/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/**
 * What every backend promises. A backend's tests extend this class, name the backend and a model that it can run (small: all
 * tests together read some thousand tokens), and add what is their own.
 */
public abstract class BackendContract {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final int CONTEXT = 96;
    private static final int THREADS = 2;

    /** For classes that extend this one. */
    protected BackendContract() {
    }

    /**
     * The backend under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract Backend backend();

    /**
     * A model that it can run.
     *
     * @return a program whose files stay open for all tests of the class
     */
    protected abstract Program program();

    /**
     * The device under test.
     *
     * @return the backend's best by default
     */
    protected Device device() {
        return backend().devices().getFirst();
    }

    /**
     * How far logits may differ when the same tokens are read in other pieces or in other company.
     *
     * @return largest difference of a logit
     */
    protected double tolerance() {
        return 1e-3;
    }

    /**
     * Whether states can be exported and imported.
     *
     * @return true by default
     */
    protected boolean exchangesStates() {
        return true;
    }

    private LoadOptions options() {
        return LoadOptions.of(CONTEXT).withThreads(THREADS).withPrecision(Precision.EXACT);
    }

    private Executor load() {
        return backend().load(program(), device(), options(), Progress.NONE);
    }

    private Feeder feeder(Executor executor) {
        return new Feeder(executor, program().vocabularySize());
    }

    /** Some tokens, different for each seed. */
    private int[] tokens(int count, int seed) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = Math.floorMod((i + 1) * 7919 + seed * 104_729 + i * i, program().vocabularySize());
        }
        return tokens;
    }

    private void assertClose(float[] expected, float[] actual, String what) {
        double distance = Feeder.distance(expected, actual);
        assertTrue(distance <= tolerance(), () -> what + ": logits differ by " + distance);
    }

    private static void assertSentence(String text) {
        assertTrue(text.length() > 20 && text.strip().endsWith("."), () -> "no sentence: " + text);
    }

    // ---- fit

    @Test
    void devicesBelongToTheBackend() {
        assertFalse(backend().id().isBlank());
        for (Device device : backend().devices()) {
            assertEquals(backend().id(), device.backend());
            assertTrue(device.id().startsWith(backend().id() + ":"), device.id());
            assertFalse(device.description().isBlank());
            assertTrue(device.memoryBytes() > 0);
        }
    }

    @Test
    void modelFits() {
        Fit.Good good = assertInstanceOf(Fit.Good.class, backend().fit(program(), device(), options()));
        assertTrue(good.bytes() > 0);
    }

    @Test
    void longerContextsNeedNoLessMemory() {
        Fit.Good small = assertInstanceOf(Fit.Good.class, backend().fit(program(), device(), options()));
        Fit large = backend().fit(program(), device(), options().withContext(64 * CONTEXT));
        assertTrue(large instanceof Fit.Refused || (large instanceof Fit.Good good && good.bytes() >= small.bytes()));
    }

    @Test
    void unknownDevicesAndProgramsAreRefused() {
        Device none = new Device(backend().id() + ":tck-none", backend().id(), "no device", 1L << 40);
        assertSentence(assertInstanceOf(Fit.Refused.class, backend().fit(program(), none, options())).reason());
        assertThrows(BackendException.class, () -> backend().load(program(), none, options(), Progress.NONE));
        Graph unknown = new Graph("tck-unknown", "unknown", 8, 8, 8, List.of(new StateShape.KeyValues(1, 8)),
                List.of(new Graph.Variant("any", Path.of("tck-unknown"), List.of(), 1)));
        assertSentence(assertInstanceOf(Fit.Refused.class, backend().fit(unknown, device(), options())).reason());
        assertThrows(BackendException.class, () -> backend().load(unknown, device(), options(), Progress.NONE));
    }

    // ---- load

    @Test
    void loadingTellsItsProgress() {
        List<Double> fractions = new ArrayList<>();
        backend().load(program(), device(), options(), (what, fraction) -> fractions.add(fraction)).close();
        assertFalse(fractions.isEmpty());
        assertTrue(fractions.stream().allMatch(f -> f >= 0 && f <= 1), fractions::toString);
        assertEquals(1, fractions.getLast());
    }

    @Test
    void loadingCanBeCancelledAtEveryStep() throws IOException {
        List<Double> all = new ArrayList<>();
        backend().load(program(), device(), options(), (what, fraction) -> all.add(fraction)).close();
        Map<String, String> before = ProcessProbe.threads();
        for (int stop : new int[]{1, (all.size() + 1) / 2, all.size()}) {
            int[] calls = {0};
            assertThrows(CancellationException.class,
                    () -> backend().load(program(), device(), options(), (what, fraction) -> {
                        if (++calls[0] == stop) {
                            throw new CancellationException("enough");
                        }
                    }));
        }
        assertNoMore(before);
    }

    // ---- forward

    @Test
    void anyChunkingGivesTheSameLogits() {
        int[] tokens = tokens(40, 1);
        try (Executor executor = load()) {
            Feeder feeder = feeder(executor);
            float[][] whole = feeder.feedAll(executor.newSequence(), tokens);
            for (int size : new int[]{1, 2, 3, 7, 16, 39}) {
                Sequence sequence = executor.newSequence();
                for (int from = 0; from < tokens.length; from += size) {
                    int to = Math.min(tokens.length, from + size);
                    float[][] rows = feeder.feedAll(sequence, Arrays.copyOfRange(tokens, from, to));
                    for (int i = from; i < to; i++) {
                        assertClose(whole[i], rows[i - from], "token " + i + " in chunks of " + size);
                    }
                    assertEquals(to, sequence.length());
                }
                sequence.close();
            }
        }
    }

    @Test
    void logitsComeWhereTheyAreWanted() {
        int[] tokens = tokens(9, 2);
        try (Executor executor = load()) {
            Feeder feeder = feeder(executor);
            float[][] all = feeder.feedAll(executor.newSequence(), tokens);
            assertClose(all[8], feeder.feed(executor.newSequence(), tokens), "last");
            Sequence quiet = executor.newSequence();
            Step step = new Step(quiet, program().vocabularySize());
            executor.forward(List.of(step.feed(tokens, 0, 8, Step.Logits.NONE)));
            assertEquals(8, quiet.length());
            executor.forward(List.of(step.feed(tokens, 8, 9, Step.Logits.LAST)));
            assertClose(all[8], step.logits(), "after a silent step");
        }
    }

    @Test
    void companyChangesNothing() {
        int[][] texts = {tokens(12, 3), tokens(12, 4), tokens(5, 5), tokens(23, 6)};
        try (Executor executor = load()) {
            Feeder feeder = feeder(executor);
            List<float[][]> alone = new ArrayList<>();
            List<Sequence> sequences = new ArrayList<>();
            List<Step> steps = new ArrayList<>();
            for (int[] text : texts) {
                alone.add(feeder.feedAll(executor.newSequence(), text));
                Sequence sequence = executor.newSequence();
                sequences.add(sequence);
                steps.add(new Step(sequence, program().vocabularySize()));
            }
            List<Step> busy = new ArrayList<>();
            // all read together token by token, then fewer and fewer, in changing order
            for (int at = 0; at < 23; at++) {
                busy.clear();
                for (int i = 0; i < texts.length; i++) {
                    if (at < texts[i].length) {
                        busy.add(at % 2 == 0 ? busy.size() : 0,
                                steps.get(i).feed(texts[i], at, at + 1, Step.Logits.LAST));
                    }
                }
                executor.forward(busy);
                for (int i = 0; i < texts.length; i++) {
                    if (at < texts[i].length) {
                        assertClose(alone.get(i)[at], Arrays.copyOf(steps.get(i).logits(), program().vocabularySize()),
                                "text " + i + ", token " + at);
                    }
                }
            }
            sequences.forEach(s -> assertTrue(s.length() > 0));
        }
    }

    @Test
    void promptsAndAnswersShareAPass() {
        int[] prompt = tokens(30, 7);
        int[] other = tokens(6, 8);
        try (Executor executor = load()) {
            Feeder feeder = feeder(executor);
            float[] expectedPrompt = feeder.feed(executor.newSequence(), prompt);
            float[] expectedOther = feeder.feed(executor.newSequence(), other);
            Sequence answering = executor.newSequence();
            feeder.feed(answering, Arrays.copyOf(other, 5));
            Step one = new Step(answering, program().vocabularySize()).feed(other, 5, 6, Step.Logits.LAST);
            Step many = new Step(executor.newSequence(), program().vocabularySize()).feed(prompt, 0, 30,
                    Step.Logits.LAST);
            executor.forward(List.of(many, one));
            assertClose(expectedPrompt, many.logits(), "prompt");
            assertClose(expectedOther, one.logits(), "answer");
        }
    }

    @Test
    void forksGoTheirOwnWays() {
        int[] start = tokens(10, 9);
        int[] left = tokens(6, 10);
        int[] right = tokens(6, 11);
        try (Executor executor = load()) {
            Feeder feeder = feeder(executor);
            Sequence trunk = executor.newSequence();
            feeder.feed(trunk, start);
            Sequence branch = trunk.fork();
            assertEquals(10, branch.length());
            float[] a = feeder.feed(trunk, left);
            float[] b = feeder.feed(branch, right);
            trunk.close();
            float[] later = feeder.feed(branch, left);
            assertClose(feeder.feed(executor.newSequence(), joined(start, left)), a, "trunk");
            assertClose(feeder.feed(executor.newSequence(), joined(start, right)), b, "branch");
            assertClose(feeder.feed(executor.newSequence(), joined(joined(start, right), left)), later,
                    "branch without its trunk");
        }
    }

    private static int[] joined(int[] a, int[] b) {
        int[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    // ---- states

    @Test
    void statesComeBackBitForBit() {
        assumeTrue(exchangesStates(), "the backend exchanges no states");
        int[] tokens = tokens(20, 12);
        int[] rest = tokens(8, 13);
        try (Executor executor = load(); Executor second = load()) {
            for (int length : new int[]{1, 2, 3, 20}) {
                Sequence original = executor.newSequence();
                feeder(executor).feed(original, Arrays.copyOf(tokens, length));
                try (SequenceState state = original.export()) {
                    assertArrayEquals(Arrays.copyOf(tokens, length), state.tokens());
                    state.check(program());
                    Sequence copy = second.newSequence(state);
                    assertEquals(length, copy.length());
                    for (int token : rest) {
                        assertArrayEquals(feeder(executor).feed(original, token), feeder(second).feed(copy, token));
                    }
                    copy.close();
                }
                original.close();
            }
        }
    }

    @Test
    void emptyStatesAreStates() {
        assumeTrue(exchangesStates(), "the backend exchanges no states");
        int[] tokens = tokens(5, 14);
        try (Executor executor = load(); SequenceState state = executor.newSequence().export()) {
            assertEquals(0, state.length());
            assertClose(feeder(executor).feed(executor.newSequence(), tokens),
                    feeder(executor).feed(executor.newSequence(state), tokens), "from an empty state");
        }
    }

    @Test
    void statesOfBothTypesAreTaken() {
        assumeTrue(exchangesStates(), "the backend exchanges no states");
        int[] tokens = tokens(12, 15);
        for (TensorType type : List.of(TensorType.F32, TensorType.F16)) {
            try (Executor executor = load();
                    SequenceState state = SequenceState.allocate(program(), tokens, type)) {
                assertEquals(12, executor.newSequence(state).length());
            }
        }
    }

    @Test
    void foreignStatesAreRefused() {
        assumeTrue(exchangesStates(), "the backend exchanges no states");
        Graph other = new Graph("any", "other", program().vocabularySize(), 8, 8,
                List.of(new StateShape.KeyValues(1, 8)),
                List.of(new Graph.Variant("any", Path.of("any"), List.of(), 1)));
        try (Executor executor = load()) {
            try (SequenceState state = SequenceState.allocate(other, new int[3], TensorType.F32)) {
                assertThrows(IllegalArgumentException.class, () -> executor.newSequence(state));
            }
            try (SequenceState state = SequenceState.allocate(program(), new int[CONTEXT + 1], TensorType.F32)) {
                assertThrows(IllegalArgumentException.class, () -> executor.newSequence(state));
            }
        }
    }

    // ---- errors

    @Test
    void wrongStepsChangeNothing() {
        int[] tokens = tokens(6, 16);
        try (Executor executor = load(); Executor other = load()) {
            Feeder feeder = feeder(executor);
            float[] expected = feeder.feed(executor.newSequence(), tokens);
            Sequence sequence = executor.newSequence();
            feeder.feed(sequence, Arrays.copyOf(tokens, 5));
            assertThrows(IllegalArgumentException.class, () -> feeder.feed(sequence, 1, program().vocabularySize()));
            assertThrows(IllegalArgumentException.class, () -> feeder.feed(sequence, 1, -1));
            assertThrows(IllegalArgumentException.class, () -> feeder.feed(sequence, new int[CONTEXT - 4]));
            Step step = new Step(sequence, program().vocabularySize()).feed(tokens, 0, 1, Step.Logits.LAST);
            assertThrows(IllegalArgumentException.class, () -> executor.forward(List.of(step, step)));
            Step stranger = new Step(other.newSequence(), program().vocabularySize()).feed(tokens, 0, 1,
                    Step.Logits.LAST);
            assertThrows(IllegalArgumentException.class, () -> executor.forward(List.of(step, stranger)));
            assertEquals(5, sequence.length());
            assertClose(expected, feeder.feed(sequence, tokens[5]), "after refusals");
        }
    }

    @Test
    void contextCanBeFilledToTheEnd() {
        try (Executor executor = load()) {
            Sequence sequence = executor.newSequence();
            feeder(executor).feed(sequence, tokens(CONTEXT - 1, 17));
            feeder(executor).feed(sequence, 1);
            assertEquals(CONTEXT, sequence.length());
            assertThrows(IllegalArgumentException.class, () -> feeder(executor).feed(sequence, 1));
        }
    }

    // ---- close

    @Test
    void closingTwiceDoesNothing() {
        Executor executor = load();
        Sequence closed = executor.newSequence();
        Sequence open = executor.newSequence();
        feeder(executor).feed(closed, tokens(3, 18));
        closed.close();
        closed.close();
        feeder(executor).feed(open, tokens(3, 19));
        executor.close();
        executor.close();
        open.close();
        assertThrows(IllegalStateException.class, executor::newSequence);
        assertThrows(IllegalStateException.class, () -> feeder(executor).feed(open, 1));
    }

    @Test
    void threadsEndWithTheExecutor() throws IOException {
        load().close();
        Map<String, String> before = ProcessProbe.threads();
        Executor executor = load();
        feeder(executor).feed(executor.newSequence(), tokens(20, 20));
        executor.close();
        assertNoMore(before);
    }

    /** The operating system lists a thread for a moment after Java has joined it, so the list is read until it is gone. */
    private static void assertNoMore(Map<String, String> before) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Map<String, String> after;
        do {
            Thread.onSpinWait();
            after = ProcessProbe.threads();
            after.keySet().removeAll(before.keySet());
        } while (!after.isEmpty() && System.nanoTime() < deadline);
        Map<String, String> left = after;
        assertTrue(left.isEmpty(), () -> "threads stay behind: " + left);
    }

    @Test
    void memoryComesBack() throws IOException {
        long model = assertInstanceOf(Fit.Good.class, backend().fit(program(), device(), options())).bytes();
        long settled = 0;
        for (int round = 0; round < 24; round++) {
            try (Executor executor = load()) {
                Sequence sequence = executor.newSequence();
                feeder(executor).feed(sequence, tokens(30, round));
                sequence.fork();
            }
            if (round == 7) {
                System.gc();
                settled = ProcessProbe.memory();
            }
        }
        System.gc();
        long grown = ProcessProbe.memory() - settled;
        // a leak of the model would make 16 of it; the Java heap may have grown meanwhile
        assertTrue(grown < 8 * model, () -> "16 rounds took " + grown + " bytes, a model has " + model);
    }
}
