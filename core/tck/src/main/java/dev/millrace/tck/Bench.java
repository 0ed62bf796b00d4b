/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Device;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Program;
import java.util.Arrays;
import java.util.List;

/** A backend under test with a model that it can run, and what the tests do with both. */
final class Bench {

    /** Tokens that a sequence may hold, where a test asks for nothing else. */
    static final int CONTEXT = 96;
    /** Tokens of a prompt for which as much may be allocated as for one call. */
    static final int PROMPT_TOKENS = 8;
    private static final int THREADS = 2;

    private final BackendContract contract;

    Bench(BackendContract contract) {
        this.contract = contract;
    }

    BackendContract contract() {
        return contract;
    }

    Backend backend() {
        return contract.backend();
    }

    Program program() {
        return contract.program();
    }

    Device device() {
        return contract.device();
    }

    int vocabulary() {
        return program().vocabularySize();
    }

    LoadOptions options() {
        return LoadOptions.of(CONTEXT).withThreads(THREADS).withPrecision(Precision.EXACT);
    }

    Executor load() {
        return load(options());
    }

    Executor load(LoadOptions options) {
        return backend().load(program(), device(), options, Progress.NONE);
    }

    Feeder feeder(Executor executor) {
        return new Feeder(executor, vocabulary());
    }

    /** Some tokens, different for each seed. */
    int[] tokens(int count, int seed) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = Math.floorMod((i + 1) * 7919 + seed * 104_729 + i * i, vocabulary());
        }
        return tokens;
    }

    float[] row(Step step) {
        return Arrays.copyOf(step.logits(), vocabulary());
    }

    void assertClose(float[] expected, float[] actual, String what) {
        double distance = Feeder.distance(expected, actual);
        assertTrue(distance <= contract.tolerance(), () -> what + ": logits differ by " + distance + ", "
                + contract.tolerance() + " is allowed.");
    }

    static void assertSentence(String text) {
        assertTrue(text.length() > 20 && text.strip().endsWith("."),
                () -> "A person reads this, so it has to be a sentence that says what would help: " + text);
    }

    static int[] joined(int[] a, int[] b) {
        int[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }

    static int[] first(int[] tokens, int count) {
        return Arrays.copyOf(tokens, count);
    }

    /** A step that feeds all tokens. */
    Step step(Sequence sequence, int[] tokens, Step.Logits wanted) {
        return new Step(sequence, vocabulary()).feed(tokens, 0, tokens.length, wanted);
    }

    /** Feeds tokens in pieces that the executor takes. */
    void read(Executor executor, Sequence sequence, int[] tokens) {
        Step step = new Step(sequence, vocabulary());
        int most = Math.min(executor.limits().batchTokens(), 256);
        for (int from = 0; from < tokens.length; from += most) {
            executor.forward(
                    List.of(step.feed(tokens, from, Math.min(tokens.length, from + most), Step.Logits.NONE)));
        }
    }
}
