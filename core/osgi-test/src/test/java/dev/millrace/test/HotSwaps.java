/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test;

import dev.millrace.api.BackendException;
import dev.millrace.api.Metric;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Moves a model to and fro while eight conversations are answered: each answer must be what it is without moves, token for token. */
public final class HotSwaps {

    /** How many moves there are in each framework; more by the system property. */
    public static final int SWAPS = Integer.getInteger("millrace.swaps", 100);

    private static final int STREAMS = 8;

    private HotSwaps() {
    }

    /** One move. */
    @FunctionalInterface
    public interface Swap {

        /**
         * Moves the model, or takes its backend away and brings it back.
         *
         * @param model answers meanwhile
         * @param number counts from 0
         */
        void make(Model model, int number) throws Exception;
    }

    /**
     * What came of it.
     *
     * @param answers that were complete and right
     * @param wrong answers that were not
     * @param moves that the runtime counted meanwhile
     */
    public record Outcome(int answers, List<String> wrong, long moves) {
    }

    /** Moves between the devices of the CPU backend, one after the other. */
    public static Swap betweenDevices(Millrace millrace) {
        return between(millrace.devices().stream().filter(device -> device.backend().equals("cpu"))
                .map(device -> device.id()).toList());
    }

    /** Moves between these devices, one after the other. */
    public static Swap between(List<String> devices) {
        return (model, number) -> model.moveTo(devices.get(number % devices.size()));
    }

    /** Makes so many swaps of the nano model while answers are generated. */
    public static Outcome run(Millrace millrace, int swaps, Swap swap) throws Exception {
        return run(millrace, "nano", swaps, swap);
    }

    /**
     * The same with another form of the nano model.
     *
     * @param name a folder, for example
     */
    public static Outcome run(Millrace millrace, String name, int swaps, Swap swap) throws Exception {
        List<String> right = House.answers();
        List<String> wrong = new ArrayList<>();
        AtomicBoolean done = new AtomicBoolean();
        AtomicInteger answers = new AtomicInteger();
        long before = moves(millrace);
        try (Model model = millrace.open(name, House.MODEL_OPTIONS);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<String>>> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                int first = i;
                streams.add(threads.submit(() -> stream(model, right, first, done, answers)));
            }
            try {
                for (int i = 0; i < swaps; i++) {
                    swap.make(model, i);
                }
            } finally {
                done.set(true);
            }
            for (Future<List<String>> stream : streams) {
                try {
                    wrong.addAll(stream.get());
                } catch (ExecutionException e) {
                    wrong.add(String.valueOf(e.getCause()));
                }
            }
        }
        return new Outcome(answers.get(), wrong, moves(millrace) - before);
    }

    /** How often any model of the runtime has moved. */
    public static long moves(Millrace millrace) {
        return millrace.metrics().stream().filter(one -> one.name().equals("swaps"))
                .filter(one -> "done".equals(one.labels().get("result")))
                .mapToLong(one -> ((Metric.Counter) one).value()).sum();
    }

    private static List<String> stream(Model model, List<String> right, int first, AtomicBoolean done,
            AtomicInteger answers) throws IOException {
        List<String> wrong = new ArrayList<>();
        for (int i = first; !done.get(); i++) {
            int question = i % House.QUESTIONS.size();
            String answer;
            try {
                answer = new House().ask(model, House.QUESTIONS.get(question));
            } catch (BackendException e) {
                answer = String.valueOf(e);
            }
            if (answer.equals(right.get(question))) {
                answers.incrementAndGet();
            } else {
                wrong.add(answer);
            }
        }
        return wrong;
    }
}
