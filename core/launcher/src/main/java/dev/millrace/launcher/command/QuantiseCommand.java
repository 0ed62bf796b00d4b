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

    /** Tokens of a passage: enough to tell types apart, and little enough for logits of large vocabularies. */
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

    @Option(names = "--imatrix", paramLabel = "FILE", description = "What matters in each column, as --save-imatrix or llama-imatrix of llama.cpp wrote it (GGUF or .dat).")
    @Nullable
    Path importance;

    @Option(names = "--text", paramLabel = "TEXT-FILE", description = "Let the model read this text first, on the processor, and measure what matters in each column.")
    @Nullable
    Path text;

    @Option(names = "--save-imatrix", paramLabel = "OUT.gguf", description = "Write what --text measured, for other types and for llama.cpp.")
    @Nullable
    Path measured;

    @Option(names = "--compare", paramLabel = "TEXT-FILE", description = "Read the beginning of this text with both models, and tell how far their predictions lie apart.")
    @Nullable
    Path compare;

    @Option(names = "--compare-tokens", paramLabel = "N", description = "How much of that text; ${DEFAULT-VALUE} tokens if not given.")
    int comparing = COMPARED;

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
        check();
        threads.warn(workplace.console());
        Path from = Objects.requireNonNull(source);
        Path to = Objects.requireNonNull(out);
        if (!Files.exists(from)) {
            throw new MillraceException("There is no file or folder " + from + ".");
        }
        String read = text == null ? "" : TextFile.read(text);
        String compared = compare == null ? "" : TextFile.read(compare);
        Importance matters = matters(from, read);
        List<TensorReport> report;
        try (LoadProgress progress = new LoadProgress(workplace.console())) {
            report = new Quantiser(mixture, matters, Processors.here().threads(threads.asked())).quantise(from, to,
                    progress);
        }
        tell(report, compare == null ? null : compared(from, to, compared, compare));
        return ExitCode.DONE;
    }

    private void check() {
        String wrong = "";
        if (text != null && importance != null) {
            wrong = "--text measures what --imatrix brings: give one of them";
        } else if (measured != null && text == null) {
            wrong = "--save-imatrix writes what --text measures: give a text";
        } else if (comparing < 1) {
            wrong = "--compare-tokens must be 1 or more";
        }
        if (!wrong.isEmpty()) {
            throw new ParameterException(Objects.requireNonNull(spec).commandLine(), wrong);
        }
    }

    private Importance matters(Path from, String read) {
        if (importance != null) {
            return Importance.read(importance);
        }
        if (text == null) {
            return Importance.NONE;
        }
        try (LoadedModel model = load(from, "cpu"); LoadProgress progress = new LoadProgress(workplace.console())) {
            return Measuring.of(model, read, text, measured, progress);
        }
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

    private Comparison compared(Path from, Path to, String read, Path file) {
        try (LoadedModel left = load(from, null); LoadedModel right = load(to, null)) {
            List<int[]> passages = Passages.of(read, file, left, COMPARED, comparing);
            double divergence = 0;
            int agreed = 0;
            for (int[] passage : passages) {
                try (Decoding a = new Decoding(left); Decoding b = new Decoding(right)) {
                    float[][] first = a.readAll(passage);
                    float[][] second = b.readAll(passage);
                    for (int i = 0; i < passage.length; i++) {
                        divergence += divergence(first[i], second[i]);
                        agreed += a.likeliest(first[i]) == b.likeliest(second[i]) ? 1 : 0;
                    }
                }
            }
            int tokens = Passages.tokens(passages);
            return new Comparison(tokens, divergence / tokens, (double) agreed / tokens);
        }
    }

    private LoadedModel load(Path path, @Nullable String backend) {
        try (LoadProgress progress = new LoadProgress(workplace.console())) {
            return workplace.engine().load(path.toString(), new ModelOptions(backend, 0, threads.asked(),
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
