/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a request that joins running conversations does to the time between their tokens.
 *
 * @param before the request
 * @param during while its prompt is read: from asking to its first token
 * @param after that
 * @param firstToken seconds from asking to the request's first token
 */
record BenchJoin(Gaps before, Gaps during, Gaps after, double firstToken) {

    private static final String[] WORDS = "mill wheel water stone river grain gate flow dam race sluice wood iron"
            .split(" ", -1);

    /**
     * Times between the tokens of running answers, in seconds.
     *
     * @param median half of them are shorter
     * @param most19of20 19 of 20 are shorter
     */
    record Gaps(double median, double most19of20) {

        static Gaps of(List<Double> all) {
            List<Double> sorted = new ArrayList<>(all);
            Collections.sort(sorted);
            return new Gaps(sorted.get(sorted.size() / 2), sorted.get(sorted.size() * 19 / 20));
        }
    }

    /** Times between tokens by phase, as the readers of the answers see them. */
    private static final class Watch {

        private final List<List<Double>> phases = new ArrayList<>(List.of(new ArrayList<>()));
        private @Nullable String problem;

        synchronized void next() {
            phases.add(new ArrayList<>());
        }

        synchronized void gap(double seconds) {
            phases.getLast().add(seconds);
            notifyAll();
        }

        synchronized void fail(String why) {
            problem = why;
            notifyAll();
        }

        synchronized List<Double> await(int count) throws InterruptedException {
            while (problem == null && phases.getLast().size() < count) {
                wait();
            }
            if (problem != null) {
                throw new MillraceException(problem);
            }
            return List.copyOf(phases.getLast());
        }

        void read(Generation answer) {
            long last = 0;
            try {
                for (Event event : answer) {
                    if (event instanceof Event.Text || event instanceof Event.Thinking) {
                        long now = System.nanoTime();
                        if (last != 0) {
                            gap((now - last) / 1e9);
                        }
                        last = now;
                    }
                }
                fail("An answer ended before all was measured: give a larger --context.");
            } catch (MillraceException | IllegalStateException e) {
                fail(String.valueOf(e.getMessage()));
            }
        }
    }

    /**
     * Lets a request join.
     *
     * @param model used by nobody else
     * @param number of the round, so that no two read the same
     * @param conversations that run
     * @param prompt tokens of the request, about
     * @param tokens of each conversation before and after
     */
    static BenchJoin run(Model model, int number, int conversations, int prompt, int tokens)
            throws InterruptedException {
        Sampling endless = Sampling.greedy().withLogitBias(endless(model));
        Watch watch = new Watch();
        List<Conversation> running = new ArrayList<>();
        List<Thread> readers = new ArrayList<>();
        try {
            for (int i = 0; i < conversations; i++) {
                Conversation one = model.conversation().sampling(endless).loops(LoopLimits.OFF).start();
                running.add(one);
                Generation answer = one.send("Say " + i + " of " + number + ".");
                readers.add(Thread.ofVirtual().name("millrace-bench-" + i).start(() -> watch.read(answer)));
            }
            // the first tokens of each: some prompts are still being read
            watch.await(2 * conversations);
            watch.next();
            Gaps before = Gaps.of(watch.await(tokens * conversations));
            watch.next();
            long begin = System.nanoTime();
            double first;
            Gaps during;
            try (Conversation joining = model.conversation().sampling(endless).maxTokens(1).start();
                    Generation answer = joining.send(text(model, prompt, number))) {
                answer.answer();
                first = (System.nanoTime() - begin) / 1e9;
                // at least one token of each ends meanwhile or was held up until now
                during = Gaps.of(watch.await(conversations));
            }
            watch.next();
            Gaps after = Gaps.of(watch.await(tokens * conversations));
            return new BenchJoin(before, during, after, first);
        } finally {
            running.forEach(Conversation::close);
            for (Thread reader : readers) {
                reader.join();
            }
        }
    }

    /** No control token is ever chosen, so no answer ends by itself. */
    private static Map<Integer, Double> endless(Model model) {
        Map<Integer, Double> bans = new HashMap<>();
        for (int id = 0; id < model.tokenizer().size(); id++) {
            if (model.tokenizer().isControl(id)) {
                bans.put(id, Double.NEGATIVE_INFINITY);
            }
        }
        return bans;
    }

    private static String text(Model model, int tokens, int number) {
        StringBuilder text = new StringBuilder("Text " + number + ":");
        int known = 0;
        for (int i = 0; known < tokens; i++) {
            text.append(' ').append(WORDS[(int) ((i * 7919L + number * 131L) % 104_729 % WORDS.length)]);
            known = i % 32 == 31 ? model.tokenizer().encode(text.toString()).length : known;
        }
        return text.toString();
    }
}
