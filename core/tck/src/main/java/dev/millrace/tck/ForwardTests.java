/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Logits depend on the tokens of a sequence alone, however they are fed and whoever is fed beside. */
abstract class ForwardTests {

    private final Bench bench;

    ForwardTests(Bench bench) {
        this.bench = bench;
    }

    @Test
    void anyChunkingGivesTheSameLogits() {
        int[] tokens = bench.tokens(40, 1);
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            float[][] whole = feeder.feedAll(executor.newSequence(), tokens);
            for (int size : new int[]{1, 2, 3, 7, 16, 39}) {
                Sequence sequence = executor.newSequence();
                for (int from = 0; from < tokens.length; from += size) {
                    int to = Math.min(tokens.length, from + size);
                    float[][] rows = feeder.feedAll(sequence, Arrays.copyOfRange(tokens, from, to));
                    for (int i = from; i < to; i++) {
                        bench.assertClose(whole[i], rows[i - from], "token " + i + " in chunks of " + size);
                    }
                    assertEquals(to, sequence.length());
                }
                sequence.close();
            }
        }
    }

    @Test
    void logitsComeWhereTheyAreWanted() {
        int[] tokens = bench.tokens(9, 2);
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            float[][] all = feeder.feedAll(executor.newSequence(), tokens);
            bench.assertClose(all[8], feeder.feed(executor.newSequence(), tokens), "last");
            Sequence quiet = executor.newSequence();
            Step step = new Step(quiet, bench.vocabulary());
            executor.forward(List.of(step.feed(tokens, 0, 8, Step.Logits.NONE)));
            assertEquals(8, quiet.length());
            executor.forward(List.of(step.feed(tokens, 8, 9, Step.Logits.LAST)));
            bench.assertClose(all[8], step.logits(), "after a silent step");
        }
    }

    @Test
    void companyChangesNothing() {
        int[][] texts = {bench.tokens(12, 3), bench.tokens(12, 4), bench.tokens(5, 5), bench.tokens(23, 6)};
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            List<float[][]> alone = new ArrayList<>();
            List<Sequence> sequences = new ArrayList<>();
            List<Step> steps = new ArrayList<>();
            for (int[] text : texts) {
                alone.add(feeder.feedAll(executor.newSequence(), text));
                Sequence sequence = executor.newSequence();
                sequences.add(sequence);
                steps.add(new Step(sequence, bench.vocabulary()));
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
                        bench.assertClose(alone.get(i)[at], Arrays.copyOf(steps.get(i).logits(), bench.vocabulary()),
                                "text " + i + ", token " + at);
                    }
                }
            }
            sequences.forEach(s -> assertTrue(s.length() > 0));
        }
    }

    @Test
    void promptsAndAnswersShareAPass() {
        int[] prompt = bench.tokens(30, 7);
        int[] other = bench.tokens(6, 8);
        try (Executor executor = bench.load()) {
            Feeder feeder = bench.feeder(executor);
            float[] expectedPrompt = feeder.feed(executor.newSequence(), prompt);
            float[] expectedOther = feeder.feed(executor.newSequence(), other);
            Sequence answering = executor.newSequence();
            feeder.feed(answering, Arrays.copyOf(other, 5));
            Step one = new Step(answering, bench.vocabulary()).feed(other, 5, 6, Step.Logits.LAST);
            Step many = new Step(executor.newSequence(), bench.vocabulary()).feed(prompt, 0, 30,
                    Step.Logits.LAST);
            executor.forward(List.of(many, one));
            bench.assertClose(expectedPrompt, many.logits(), "prompt");
            bench.assertClose(expectedOther, one.logits(), "answer");
        }
    }
}
