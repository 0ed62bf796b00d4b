/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Device;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.api.Sampling;
import dev.millrace.backend.onnx.export.BlueprintExport.Options;
import dev.millrace.backend.onnx.runtime.OnnxLibrary;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.tck.Feeder;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models in processes of their own, through the backend and through the whole engine. */
class IsolatedTest {

    private static final int VOCABULARY = 2048;
    private static final float NEAR = 1e-4f;
    private static final ModelOptions EXACT = ModelOptions.defaults().withPrecision(Precision.EXACT).withContext(512)
            .withThreads(2);
    private static final String SETTING = "millrace.onnx.isolated";

    @TempDir
    Path folder;

    @BeforeEach
    void set() {
        System.setProperty("millrace.prefixes", "off");
        System.setProperty(SETTING, "true");
    }

    @AfterEach
    void restore() {
        System.clearProperty("millrace.prefixes");
        System.clearProperty(SETTING);
    }

    private static int[] tokens(int count, int seed) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = (i * 53 + seed) % VOCABULARY;
        }
        return tokens;
    }

    private static Executor load(OnnxBackend backend, Path path) {
        return backend.load(Nano.graph(path), backend.devices().getFirst(),
                LoadOptions.of(128).withThreads(2).withPrecision(Precision.EXACT), Progress.NONE);
    }

    @Test
    @SuppressWarnings("try") // closing is what is tested
    void itComputesTheSameBitForBit() throws IOException {
        Path path = Nano.export(folder, Options.standard(), "model.onnx");
        int[] prompt = tokens(40, 29);
        try (Executor here = load(new OnnxBackend(OnnxSettings.ofSystem()), path);
                Executor there = load(new OnnxBackend(TestSettings.of(Map.of("isolated", "true"))), path)) {
            assertEquals(here.limits().toString(), there.limits().toString());
            assertEquals(here.variant(), there.variant());
            Feeder inside = new Feeder(here, VOCABULARY);
            Feeder outside = new Feeder(there, VOCABULARY);
            Sequence a = here.newSequence();
            Sequence b = there.newSequence();
            float[][] expected = inside.feedAll(a, prompt);
            float[][] found = outside.feedAll(b, prompt);
            for (int i = 0; i < prompt.length; i++) {
                assertArrayEquals(expected[i], found[i]);
            }
            // states go from one to the other and back
            try (SequenceState state = b.export(); Sequence moved = here.newSequence(state)) {
                assertArrayEquals(inside.feed(a, 7), inside.feed(moved, 7));
                try (SequenceState again = moved.export(); Sequence back = there.newSequence(again)) {
                    assertArrayEquals(inside.feed(a, 8), outside.feed(back, 8));
                }
            }
            // the largest are chosen on this side, with mask and penalties
            Step step = new Step(b.fork(), VOCABULARY);
            step.best().count(3);
            there.forward(List.of(step.feed(new int[]{7}, 0, 1, Step.Logits.BEST)));
            Step plain = new Step(b, VOCABULARY);
            there.forward(List.of(plain.feed(new int[]{7}, 0, 1, Step.Logits.LAST)));
            assertEquals(Feeder.best(plain.logits()), step.best().id(0));
            // several at once, one of them with nothing wanted
            List<Step> steps = List.of(new Step(there.newSequence(), VOCABULARY).feed(prompt, 0, 5, Step.Logits.ALL),
                    new Step(b, VOCABULARY).feed(prompt, 0, 1, Step.Logits.NONE),
                    new Step(there.newSequence(), VOCABULARY).feed(prompt, 0, 1, Step.Logits.LAST));
            there.forward(steps);
            // pieces of other lengths are computed by other kernels
            assertArrayEquals(expected[4], Arrays.copyOfRange(steps.get(0).logits(), 4 * VOCABULARY, 5 * VOCABULARY),
                    NEAR);
            assertArrayEquals(expected[0], Arrays.copyOf(steps.get(2).logits(), VOCABULARY), NEAR);
            assertEquals(42, b.length());
            // cuts, forks and ends
            assertEquals(here.newSequence().truncate(0), there.newSequence().truncate(0));
            assertEquals(read(here, prompt).truncate(3), read(there, prompt).truncate(3));
            assertTrue(b.truncate(0));
            assertArrayEquals(expected[4], outside.feed(b, Arrays.copyOf(prompt, 5)), NEAR);
            Sequence fork = b.fork();
            b.close();
            assertThrows(IllegalStateException.class, b::fork);
            assertArrayEquals(expected[5], outside.feed(fork, prompt[5]), NEAR);
            assertThrows(IllegalArgumentException.class, () -> inside.feed(fork, 1));
            there.close();
            assertThrows(IllegalStateException.class, () -> outside.feed(fork, 1));
            fork.close();
        }
    }

    private static Sequence read(Executor executor, int[] prompt) {
        Sequence sequence = executor.newSequence();
        new Feeder(executor, VOCABULARY).feed(sequence, prompt);
        return sequence;
    }

    @Test
    void theListOfDevicesSaysSo() {
        OnnxBackend backend = new OnnxBackend(TestSettings.of(Map.of("isolated", "true")));
        assertTrue(backend.devices().getFirst().description().endsWith("in a process of its own"),
                backend.devices()::toString);
    }

    private Path both() throws IOException {
        Path both = Nano.export(folder.resolve("nano"), Options.standard(), "model.onnx");
        Files.copy(Nano.FOLDER.resolve("model.safetensors"), both.resolve("model.safetensors"));
        return both;
    }

    private static Conversation talk(Model model) {
        return model.conversation().system("You run inside a gateway.").sampling(Sampling.greedy()).maxTokens(40)
                .start();
    }

    private static List<ProcessHandle> children() {
        return ProcessHandle.current().children()
                .filter(child -> child.info().arguments()
                        .map(all -> List.of(all).contains("dev.millrace.backend.onnx.isolated.ChildMain"))
                        .orElse(false))
                .toList();
    }

    private static List<String> questions() {
        return List.of("Turn on the kitchen lamp.", "Is the cellar damp?", "Bye");
    }

    /** What is shown of several answers that run at once, while the process is killed after some events. */
    private static List<String> shown(Model model, int... kills) {
        List<Generation> all = questions().stream().map(question -> talk(model).send(question)).toList();
        List<String> shown = new ArrayList<>();
        int events = 0;
        for (Generation one : all) {
            StringBuilder thinking = new StringBuilder();
            StringBuilder text = new StringBuilder();
            for (Event event : one) {
                switch (event) {
                    case Event.Thinking piece -> thinking.append(piece.text());
                    case Event.Text piece -> text.append(piece.text());
                    default -> {
                        // calls and ends stand in the answer
                    }
                }
                int now = ++events;
                if (Arrays.stream(kills).anyMatch(at -> at == now)) {
                    assertEquals(1, children().size());
                    children().forEach(ProcessHandle::destroyForcibly);
                }
            }
            Answer answer = one.answer();
            assertEquals(answer.thinking(), thinking.toString());
            assertEquals(answer.text(), text.toString());
            shown.add(answer.thinking() + "|" + answer.text() + "|" + answer.toolCalls().stream()
                    .map(call -> call.name() + call.arguments()).toList() + answer.reason());
        }
        assertTrue(events > kills.length, "answers of some length");
        return shown;
    }

    @Test
    void answersGoOnOnAnotherBackend() throws IOException {
        Path both = both();
        try (Millrace millrace = Millrace.start()) {
            List<String> expected;
            try (Model model = millrace.open(both.toString(), EXACT.withBackend("cpu"))) {
                expected = shown(model);
            }
            try (Model model = millrace.open(both.toString(), EXACT.withBackend("onnx"))) {
                assertEquals("onnx:cpu", model.device().id());
                assertEquals(expected, shown(model, 3));
                assertTrue(model.device().id().startsWith("cpu:"), model.device()::id);
                assertEquals(List.of(), children());
                model.moveTo("onnx");
                assertEquals(expected, shown(model));
                assertEquals(1, children().size());
            }
            assertEquals(List.of(), children());
        }
    }

    @Test
    void whereThereIsNoOtherBackendAnotherProcessIsStarted() throws IOException {
        Path path = Nano.export(folder, Options.standard(), "model.onnx");
        try (Millrace millrace = Millrace.start();
                Model model = millrace.open(path.toString(), EXACT)) {
            List<String> expected = shown(model);
            assertEquals(expected, shown(model, 2, 9));
            assertEquals("onnx:cpu", model.device().id());
        }
        assertEquals(List.of(), children());
    }

    @Test
    void aProcessThatEndsWhileNothingIsAskedIsReplaced() throws IOException {
        Path path = Nano.export(folder, Options.standard(), "model.onnx");
        try (Millrace millrace = Millrace.start();
                Model model = millrace.open(path.toString(), EXACT);
                Conversation conversation = talk(model);
                Conversation still = talk(model)) {
            String expected = still.send("Turn on the kitchen lamp.").answer().text();
            expected += still.send("Bye").answer().text();
            String found = conversation.send("Turn on the kitchen lamp.").answer().text();
            ProcessHandle child = children().getFirst();
            child.destroyForcibly();
            child.onExit().join();
            // what needs the lost state does without
            conversation.fork().close();
            found += conversation.send("Bye").answer().text();
            assertEquals(expected, found);
            children().getFirst().destroyForcibly();
            Path saved = folder.resolve("saved");
            conversation.save(saved);
            try (Conversation again = model.conversation().sampling(Sampling.greedy()).maxTokens(40).restore(saved)
                    .start()) {
                assertEquals(conversation.messages(), again.messages());
                again.send("Thanks").answer();
            }
        }
    }

    @Test
    void aRuntimeOfOnesOwnThatCannotBeLoadedIsToldOf() {
        System.setProperty(OnnxLibrary.OWN_FOLDER, folder.toString());
        try {
            OnnxBackend backend = new OnnxBackend(TestSettings.of(Map.of("isolated", "true")));
            // the list is short, and this process has loaded nothing
            assertEquals(List.of(), backend.devices());
            String message = String.valueOf(assertThrows(BackendException.class,
                    () -> backend.load(Nano.graph(Nano.export(folder, Options.standard(), "model.onnx")),
                            new Device("onnx:cpu", "onnx", "", 1L << 40), LoadOptions.of(64), Progress.NONE))
                    .getMessage());
            assertTrue(message.contains(OnnxLibrary.OWN_FOLDER), message);
        } finally {
            System.clearProperty(OnnxLibrary.OWN_FOLDER);
        }
    }

    @Test
    void aRuntimeOfOnesOwnIsLoadedThereAlone() throws IOException {
        String arch = System.getProperty("os.arch", "").equals("aarch64") ? "aarch64" : "x64";
        for (String name : List.of("libonnxruntime.so", "libonnxruntime4j_jni.so")) {
            try (InputStream in = OnnxLibrary.class.getResourceAsStream("/native/linux-" + arch + "/" + name)) {
                assumeTrue(in != null, "libraries for Linux");
                Files.copy(in, folder.resolve(name));
            }
        }
        Path path = Nano.export(folder.resolve("nano"), Options.standard(), "model.onnx");
        System.setProperty(OnnxLibrary.OWN_FOLDER, folder.toString());
        try {
            OnnxBackend backend = new OnnxBackend(TestSettings.of(Map.of("isolated", "true")));
            assertEquals(List.of("onnx:cpu"), backend.devices().stream().map(Device::id).toList());
            assertTrue(backend.devices().getFirst().description().endsWith("in a process of its own"));
            try (Executor executor = load(backend, path)) {
                assertEquals(VOCABULARY,
                        new Feeder(executor, VOCABULARY).feed(executor.newSequence(), 1, 2, 3).length);
            }
        } finally {
            System.clearProperty(OnnxLibrary.OWN_FOLDER);
        }
        if (Files.isReadable(Path.of("/proc/self/maps"))) {
            String own = folder.toRealPath().toString();
            assertEquals(List.of(), Files.readAllLines(Path.of("/proc/self/maps")).stream()
                    .filter(line -> line.contains(own)).toList());
        }
    }
}
