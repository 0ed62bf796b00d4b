/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Speed on the shapes of LFM2-8B-A1B with weights that are made up: a prompt, then 1, 8, 64 and 256 sequences at once. */
final class SpeedCheck {

    private static final int HIDDEN = 2048;
    private static final int VOCABULARY = 128_000;
    private static final Set<Integer> ATTENTION = Set.of(2, 6, 10, 14, 18, 21);
    private static final int PROMPT = 1024;
    /** So many that the device has begun to run ahead. */
    private static final int WARM_UP = 12;
    private static final int STEPS = 40;

    private SpeedCheck() {
    }

    static Blueprint model(TensorType type, TensorType ends) {
        Tensor embedding = new MadeUpTensor("embedding", ends, VOCABULARY, HIDDEN);
        List<Blueprint.Layer> layers = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            String at = i + ".";
            Blueprint.Norm norm = new Blueprint.Norm(new MadeUpTensor(at + "norm", TensorType.F32, 1, HIDDEN), 1e-5f);
            Blueprint.Norm head = new Blueprint.Norm(new MadeUpTensor(at + "head", TensorType.F32, 1, 64), 1e-5f);
            Blueprint.Mixer mixer = ATTENTION.contains(i)
                    ? Blueprint.Attention.plain(32, 8, 64, new MadeUpTensor(at + "q", type, 2048, HIDDEN),
                            new MadeUpTensor(at + "k", type, 512, HIDDEN),
                            new MadeUpTensor(at + "v", type, 512, HIDDEN),
                            new MadeUpTensor(at + "o", type, HIDDEN, 2048), new Position.Rope(64, 1e6f))
                            .withNorms(head, head)
                    : new Blueprint.ShortConv(3, new MadeUpTensor(at + "in", type, 3 * HIDDEN, HIDDEN),
                            new MadeUpTensor(at + "taps", TensorType.F32, HIDDEN, 3),
                            new MadeUpTensor(at + "out", type, HIDDEN, HIDDEN));
            layers.add(new Blueprint.Layer(norm, mixer, norm, i < 2 ? dense(at, type, 7168) : experts(at, type)));
        }
        return new Blueprint("lfm2moe", VOCABULARY, HIDDEN, 128_000, embedding, layers,
                new Blueprint.Norm(new MadeUpTensor("norm", TensorType.F32, 1, HIDDEN), 1e-5f), embedding);
    }

    private static Blueprint.Dense dense(String at, TensorType type, int inner) {
        return new Blueprint.Dense(new MadeUpTensor(at + "gate", type, inner, HIDDEN),
                new MadeUpTensor(at + "up", type, inner, HIDDEN), new MadeUpTensor(at + "down", type, HIDDEN, inner));
    }

    private static Blueprint.Experts experts(String at, TensorType type) {
        List<Blueprint.Dense> experts = new ArrayList<>();
        for (int e = 0; e < 32; e++) {
            experts.add(dense(at + e + ".", type, 1792));
        }
        return new Blueprint.Experts(new Blueprint.Linear(new MadeUpTensor(at + "router", TensorType.F32, 32, HIDDEN)),
                null, Blueprint.Gating.SIGMOID, 4, true, 1, experts, null);
    }

    /** Prints a line for each figure. */
    static void run(CudaBackend backend, String name, Blueprint model, int... batches) {
        long start = System.nanoTime();
        try (Executor executor = backend.load(model, backend.devices().getFirst(), LoadOptions.of(2048),
                Progress.NONE)) {
            System.out.printf(Locale.ROOT, "%s loaded in %.1f s, %s%n", name, (System.nanoTime() - start) / 1e9,
                    executor.limits());
            int[] prompt = new int[PROMPT];
            for (int i = 0; i < PROMPT; i++) {
                prompt[i] = Math.floorMod(i * 7919 + 13, VOCABULARY);
            }
            for (int round = 0; round < 3; round++) {
                List<Step> steps = new ArrayList<>();
                start = System.nanoTime();
                for (int i = 0; i < executor.limits().batchTokens() / PROMPT; i++) {
                    steps.add(new Step(executor.newSequence(), VOCABULARY).feed(prompt, 0, PROMPT, Step.Logits.LAST));
                }
                executor.forward(steps);
                double seconds = (System.nanoTime() - start) / 1e9;
                if (round == 2) {
                    System.out.printf(Locale.ROOT, "%s prompt: %.0f tokens/s%n", name, PROMPT * steps.size() / seconds);
                }
                steps.forEach(s -> s.sequence().close());
            }
            try (Sequence trunk = executor.newSequence()) {
                executor.forward(List.of(new Step(trunk, VOCABULARY).feed(prompt, 0, 1000, Step.Logits.NONE)));
                for (int batch : batches) {
                    decode(executor, trunk, name, batch, false);
                }
                decode(executor, trunk, name, 1, true);
            }
        }
    }

    /** With likeliest each sequence reads its likeliest token, which lets the device run ahead; the same experts may then work each time. */
    private static void decode(Executor executor, Sequence trunk, String name, int batch, boolean likeliest) {
        List<Step> steps = new ArrayList<>();
        int[][] tokens = new int[batch][1];
        for (int i = 0; i < batch; i++) {
            tokens[i][0] = Math.floorMod(i * 104_729, VOCABULARY);
            steps.add(new Step(trunk.fork(), VOCABULARY));
        }
        long start = 0;
        for (int i = -WARM_UP; i < STEPS; i++) {
            if (i == 0) {
                start = System.nanoTime();
            }
            for (int s = 0; s < batch; s++) {
                steps.get(s).feed(tokens[s], 0, 1, Step.Logits.BEST).best().count(1);
            }
            executor.forward(steps);
            for (int s = 0; s < batch; s++) {
                int best = steps.get(s).best().id(0);
                // a random model says the same again and again; the row number keeps the experts apart
                tokens[s][0] = likeliest ? best : Math.floorMod(best + s * 7919 + i, VOCABULARY);
            }
        }
        double each = (System.nanoTime() - start) / 1e9 / STEPS;
        System.out.printf(Locale.ROOT, "%s %d at once%s: %.0f tokens/s, %.3f ms a step%n", name, batch,
                likeliest ? ", the likeliest token each time" : "", batch / each, each * 1e3);
        steps.forEach(s -> s.sequence().close());
    }
}
