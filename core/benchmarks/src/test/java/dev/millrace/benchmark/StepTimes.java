/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.benchmark;

import dev.millrace.api.Millrace;
import dev.millrace.api.ModelOptions;
import dev.millrace.engine.Engine;
import dev.millrace.engine.LoadedModel;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;

/**
 * What a forward of 1 to 8 tokens of one sequence costs, with the logits of each: a draft pays if this grows by less than the tokens of
 * it that are accepted. All lengths in turn, round by round, so that a machine that drifts is fair to all. Arguments: a model, {@code nano}
 * if there is none; tokens before those, 512 if not said; rounds, 50 if not said; threads, as many as suit if not said. With one thread its
 * processor time counts, which other programs change little.
 */
public final class StepTimes {

    private static final int MOST = 8;

    private StepTimes() {
    }

    /**
     * Measures.
     *
     * @param arguments model, tokens, rounds, threads
     */
    public static void main(String[] arguments) {
        String name = arguments.length > 0 ? arguments[0] : "nano";
        int before = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 512;
        int rounds = arguments.length > 2 ? Integer.parseInt(arguments[2]) : 50;
        int threads = arguments.length > 3 ? Integer.parseInt(arguments[3]) : 0;
        ThreadMXBean own = ManagementFactory.getThreadMXBean();
        LongSupplier clock = threads == 1 ? own::getCurrentThreadCpuTime : System::nanoTime;
        try (Millrace millrace = Millrace.start();
                LoadedModel model = ((Engine) millrace).load(name,
                        ModelOptions.defaults().withContext(before + 64).withThreads(threads));
                Sequence sequence = model.executor().newSequence()) {
            int vocabulary = model.program().vocabularySize();
            int[] tokens = new int[before + MOST];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = (int) (i * 7919L % vocabulary);
            }
            Step step = new Step(sequence, vocabulary);
            int most = model.executor().limits().batchTokens();
            for (int from = 0; from < before; from += most) {
                model.executor().forward(
                        List.of(step.feed(tokens, from, Math.min(before, from + most), Step.Logits.NONE)));
            }
            double[][] millis = new double[MOST][rounds];
            // as many rounds before those that count
            for (int round = -rounds; round < rounds; round++) {
                for (int count = 1; count <= MOST; count++) {
                    step.feed(tokens, before, before + count, Step.Logits.ALL);
                    long start = clock.getAsLong();
                    model.executor().forward(List.of(step));
                    millis[count - 1][Math.max(0, round)] = (clock.getAsLong() - start) / 1e6;
                    if (!sequence.truncate(before)) {
                        throw new IllegalStateException("This backend does not go back by " + count + " tokens.");
                    }
                }
            }
            System.out.printf(Locale.ROOT, "%s on %s, after %d tokens, %d rounds%n", name, model.device().id(), before,
                    rounds);
            for (int i = 0; i < MOST; i++) {
                Arrays.sort(millis[i]);
                System.out.printf(Locale.ROOT, "%d tokens: median %8.3f ms, least %8.3f ms; times one: %.2f, %.2f%n",
                        i + 1, millis[i][rounds / 2], millis[i][0], millis[i][rounds / 2] / millis[0][rounds / 2],
                        millis[i][0] / millis[0][0]);
            }
        }
    }
}
