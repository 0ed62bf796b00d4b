/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.engine.LoadedModel;
import dev.millrace.spi.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Measures reading and generating, without conversations around. */
@Command(name = "bench", description = {"Measure a model: loading, reading a prompt, generating after it.",
        "One round before those that count warms up."}, sortOptions = false)
final class BenchCommand implements Callable<Integer> {

    private static final Path STATUS = Path.of("/proc/self/status");

    private final Workplace workplace;

    @Mixin
    private final ModelChoice choice = new ModelChoice();

    @Option(names = "-p", paramLabel = "TOKENS", description = "Tokens of the prompt; 512 if not given.")
    int prompt = 512;

    @Option(names = "-n", paramLabel = "TOKENS", description = "Tokens to generate after it; 64 if not given.")
    int generate = 64;

    @Option(names = "-r", paramLabel = "ROUNDS", description = "Rounds that count; 3 if not given.")
    int rounds = 3;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    private record Round(double prefill, double decode) {
    }

    BenchCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    @Override
    public Integer call() throws IOException {
        if (prompt < 1 || generate < 1 || rounds < 1) {
            throw choice.wrong("-p, -n and -r must be 1 or more");
        }
        if (choice.context == 0) {
            choice.context = Math.addExact(prompt, generate);
        } else if (choice.context < (long) prompt + generate) {
            throw choice.wrong("--context is less than prompt and answer together");
        }
        long begin = System.nanoTime();
        try (LoadedModel model = workplace.load(choice)) {
            double loadSeconds = seconds(begin);
            round(model, 0);
            List<Round> measured = new ArrayList<>();
            for (int i = 1; i <= rounds; i++) {
                measured.add(round(model, i));
            }
            report(model, loadSeconds, measured);
        }
        return MillraceCommand.DONE;
    }

    /** Tokens are taken all over the vocabulary, since equal ones would meet equal experts. */
    private Round round(LoadedModel model, int number) {
        int vocabulary = model.program().vocabularySize();
        int[] ids = new int[prompt];
        for (int i = 0; i < prompt; i++) {
            ids[i] = (int) ((i * 7919L + number * 131L) % vocabulary);
        }
        try (Decoding decoding = new Decoding(model)) {
            long begin = System.nanoTime();
            float[] logits = decoding.read(ids);
            double prefill = prompt / seconds(begin);
            begin = System.nanoTime();
            for (int i = 0; i < generate; i++) {
                logits = decoding.readOne(decoding.likeliest(logits));
            }
            return new Round(prefill, generate / seconds(begin));
        }
    }

    private void report(LoadedModel model, double loadSeconds, List<Round> measured) throws IOException {
        List<Double> prefill = measured.stream().map(Round::prefill).toList();
        List<Double> decode = measured.stream().map(Round::decode).toList();
        int threads = model.options().threads() == 0
                ? Runtime.getRuntime().availableProcessors()
                : model.options().threads();
        OptionalLong peak = peakRssBytes();
        Console console = workplace.console();
        if (json) {
            console.result(Json.write(Cases.object("backend", model.device().id(), "threads", threads, "loadSeconds",
                    loadSeconds, "prefillTokensPerSecond", prefill, "decodeTokensPerSecond", decode, "peakRssBytes",
                    peak.isPresent() ? peak.getAsLong() : null)));
            return;
        }
        console.result(String.format("backend   %s, %d threads%n          %s", model.device().id(), threads,
                model.device().description()));
        console.result(String.format("load      %.2f s", loadSeconds));
        console.result(String.format("prefill   %.1f tokens/s (%d tokens; %s)", median(prefill), prompt, all(prefill)));
        console.result(String.format("decode    %.1f tokens/s (%d tokens; %s)", median(decode), generate, all(decode)));
        if (peak.isPresent()) {
            console.result(String.format("memory    %.0f MiB at most", peak.getAsLong() / 1048576.0));
        }
    }

    private static double seconds(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    private static double median(List<Double> values) {
        return values.stream().sorted().skip(values.size() / 2).findFirst().orElseThrow();
    }

    private static String all(List<Double> values) {
        return String.join(" ", values.stream().map(value -> String.format("%.1f", value)).toList());
    }

    /** The most memory that this process has had, where the system tells. */
    private static OptionalLong peakRssBytes() throws IOException {
        if (!Files.isReadable(STATUS)) {
            return OptionalLong.empty();
        }
        return Files.readAllLines(STATUS).stream().filter(line -> line.startsWith("VmHWM:"))
                .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", ""))).findFirst();
    }
}
