/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.BackendException;
import dev.millrace.api.Progress;
import dev.millrace.machine.PartFile;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.ModelFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How fast models are on devices, as a short trial found it, kept in a folder: a small file for each model, device and way to load it.
 * Safe for use from any thread.
 */
final class Speeds {

    private static final System.Logger LOG = System.getLogger(Speeds.class.getName());
    /** Of the answer that a speed stands for, and of the rounds of a trial. */
    private static final int PROMPT = 64;
    private static final int ANSWER = 16;
    /** The first rounds are compiled, so the best counts. */
    private static final int ROUNDS = 3;
    private static final Duration LEAST = Duration.ofMillis(500);
    private static final int DIGITS = 24;

    private final Path folder;
    private final Map<String, Double> known = new ConcurrentHashMap<>();

    /**
     * Speeds in a folder.
     *
     * @param folder made when something is written
     */
    Speeds(Path folder) {
        this.folder = folder;
    }

    /**
     * What a trial has found.
     *
     * @return tokens per second of a prompt of 64 tokens and an answer of 16; 0 if it was never tried
     */
    double of(ModelFile file, Placement place) {
        return known.computeIfAbsent(key(file, place), this::read);
    }

    /**
     * Tries a model on a device: loads it, reads and generates for half a second at least, and closes it.
     *
     * @return as {@link #of}
     * @throws BackendException if it cannot be loaded there, or fails
     */
    double measure(ModelFile file, Placement place, Progress progress) {
        try (Executor executor = place.backend().load(place.program(), place.device(), place.options(), progress)) {
            double best = 0;
            long end = System.nanoTime() + LEAST.toNanos();
            for (int round = 0; round < ROUNDS || System.nanoTime() < end; round++) {
                best = Math.max(best, round(executor, place.program().vocabularySize(), round));
            }
            String key = key(file, place);
            known.put(key, best);
            write(key, best);
            return best;
        }
    }

    private static double round(Executor executor, int vocabulary, int number) {
        int[] tokens = new int[PROMPT + ANSWER];
        for (int i = 0; i < tokens.length; i++) {
            // from all over the vocabulary, since equal tokens would be sent to the same experts
            tokens[i] = (int) ((i * 7919L + number * 131L) % vocabulary);
        }
        long begin = System.nanoTime();
        try (Sequence sequence = executor.newSequence()) {
            Step step = new Step(sequence, vocabulary);
            int most = executor.limits().batchTokens();
            for (int from = 0; from < PROMPT; from += most) {
                step.feed(tokens, from, Math.min(PROMPT, from + most), Step.Logits.LAST);
                forward(executor, step);
            }
            for (int at = PROMPT; at < tokens.length; at++) {
                step.feed(tokens, at, at + 1, Step.Logits.LAST);
                forward(executor, step);
            }
        }
        return tokens.length * 1e9 / (System.nanoTime() - begin);
    }

    private static void forward(Executor executor, Step step) {
        executor.forward(List.of(step));
        if (step.failed()) {
            throw step.failure().orElseThrow();
        }
    }

    /** What a speed depends on: shapes and storage of the weights, the device, how it is loaded, and Java. */
    private static String key(ModelFile file, Placement place) {
        String all = String.join("\n", file.name(), place.program().architecture(),
                Long.toString(ModelFacts.of(file, 1).weightBytes()), ModelFacts.of(file, 1).quantisation(),
                place.device().id(), place.device().description(), place.options().precision().name(),
                place.options().keyValues().name(), Integer.toString(place.options().threads()),
                System.getProperty("java.vm.version"));
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(all.getBytes(StandardCharsets.UTF_8)))
                    .substring(0, DIGITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }

    private double read(String key) {
        Path path = folder.resolve(key);
        try {
            double speed = Double.parseDouble(Files.readString(path).strip());
            return speed > 0 && Double.isFinite(speed) ? speed : 0;
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException | NumberFormatException e) {
            LOG.log(System.Logger.Level.DEBUG, "A measured speed cannot be read.", e);
            return 0;
        }
    }

    private void write(String key, double speed) {
        try {
            Files.createDirectories(folder);
            try (PartFile part = PartFile.of(folder.resolve(key))) {
                part.write((speed + "\n").getBytes(StandardCharsets.UTF_8));
                part.keep();
            }
        } catch (IOException e) {
            LOG.log(System.Logger.Level.INFO, "A measured speed cannot be kept in {0}: the next start measures again.",
                    folder, e);
        }
    }
}
