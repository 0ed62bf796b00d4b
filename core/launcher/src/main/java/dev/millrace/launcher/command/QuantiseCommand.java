/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import dev.millrace.api.MillraceException;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.Strictness;
import dev.millrace.api.KeyValueType;
import dev.millrace.engine.LoadedModel;
import dev.millrace.formats.Quantiser;
import dev.millrace.formats.quantise.Importance;
import dev.millrace.formats.quantise.Mixture;
import dev.millrace.formats.quantise.TensorReport;
import dev.millrace.json.Json;
import dev.millrace.machine.Processors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** From 16 bits to fewer. */
@Command(name = "quantise", aliases = "quantize", description = {
        "Write a model in 16 or 32 bits again with fewer, as a GGUF file.",
        "A report of what each tensor has lost goes to standard output."}, sortOptions = false)
final class QuantiseCommand implements Callable<Integer> {

    /** Enough to tell types apart, and little enough for logits of large vocabularies. */
    private static final int COMPARED = 256;

    private final Workplace workplace;

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(index = "0", paramLabel = "SOURCE", description = "A Hugging Face folder with safetensors, or a GGUF file in F32, F16 or BF16.")
    @Nullable
    Path source;

    @Parameters(index = "1", paramLabel = "OUT.gguf", description = "The file to write; replaced as a whole or not at all.")
    @Nullable
    Path out;

    @Option(names = "--type", required = true, paramLabel = "TYPE", description = "Q8_0, Q6_K, Q5_K_M, Q5_K_S, Q4_K_M, Q4_K_S, Q3_K_L, Q3_K_M, Q3_K_S, Q2_K, Q4_0, Q4_1, Q5_0, Q5_1, IQ4_NL, IQ4_XS, MXFP4, BF16 or F16.")
    String type = "";

    @Option(names = "--imatrix", paramLabel = "FILE", description = "What matters in each column, as llama-imatrix measured it (.dat).")
    @Nullable
    Path importance;

    @Option(names = "--compare", paramLabel = "TEXT-FILE", description = "Read the beginning of this text with both models, and tell how far their predictions lie apart.")
    @Nullable
    Path compare;

    @Option(names = "--threads", paramLabel = "N", converter = ThreadCount.Converter.class, description = "Threads that compute; one for each core if not given.")
    ThreadCount threads = ThreadCount.SUITABLE;

    @Option(names = "--json", description = "Print one JSON object.")
    boolean json;

    QuantiseCommand(Workplace workplace) {
        this.workplace = workplace;
    }

    /**
     * How far apart two models predict.
     *
     * @param tokens that both read
     * @param divergence mean Kullback-Leibler divergence of the new model from the source, in nats
     * @param agreement share of tokens after which both would choose the same
     */
    private record Comparison(int tokens, double divergence, double agreement) {
    }

    @Override
    public Integer call() throws IOException {
        Mixture mixture = Mixture.of(type).orElseThrow(() -> new ParameterException(
                Objects.requireNonNull(spec).commandLine(), "--type is " + type + "; possible are "
                        + String.join(", ", Arrays.stream(Mixture.values()).map(Mixture::name).toList())));
        threads.warn(workplace.console());
        Path from = Objects.requireNonNull(source);
        Path to = Objects.requireNonNull(out);
        if (!Files.exists(from)) {
            throw new MillraceException("There is no file or folder " + from + ".");
        }
        String text = compare == null ? "" : TextFile.read(compare);
        Importance measured = importance == null ? Importance.NONE : Importance.read(importance);
        List<TensorReport> report;
        try (LoadProgress progress = new LoadProgress(workplace.console())) {
            report = new Quantiser(mixture, measured, Processors.here().threads(threads.asked())).quantise(from, to,
                    progress);
        }
        tell(report, compare == null ? null : compared(from, to, text));
        return ExitCode.DONE;
    }

    private void tell(List<TensorReport> report, @Nullable Comparison comparison) {
        long values = report.stream().mapToLong(TensorReport::values).sum();
        long bytes = report.stream().mapToLong(TensorReport::bytes).sum();
        double bits = 8.0 * bytes / values;
        Console console = workplace.console();
        if (json) {
            List<Object> tensors = new ArrayList<>();
            report.forEach(tensor -> tensors.add(Cases.object("name", tensor.name(), "from", tensor.from().name(), "to",
                    tensor.to().name(), "values", tensor.values(), "bytes", tensor.bytes(), "error", tensor.error())));
            Map<String, @Nullable Object> result = new LinkedHashMap<>();
            result.put("bitsPerWeight", bits);
            result.put("bytes", bytes);
            result.put("tensors", tensors);
            if (comparison != null) {
                result.put("compare", Cases.object("tokens", comparison.tokens, "divergence", comparison.divergence,
                        "agreement", comparison.agreement));
            }
            console.result(Json.write(result));
            return;
        }
        int width = report.stream().mapToInt(tensor -> tensor.name().length()).max().orElse(0);
        for (TensorReport tensor : report) {
            console.result(String.format(Locale.ROOT, "%-" + Math.max(1, width) + "s  %-6s %-6s %10s  error %.4f",
                    tensor.name(), tensor.from(), tensor.to(), Sizes.of(tensor.bytes()), tensor.error()));
        }
        console.result(String.format(Locale.ROOT, "%s in %d tensors, %.2f bits per weight", Sizes.of(bytes),
                report.size(), bits));
        if (comparison != null) {
            console.result(String.format(Locale.ROOT,
                    "over %d tokens: divergence %.5f, first choice the same after %.1f %%", comparison.tokens,
                    comparison.divergence, 100 * comparison.agreement));
        }
    }

    private Comparison compared(Path from, Path to, String text) {
        try (LoadedModel left = load(from); LoadedModel right = load(to)) {
            int[] all = left.tokenizer().encode(text);
            int[] tokens = Arrays.copyOf(all, Math.min(all.length, COMPARED));
            if (tokens.length == 0) {
                throw new MillraceException("The text " + compare + " is empty.");
            }
            double divergence = 0;
            int agreed = 0;
            try (Decoding a = new Decoding(left); Decoding b = new Decoding(right)) {
                float[][] first = a.readAll(tokens);
                float[][] second = b.readAll(tokens);
                for (int i = 0; i < tokens.length; i++) {
                    divergence += divergence(first[i], second[i]);
                    agreed += a.likeliest(first[i]) == b.likeliest(second[i]) ? 1 : 0;
                }
            }
            return new Comparison(tokens.length, divergence / tokens.length, (double) agreed / tokens.length);
        }
    }

    private LoadedModel load(Path path) {
        try (LoadProgress progress = new LoadProgress(workplace.console())) {
            return workplace.engine().load(path.toString(), new ModelOptions(null, 0, threads.asked(),
                    Precision.EXACT, KeyValueType.AUTO, Strictness.AUTO, progress));
        }
    }

    /** Sum of p log(p / q), where both are softmaxes. */
    static double divergence(float[] p, float[] q) {
        double logP = logSum(p);
        double logQ = logSum(q);
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            double log = p[i] - logP;
            sum += Math.exp(log) * (log - (q[i] - logQ));
        }
        return Math.max(0, sum);
    }

    private static double logSum(float[] logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - largest);
        }
        return largest + Math.log(sum);
    }
}
