/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.Model;
import dev.millrace.engine.LoadedModel;
import dev.millrace.json.Json;
import dev.millrace.machine.Memory;
import dev.millrace.machine.Processors;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures reading and generating, without conversations around. */
@Command(name = "bench", description = {"Measure a model: loading, reading a prompt, generating after it.",
        "One short round before those that count warms up."}, sortOptions = false)
final class BenchCommand implements Callable<Integer> {

    /** Enough for everything to be compiled; more of a long prompt would only double the time. */
    private static final int WARM_PROMPT = 2048;
    private static final int WARM_GENERATE = 64;

    private final Workplace workplace;

    @Mixin
    private final ModelChoice choice = new ModelChoice();

    @Option(names = "-p", paramLabel = "TOKENS", description = "Tokens of the prompt; 512 if not given.")
    int prompt = 512;

    @Option(names = "-n", paramLabel = "TOKENS", description = "Tokens to generate after it; 64 if not given.")
    int generate = 64;

    @Option(names = "-r", paramLabel = "ROUNDS", description = "Rounds that count; 3 if not given.")
    int rounds = 3;

    @Option(names = "--sequences", paramLabel = "N", description = "Conversations that generate at once, each after another prompt; 1 if not given. Speeds are those of all together.")
    int sequences = 1;

    @Option(names = "--join", paramLabel = "TOKENS", description = "Also measure what a request with a prompt of so many tokens does to conversations that generate (as many as --sequences says).")
    int join;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    BenchCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws InterruptedException {
        if (prompt < 1 || generate < 1 || rounds < 1 || sequences < 1 || join < 0) {
            throw choice.wrong("-p, -n, -r and --sequences must be 1 or more, and --join 0 or more");
        }
        int context = choice.context;
        long needed = (long) prompt + generate;
        if (needed > Integer.MAX_VALUE) {
            throw choice.wrong("-p and -n together are more tokens than any model takes");
        }
        if (choice.context == 0) {
            choice.context = (int) needed;
        } else if (choice.context < needed) {
            throw choice.wrong("--context is less than prompt and answer together");
        }
        Map<String, @Nullable Object> figures;
        long begin = System.nanoTime();
        try (LoadedModel model = workplace.load(choice)) {
            double loadSeconds = (System.nanoTime() - begin) / 1e9;
            BenchRound.run(model, 0, sequences, Math.min(prompt, WARM_PROMPT), Math.min(generate, WARM_GENERATE));
            List<BenchRound> measured = new ArrayList<>();
            for (int i = 1; i <= rounds; i++) {
                measured.add(BenchRound.run(model, i, sequences, prompt, generate));
            }
            figures = figures(model, loadSeconds, measured);
            if (!json) {
                printTable(model, loadSeconds, measured);
            }
        }
        if (join > 0) {
            List<BenchJoin> measured = joins(context);
            figures.put("join", measured.stream().map(BenchCommand::joinFigures).toList());
            if (!json) {
                printJoins(measured);
            }
        }
        if (json) {
            workplace.console().result(Json.write(figures));
        }
        return ExitCode.DONE;
    }

    private static Map<String, @Nullable Object> figures(LoadedModel model, double loadSeconds,
            List<BenchRound> measured) {
        OptionalLong peak = Memory.peak();
        return Cases.object("backend", model.device().id(), "threads", threads(model),
                "loadSeconds", loadSeconds, "prefillTokensPerSecond",
                measured.stream().map(BenchRound::prefill).toList(), "decodeTokensPerSecond",
                measured.stream().map(BenchRound::decode).toList(), "peakRssBytes",
                peak.isPresent() ? peak.getAsLong() : null);
    }

    private static Map<String, @Nullable Object> joinFigures(BenchJoin one) {
        return Cases.object("betweenTokensBefore", one.before().median(), "betweenTokensDuring",
                one.during().median(), "betweenTokensAfter", one.after().median(), "firstTokenSeconds",
                one.firstToken());
    }

    /** The same model, with conversations around. The context is the model's own unless somebody gave one. */
    private List<BenchJoin> joins(int context) throws InterruptedException {
        choice.context = context;
        try (Model model = workplace.open(choice)) {
            BenchJoin.run(model, 0, sequences, join, Math.min(generate, WARM_GENERATE));
            List<BenchJoin> measured = new ArrayList<>();
            for (int i = 1; i <= rounds; i++) {
                measured.add(BenchJoin.run(model, i, sequences, join, generate));
            }
            return measured;
        }
    }

    private void printJoins(List<BenchJoin> measured) {
        double before = middle(measured, one -> one.before().median());
        double during = middle(measured, one -> one.during().median());
        line("join", String.format(Locale.ROOT,
                "a request of %d tokens joins %d conversations, and has its first token after %.0f ms", join, sequences,
                1000 * middle(measured, BenchJoin::firstToken)));
        line("", String.format(Locale.ROOT,
                "between tokens %.1f ms before, %.1f ms meanwhile (%.2f times), %.1f ms after", 1000 * before,
                1000 * during, during / before, 1000 * middle(measured, one -> one.after().median())));
        line("", String.format(Locale.ROOT, "19 of 20 within %.1f ms before, %.1f ms meanwhile, %.1f ms after",
                1000 * middle(measured, one -> one.before().most19of20()),
                1000 * middle(measured, one -> one.during().most19of20()),
                1000 * middle(measured, one -> one.after().most19of20())));
    }

    private void printTable(LoadedModel model, double loadSeconds, List<BenchRound> measured) {
        line("backend", String.format(Locale.ROOT, "%s, %d threads", model.device().id(), threads(model)));
        line("", model.device().description());
        line("load", String.format(Locale.ROOT, "%.2f s", loadSeconds));
        String each = sequences == 1 ? "" : sequences + " times ";
        line("prefill", speeds(measured, BenchRound::prefill, each + prompt));
        if (prompt >= 2 * BenchRound.piece(model)) {
            double start = middle(measured, BenchRound::start);
            double end = middle(measured, BenchRound::end);
            line("", String.format(Locale.ROOT,
                    "%.1f tokens/s at the start, %.1f at the end, where a token costs %.2f times as much",
                    start, end, start / end));
        }
        line("decode", speeds(measured, BenchRound::decode, each + generate));
        if (sequences > 1) {
            line("", String.format(Locale.ROOT, "%.1f tokens/s for each of the %d conversations",
                    middle(measured, BenchRound::decode) / sequences, sequences));
        }
        OptionalLong peak = Memory.peak();
        if (peak.isPresent()) {
            line("memory", String.format(Locale.ROOT, "%.0f MiB at most", peak.getAsLong() / 1048576.0));
        }
    }

    private void line(String name, String text) {
        workplace.console().result(String.format(Locale.ROOT, "%-9s %s", name, text));
    }

    private static String speeds(List<BenchRound> rounds, ToDoubleFunction<BenchRound> speed, String tokens) {
        String all = String.join(" ",
                rounds.stream().map(one -> String.format(Locale.ROOT, "%.1f", speed.applyAsDouble(one)))
                        .toList());
        return String.format(Locale.ROOT, "%.1f tokens/s (%s tokens; %s)", middle(rounds, speed), tokens, all);
    }

    private static <T> double middle(List<T> rounds, ToDoubleFunction<T> figure) {
        return rounds.stream().mapToDouble(figure).sorted().skip(rounds.size() / 2).findFirst().orElseThrow();
    }

    /** Threads asked for, or those that backends take by themselves. */
    private static int threads(LoadedModel model) {
        return Processors.here().threads(model.options().threads());
    }
}
