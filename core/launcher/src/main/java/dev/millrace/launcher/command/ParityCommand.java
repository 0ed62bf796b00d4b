/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.Strictness;
import dev.millrace.engine.LoadedModel;
import dev.millrace.json.Json;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Runs two models, or one on two backends, side by side and says how far apart they are. */
@Command(name = "parity", description = "Compare the logits and greedy texts of two models, or of one on two backends.", sortOptions = false)
final class ParityCommand implements Callable<Integer> {

    /** Read if neither ids nor text is given: tokens from all over the vocabulary. */
    private static final int TOKENS = 64;

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec command;

    @Option(names = {"-m",
            "--model"}, required = true, paramLabel = "REF", description = "A model; give it twice to compare two.")
    List<String> models = List.of();

    @Option(names = "--backend", paramLabel = "ID", description = "A backend or device; give it twice to compare two. The first is for the first model.")
    List<String> backends = List.of();

    @Option(names = "--ids", paramLabel = "1,2,3", converter = Ids.Converter.class, description = "Token ids to read.")
    @Nullable
    Ids ids;

    @Option(names = "--text", paramLabel = "TEXT", description = "A text to read instead, encoded by the first model.")
    @Nullable
    String text;

    @Option(names = "-n", paramLabel = "N", description = "Tokens to generate; 24 if not given.")
    int count = 24;

    @Option(names = "--threads", paramLabel = "N", converter = ThreadCount.Converter.class, description = "Threads that compute; one for each core if not given.")
    ThreadCount threads = ThreadCount.SUITABLE;

    @Option(names = "--precision", paramLabel = "HOW", description = "exact (the default) or fast.")
    Precision precision = Precision.EXACT;

    @Option(names = "--kv", paramLabel = "TYPE", description = "How keys and values are kept: f32, f16, q8 or auto (the default); give it twice for two sides.")
    List<KeyValueType> keyValues = List.of();

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    ParityCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    /**
     * How far apart two sides are.
     *
     * @param largest error of a logit
     * @param mean error of all logits
     * @param agreement share of tokens after which both sides would choose the same
     * @param parted index of the first generated token that differs, or -1
     * @param margin by how much the first side's choice led there
     */
    private record Difference(double largest, double mean, double agreement, int parted, double margin) {
    }

    @Override
    public Integer call() {
        if (models.size() > 2 || backends.size() > 2
                || (models.size() < 2 && backends.size() < 2 && keyValues.size() < 2)) {
            throw wrong("give two models, or one model and two backends or types of keys and values");
        }
        if (keyValues.size() > 2) {
            throw wrong("give --kv twice at most");
        }
        if (ids != null && text != null) {
            throw wrong("give --ids or --text, not both");
        }
        if (count < 1) {
            throw wrong("-n must be 1 or more");
        }
        threads.warn(workplace.console());
        try (LoadedModel left = load(0); LoadedModel right = load(1)) {
            int vocabulary = left.program().vocabularySize();
            if (right.program().vocabularySize() != vocabulary) {
                throw new MillraceException("The models have vocabularies of " + vocabulary + " and "
                        + right.program().vocabularySize() + " tokens and cannot be compared.");
            }
            int[] tokens = tokens(left, vocabulary);
            report(left, right, tokens.length, compare(left, right, tokens, vocabulary));
        }
        return ExitCode.DONE;
    }

    private LoadedModel load(int side) {
        String backend = backends.size() > side ? backends.get(side) : null;
        KeyValueType kept = keyValues.isEmpty()
                ? KeyValueType.AUTO
                : keyValues.get(Math.min(side, keyValues.size() - 1));
        try (LoadProgress progress = new LoadProgress(workplace.console())) {
            return workplace.engine().load(models.get(Math.min(side, models.size() - 1)),
                    new ModelOptions(backend, 0, threads.asked(), precision, kept, Strictness.AUTO, progress));
        }
    }

    private int[] tokens(LoadedModel model, int vocabulary) {
        if (ids != null) {
            return ids.values();
        }
        if (text != null) {
            int[] encoded = model.tokenizer().encode(text);
            if (encoded.length == 0) {
                throw wrong("--text is empty");
            }
            return encoded;
        }
        int[] spread = new int[TOKENS];
        for (int i = 0; i < TOKENS; i++) {
            spread[i] = (int) (i * 7919L % vocabulary);
        }
        return spread;
    }

    private Difference compare(LoadedModel left, LoadedModel right, int[] tokens, int vocabulary) {
        double largest = 0;
        double sum = 0;
        int agreed = 0;
        try (Decoding a = new Decoding(left); Decoding b = new Decoding(right)) {
            float[][] first = a.readAll(tokens);
            float[][] second = b.readAll(tokens);
            for (int i = 0; i < tokens.length; i++) {
                for (int v = 0; v < vocabulary; v++) {
                    double error = Math.abs((double) first[i][v] - second[i][v]);
                    // max keeps what is no number: the worst error of all
                    largest = Math.max(largest, error);
                    sum += error;
                }
                agreed += a.likeliest(first[i]) == b.likeliest(second[i]) ? 1 : 0;
            }
            float[] here = first[tokens.length - 1];
            float[] there = second[tokens.length - 1];
            int parted = -1;
            double margin = 0;
            for (int i = 0; i < count && parted < 0; i++) {
                int choice = a.likeliest(here);
                if (choice != b.likeliest(there)) {
                    parted = i;
                    margin = here[choice] - here[b.likeliest(there)];
                } else if (i + 1 < count) {
                    here = a.readOne(choice);
                    there = b.readOne(choice);
                }
            }
            return new Difference(largest, sum / tokens.length / vocabulary, (double) agreed / tokens.length, parted,
                    margin);
        }
    }

    private void report(LoadedModel left, LoadedModel right, int tokens, Difference d) {
        Console console = workplace.console();
        if (json) {
            console.result(Json.write(Cases.object("left", side(left), "right", side(right), "tokens", tokens,
                    "largestError", number(d.largest()), "meanError", number(d.mean()), "agreement", d.agreement(),
                    "generated", count, "partedAt", d.parted() < 0 ? null : d.parted(), "marginThere",
                    d.parted() < 0 ? null : number(d.margin()))));
            return;
        }
        console.result("left      " + side(left));
        console.result("right     " + side(right));
        console.result(String.format(Locale.ROOT, "logits    differ by %.3g at most, %.3g on average, over %d tokens",
                d.largest(),
                d.mean(), tokens));
        console.result(
                String.format(Locale.ROOT, "choice    the same after %.1f %% of the tokens", 100 * d.agreement()));
        console.result(d.parted() < 0
                ? String.format(Locale.ROOT, "text      the same over %d tokens", count)
                : String.format(Locale.ROOT,
                        "text      parts at token %d of %d, where the left side's choice led by %.3g",
                        d.parted() + 1, count, d.margin()));
    }

    /** JSON has no number for what is none. */
    private static @Nullable Double number(double value) {
        return Double.isFinite(value) ? value : null;
    }

    private static String side(LoadedModel model) {
        return model.info().name() + " (" + model.info().quantisation() + ") on " + model.device().id();
    }

    private ParameterException wrong(String message) {
        if (command == null) {
            throw new IllegalStateException("Not run by a command line.");
        }
        return new ParameterException(command.commandLine(), message);
    }
}
