/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.export.BlueprintExport;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Step;
import dev.millrace.tck.Feeder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Measures what the loop around ONNX Runtime costs, and what running sequences together saves. Run by hand. */
public final class LoopBenchmark {

    private static final int VOCABULARY = 2048;
    private static final int WARM = 400;
    private static final int MEASURED = 300;

    private LoopBenchmark() {
    }

    /** Takes a folder with ONNX graphs, or none to export the nano model. */
    public static void main(String[] arguments) throws IOException {
        Path folder = arguments.length > 0
                ? Path.of(arguments[0])
                : Nano.export(Files.createTempDirectory("loop"), BlueprintExport.Options.standard(), "model.onnx");
        OnnxBackend backend = new OnnxBackend();
        LoadOptions options = LoadOptions.of(4096).withPrecision(Precision.EXACT);
        try (OnnxExecutor executor = (OnnxExecutor) backend.load(Nano.graph(folder), backend.devices().getFirst(),
                options,
                Progress.NONE)) {
            for (int past : new int[]{64, 1024}) {
                for (int together : new int[]{1, 4}) {
                    measure(executor, past, together);
                }
            }
        }
    }

    private static void measure(OnnxExecutor executor, int past, int together) {
        Feeder feeder = new Feeder(executor, VOCABULARY);
        int[] prompt = new int[past];
        for (int i = 0; i < past; i++) {
            prompt[i] = (i * 37 + 11) % VOCABULARY;
        }
        int[] one = {5};
        List<Step> steps = new ArrayList<>();
        for (int i = 0; i < together; i++) {
            steps.add(new Step(executor.newSequence(), VOCABULARY));
            int most = executor.limits().batchTokens();
            for (int from = 0; from < past; from += most) {
                feeder.feed(steps.getLast().sequence(),
                        Arrays.copyOfRange(prompt, from, Math.min(past, from + most)));
            }
        }
        long begin = 0;
        long inside = 0;
        for (int i = 0; i < WARM + MEASURED; i++) {
            if (i == WARM) {
                begin = System.nanoTime();
                inside = executor.nanos();
            }
            for (Step step : steps) {
                step.feed(one, 0, 1, Step.Logits.LAST);
            }
            executor.forward(steps);
        }
        long all = System.nanoTime() - begin;
        inside = executor.nanos() - inside;
        System.out.printf("after %d tokens, %d together: %.3f ms a run, of it %.3f in ONNX Runtime, overhead %.2f %%%n",
                past + WARM, together, all / 1e6 / MEASURED, inside / 1e6 / MEASURED, 100.0 * (all - inside) / inside);
        steps.forEach(step -> step.sequence().close());
    }
}
