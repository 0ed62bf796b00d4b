/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.engine.LoadedModel;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * What one round of measuring gave, in tokens per second, all sequences added up.
 *
 * @param prefill reading the prompts, one after the other
 * @param start reading the first whole micro-batch of a prompt
 * @param end reading the last whole micro-batch of a prompt; equals start if there is only one
 * @param decode generating, all sequences in one pass over the weights
 */
record BenchRound(double prefill, double start, double end, double decode) {

    /** Prompts are read in micro-batches of this many tokens, as conversations do. */
    static int piece(LoadedModel model) {
        return model.executor().limits().batchTokens();
    }

    /**
     * Reads prompts and generates after them.
     *
     * @param model used by nobody else meanwhile
     * @param number of the round, so that no two read the same
     * @param sequences conversations
     * @param prompt tokens that each reads
     * @param generate tokens that each generates
     */
    static BenchRound run(LoadedModel model, int number, int sequences, int prompt, int generate) {
        List<Sequence> opened = new ArrayList<>();
        try {
            List<Step> steps = new ArrayList<>();
            for (int i = 0; i < sequences; i++) {
                opened.add(model.executor().newSequence());
                steps.add(Decoding.step(opened.getLast(), model.program().vocabularySize()));
            }
            List<List<Long>> nanos = new ArrayList<>();
            long begin = System.nanoTime();
            for (int i = 0; i < sequences; i++) {
                nanos.add(read(model, steps.get(i), tokens(model, prompt, number * sequences + i)));
            }
            double prefill = (double) sequences * prompt / seconds(begin);
            int whole = Math.max(1, prompt / piece(model));
            begin = System.nanoTime();
            generate(model, steps, generate);
            double decode = (double) sequences * generate / seconds(begin);
            return new BenchRound(prefill, speed(nanos, 0, Math.min(piece(model), prompt)),
                    speed(nanos, whole - 1, Math.min(piece(model), prompt)), decode);
        } finally {
            opened.forEach(Sequence::close);
        }
    }

    /** Tokens from all over the vocabulary, since equal tokens would be sent to the same experts. */
    private static int[] tokens(LoadedModel model, int count, int number) {
        int vocabulary = model.program().vocabularySize();
        int[] ids = new int[count];
        for (int i = 0; i < count; i++) {
            ids[i] = (int) ((i * 7919L + number * 131L) % vocabulary);
        }
        return ids;
    }

    /** Reads a prompt and gives the nanoseconds of each micro-batch. */
    private static List<Long> read(LoadedModel model, Step step, int[] ids) {
        List<Step> alone = List.of(step);
        List<Long> nanos = new ArrayList<>();
        int most = piece(model);
        for (int from = 0; from < ids.length; from += most) {
            int to = Math.min(ids.length, from + most);
            long begin = System.nanoTime();
            step.feed(ids, from, to, to == ids.length ? Step.Logits.LAST : Step.Logits.NONE);
            Decoding.forward(model, alone);
            nanos.add(System.nanoTime() - begin);
        }
        return nanos;
    }

    private static void generate(LoadedModel model, List<Step> steps, int count) {
        int[][] next = new int[steps.size()][1];
        for (int i = 0; i < count; i++) {
            for (int s = 0; s < steps.size(); s++) {
                Step step = steps.get(s);
                next[s][0] = Decoding.likeliest(step.logits(), model.program().vocabularySize());
                step.feed(next[s], 0, 1, Step.Logits.LAST);
            }
            Decoding.forward(model, steps);
        }
    }

    private static double speed(List<List<Long>> nanos, int piece, int tokens) {
        long sum = nanos.stream().mapToLong(one -> one.get(piece)).sum();
        return (double) nanos.size() * tokens * 1e9 / sum;
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }
}
