/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;

/** An answer in the making: reads its likeliest token again and again, as what runs ahead guesses, and keeps what it was given. */
final class LikelyAnswer {

    static final int VOCABULARY = 96;
    static final int CONTEXT = 160;
    /** So many tokens, and what comes next is computed ahead. */
    static final int TRUSTED = Ahead.TRUST + 2;

    private static final Blueprint MODEL = CudaContractTest.model();

    final Step step;
    final List<Float> given = new ArrayList<>();
    int next;

    LikelyAnswer(Executor executor, int prompt, int first) {
        step = new Step(executor.newSequence(), VOCABULARY);
        int[] tokens = new int[prompt];
        for (int i = 0; i < prompt; i++) {
            tokens[i] = (first + 7 * i) % VOCABULARY;
        }
        executor.forward(List.of(step.feed(tokens, 0, prompt, Step.Logits.BEST)));
        take();
    }

    private void take() {
        if (step.wanted() == Step.Logits.LAST) {
            next = 0;
            for (int i = 0; i < VOCABULARY; i++) {
                given.add(step.logits()[i]);
                next = step.logits()[i] > step.logits()[next] ? i : next;
            }
            return;
        }
        for (int k = 0; k < step.best().size(); k++) {
            given.add((float) step.best().id(k));
            given.add(step.best().logit(k));
        }
        given.add(step.best().logSum());
        next = step.best().id(0);
    }

    static Executor load(boolean ahead) {
        CudaBackend backend = Emulated.backend();
        System.setProperty(Ahead.SETTING, String.valueOf(ahead));
        try {
            return backend.load(MODEL, backend.devices().getFirst(), LoadOptions.of(CONTEXT), Progress.NONE);
        } finally {
            System.clearProperty(Ahead.SETTING);
        }
    }

    static void read(Executor executor, Step.Logits wanted, LikelyAnswer... answers) {
        List<Step> steps = new ArrayList<>();
        for (LikelyAnswer answer : answers) {
            steps.add(answer.step.feed(new int[]{answer.next}, 0, 1, wanted));
        }
        executor.forward(steps);
        for (LikelyAnswer answer : answers) {
            assertFalse(answer.step.failed());
            answer.take();
        }
    }

    static void read(Executor executor, int times, LikelyAnswer... answers) {
        for (int i = 0; i < times; i++) {
            read(executor, Step.Logits.BEST, answers);
        }
    }

    /** Does the same with and without passes ahead, and compares all that was given. */
    static void same(int answers, BiConsumer<Executor, LikelyAnswer[]> then) {
        List<List<Float>> given = new ArrayList<>();
        for (boolean ahead : new boolean[]{true, false}) {
            try (Executor one = load(ahead)) {
                LikelyAnswer[] all = new LikelyAnswer[answers];
                for (int i = 0; i < answers; i++) {
                    // one of them takes a new page just when the pass runs ahead
                    all[i] = new LikelyAnswer(one, KvLayout.PAGE - TRUSTED - i, 5 + 11 * i);
                }
                read(one, TRUSTED, all);
                then.accept(one, all);
                List<Float> together = new ArrayList<>();
                for (LikelyAnswer answer : all) {
                    together.addAll(answer.given);
                }
                given.add(together);
            }
        }
        assertArrayEquals(given.getLast().toArray(), given.getFirst().toArray());
    }
}
