/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.Sampling;
import dev.millrace.backend.onnx.export.BlueprintExport.Options;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model moves to and fro between tensors on the CPU backend and a graph here, while eight conversations are answered. */
@Timeout(600)
class SwapsTest {

    /** How many moves there are; more by the system property. */
    private static final int SWAPS = Integer.getInteger("millrace.swaps", 20);
    private static final int STREAMS = 8;
    /** What the model has but one answer to, so that no near tie can turn it. */
    private static final List<String> QUESTIONS = List.of("Hello!", "Who are you?", "What can you do?", "Thanks!",
            "Bye",
            "Write me a poem.");
    private static final ModelOptions EXACT = ModelOptions.defaults().withPrecision(Precision.EXACT).withContext(512)
            .withThreads(2);

    @TempDir
    Path folder;

    @BeforeEach
    void keepNothing() {
        System.setProperty("millrace.prefixes", "off");
    }

    @AfterEach
    void restore() {
        System.clearProperty("millrace.prefixes");
    }

    private static String ask(Model model, String question) {
        try (Conversation conversation = model.conversation().sampling(Sampling.greedy()).start()) {
            return conversation.send(question).answer().text();
        }
    }

    @Test
    void answersAreTheSameWhileTheModelMovesBetweenTensorsAndGraph() throws Exception {
        Path both = both();
        try (Millrace millrace = Millrace.start();
                Model model = millrace.open(both.toString(), EXACT.withBackend("cpu"));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Map<String, String> right = new TreeMap<>();
            QUESTIONS.forEach(question -> right.put(question, ask(model, question)));
            AtomicBoolean done = new AtomicBoolean();
            AtomicInteger answers = new AtomicInteger();
            List<Future<List<String>>> streams = new ArrayList<>();
            for (int i = 0; i < STREAMS; i++) {
                int first = i;
                streams.add(threads.submit(() -> stream(model, right, first, done, answers)));
            }
            try {
                for (int i = 0; i < SWAPS; i++) {
                    model.moveTo(i % 2 == 0 ? "onnx:cpu" : "cpu");
                }
            } finally {
                done.set(true);
            }
            List<String> wrong = new ArrayList<>();
            for (Future<List<String>> stream : streams) {
                wrong.addAll(stream.get());
            }
            assertEquals(List.of(), wrong);
            assertTrue(answers.get() >= STREAMS, "each stream had an answer at least");
        }
    }

    private static List<String> stream(Model model, Map<String, String> right, int first, AtomicBoolean done,
            AtomicInteger answers) {
        List<String> wrong = new ArrayList<>();
        int i = first;
        do {
            String question = QUESTIONS.get(i++ % QUESTIONS.size());
            String answer = ask(model, question);
            if (answer.equals(right.get(question))) {
                answers.incrementAndGet();
            } else {
                wrong.add(question + " " + answer);
            }
        } while (!done.get());
        return wrong;
    }

    private Path both() throws IOException {
        Path both = Nano.export(folder.resolve("nano"), Options.standard(), "model.onnx");
        Files.copy(Nano.FOLDER.resolve("model.safetensors"), both.resolve("model.safetensors"));
        return both;
    }
}
