/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Metric;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.Progress;
import dev.millrace.machine.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Uses a model in all ways at once for a while, and reports what went wrong. */
@Command(name = "soak", description = {"Use a model in all ways at once for a while: random requests, cancels, forks,",
        "rewinds, saves, slow readers, moves between devices. Then report what went wrong."}, sortOptions = false)
final class SoakCommand implements Callable<Integer> {

    private static final long BETWEEN_MOVES = 2000;
    /** Parts of the time after which it is looked what the heap holds. */
    private static final List<Double> HEAP_AFTER = List.of(0.1, 0.5);

    private final Workplace workplace;
    private final Resident resident = new Resident();

    @Mixin
    private final ModelChoice choice = new ModelChoice();

    @Option(names = "--minutes", paramLabel = "N", description = "How long; 1 if not given. Parts of minutes are allowed.")
    double minutes = 1;

    @Option(names = "--users", paramLabel = "N", description = "Conversations at a time; 8 if not given.")
    int users = 8;

    @Option(names = "--seed", paramLabel = "N", description = "Of what users do; 0 if not given.")
    long seed;

    @Option(names = "--beside", paramLabel = "REF", description = "Another model that is used at the same time; may be given more than once.")
    List<String> beside = List.of();

    SoakCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws InterruptedException, IOException {
        if (!(minutes > 0) || users < 1) {
            throw choice.wrong("--minutes must be more than 0 and --users 1 or more");
        }
        long end = System.nanoTime() + (long) (minutes * 60e9);
        List<SoakUser> all = new ArrayList<>();
        int moves;
        Path folder = Files.createTempDirectory("millrace-soak");
        List<Model> models = new ArrayList<>();
        try {
            models.add(workplace.open(choice));
            for (String other : beside) {
                models.add(workplace.engine().open(other, choice.options(Progress.NONE)));
            }
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < users; i++) {
                SoakUser user = new SoakUser(models.get(i % models.size()), new Random(seed * 1_000_003 + i),
                        folder.resolve("talk" + i), end);
                all.add(user);
                threads.add(Thread.ofVirtual().name("millrace-soak-" + i).start(user));
            }
            try {
                moves = move(models, end);
            } finally {
                all.forEach(SoakUser::stop);
                for (Thread thread : threads) {
                    thread.join();
                }
            }
        } finally {
            models.forEach(Model::close);
            for (int i = 0; i < users; i++) {
                Files.deleteIfExists(folder.resolve("talk" + i));
            }
            Files.deleteIfExists(folder);
        }
        return report(all, moves);
    }

    /** Moves the models in turn, each to and fro between the devices that can run it. */
    private int move(List<Model> models, long end) throws InterruptedException {
        // before the first move: afterwards the verdicts are those of a device that was asked for
        List<List<String>> places = models.stream().map(model -> model.verdicts().stream()
                .filter(one -> one.score() > 0).map(one -> one.device()).map(Device::id).toList()).toList();
        int moves = 0;
        long start = System.nanoTime();
        Iterator<Double> parts = HEAP_AFTER.iterator();
        double part = parts.next();
        for (int turn = 0; System.nanoTime() < end; turn++) {
            resident.look();
            if (System.nanoTime() - start >= part * (end - start)) {
                resident.collect(String.format(Locale.ROOT, "after %.1f minutes", part * minutes));
                part = parts.hasNext() ? parts.next() : Double.POSITIVE_INFINITY;
            }
            long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
            Thread.sleep(Math.clamp(left, 1, BETWEEN_MOVES));
            Model model = models.get(turn % models.size());
            List<String> devices = places.get(turn % models.size());
            if (devices.size() > 1) {
                try {
                    int now = devices.indexOf(model.device().id());
                    model.moveTo(devices.get((now + 1) % devices.size()));
                    moves++;
                } catch (BackendException e) {
                    throw new MillraceException("A move failed: " + e.getMessage(), e);
                }
            }
        }
        resident.collect("at the end");
        return moves;
    }

    /** One line per model if there are several. */
    private void times(Metric.Histogram times) {
        String name = times.name().startsWith("first") ? "first token" : "between";
        line(name, String.format(Locale.ROOT,
                "half within %.1f ms, 95 %% within %.1f ms, 99 %% within %.1f ms%s", 1000 * times.quantile(0.5),
                1000 * times.quantile(0.95), 1000 * times.quantile(0.99),
                beside.isEmpty() ? "" : " (" + times.labels().getOrDefault("model", "") + ")"));
    }

    private int report(List<SoakUser> all, int moves) {
        long answers = all.stream().mapToLong(SoakUser::answers).sum();
        List<String> problems = all.stream().flatMap(user -> user.problems().stream()).toList();
        line("answers",
                answers + ", of which " + all.stream().mapToLong(SoakUser::cancelled).sum() + " were cancelled");
        line("also", all.stream().mapToLong(SoakUser::others).sum() + " forks, rewinds and saves, " + moves + " moves");
        for (Metric metric : workplace.engine().metrics()) {
            if (metric instanceof Metric.Histogram times
                    && (times.name().equals("first_token_seconds") || times.name().equals("between_tokens_seconds"))) {
                times(times);
            }
        }
        resident.tell(this::line);
        Memory.peak().ifPresent(bytes -> line("memory", String.format(Locale.ROOT, "%d MiB at most", bytes >> 20)));
        long open = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("millrace-model-")).count();
        line("left", open + " threads of models");
        line("wrong", problems.isEmpty() ? "nothing" : problems.size() + " times");
        problems.stream().distinct().limit(20).forEach(problem -> line("", problem));
        return problems.isEmpty() && open == 0 ? ExitCode.DONE : ExitCode.FAILED;
    }

    private void line(String name, String text) {
        workplace.console().result(String.format(Locale.ROOT, "%-12s %s", name, text));
    }
}
