/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.EncoderExecutor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.TensorType;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that do not do what they should: they cost themselves, and are told of in one sentence. */
class ChildProcessTest {

    private static final Device DEVICE = new Device("misbehaving:0", "misbehaving", "made up", 1);
    private static final LoadOptions OPTIONS = LoadOptions.of(32);
    private static final Isolation.Patience PATIENCE = new Isolation.Patience(Duration.ofSeconds(60),
            Duration.ofSeconds(30), Duration.ofSeconds(60));
    private static final Graph GRAPH = new Graph("onnx", "test", 8, 4, 32, List.of(new StateShape.KeyValues(1, 4)),
            List.of(new Graph.Variant("fp32", Path.of("nowhere.onnx"), List.of(), 1)));
    private static final Encoder ENCODER = new Encoder("onnx", "test", 8, 2, 32, List.of(), List.of(),
            GRAPH.variants(), Encoder.Pooling.MEAN, true);

    @TempDir
    Path folder;

    private Isolation isolation(String behaviour, Isolation.Patience patience) {
        return Isolation.of(List.of("-Dmillrace.test.behaviour=" + behaviour), List.of(Misbehaving.class),
                Misbehaving.class.getName(), patience, folder);
    }

    private IsolatedExecutor load(String behaviour, Isolation.Patience patience) {
        return (IsolatedExecutor) isolation(behaviour, patience).load(GRAPH, DEVICE, OPTIONS, Progress.NONE);
    }

    private static void feed(IsolatedExecutor executor) {
        Sequence sequence = executor.newSequence();
        Step step = new Step(sequence, 8).feed(new int[]{1, 2}, 0, 2, Step.Logits.LAST);
        executor.forward(List.of(step));
        assertFalse(step.failed());
        assertEquals(1, step.logits()[0]);
        assertEquals(2, sequence.length());
    }

    private static void assertGone(long pid) {
        ProcessHandle.of(pid).ifPresent(process -> {
            process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
            assertFalse(process.isAlive());
        });
    }

    private static String assertLost(IsolatedExecutor executor) {
        String message = String
                .valueOf(assertThrows(ExecutorLostException.class, () -> feed(executor)).getMessage());
        assertTrue(message.startsWith("The process in which the ONNX backend ran this model is gone: ")
                && message.endsWith(".") && !message.contains("\n"), message);
        // and from now on
        assertEquals(message, assertThrows(ExecutorLostException.class, executor::newSequence).getMessage());
        assertGone(executor.pid());
        executor.close();
        executor.close();
        assertThrows(IllegalStateException.class, executor::newSequence);
        return message;
    }

    private static List<Path> traces() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.filter(file -> file.getFileName().toString().startsWith("millrace-")
                    && Files.exists(file.resolve("socket"))).toList();
        }
    }

    @Test
    void whatItPrintsDoesNotDisturb() throws IOException {
        List<Path> before = traces();
        IsolatedExecutor executor = load("chatter", PATIENCE);
        feed(executor);
        feed(executor);
        executor.close();
        assertGone(executor.pid());
        assertEquals(before, traces());
    }

    @Test
    void oneThatEndsIsToldOfWithItsLastWords() {
        String message = assertLost(load("end", PATIENCE));
        assertTrue(message.contains("exit code 3") && message.contains("these are the last words"), message);
    }

    @Test
    void oneThatIsKilledIsToldOf() {
        IsolatedExecutor executor = load("", PATIENCE);
        feed(executor);
        ProcessHandle.of(executor.pid()).orElseThrow().destroyForcibly();
        assertTrue(assertLost(executor).contains("a kill from outside"));
    }

    private static void signal(String name, long pid) throws IOException {
        assumeTrue(Files.isDirectory(Path.of("/proc/self")), "signals as Linux knows them");
        try {
            assertEquals(0, new ProcessBuilder("kill", "-" + name, String.valueOf(pid)).start().waitFor());
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    @Test
    void aCrashOfNativeCodeLeavesAReport() throws IOException {
        IsolatedExecutor executor = load("crash", PATIENCE);
        String message = assertLost(executor);
        Path report = folder.resolve("onnx-crash-" + executor.pid() + ".log");
        assertTrue(message.contains(report.toString()) && message.contains("SIGSEGV"), message);
        assertTrue(Files.size(report) > 1000);
    }

    @Test
    void oneThatComputesForEverIsEnded() {
        String message = assertLost(load("hang", new Isolation.Patience(Duration.ofSeconds(60), Duration.ofSeconds(30),
                Duration.ofSeconds(2))));
        assertTrue(message.contains("has not answered for 2 seconds"), message);
    }

    @Test
    void oneThatGivesNoSignOfLifeIsEnded() throws IOException {
        IsolatedExecutor executor = load("", new Isolation.Patience(Duration.ofSeconds(60), Duration.ofSeconds(3),
                Duration.ofSeconds(60)));
        signal("STOP", executor.pid());
        String message = assertLost(executor);
        assertTrue(message.contains("no sign of life for 3 seconds"), message);
    }

    @Test
    void errorsOfTheOtherSideComeOutHere() {
        try (IsolatedExecutor executor = load("fill", PATIENCE)) {
            assertTrue(assertThrows(BackendException.class, () -> feed(executor)).getMessage().contains("memory"));
        }
        try (IsolatedExecutor executor = load("recurse", PATIENCE)) {
            assertTrue(assertThrows(BackendException.class, () -> feed(executor)).getMessage()
                    .contains("StackOverflowError"));
            // it lives
            assertThrows(UnsupportedOperationException.class, () -> executor.newSequence().export());
        }
    }

    @Test
    void interruptsDoNotCutTheConnection() {
        try (IsolatedExecutor executor = load("", PATIENCE)) {
            Thread.currentThread().interrupt();
            feed(executor);
            assertTrue(Thread.interrupted(), "it is still interrupted");
            feed(executor);
        }
    }

    @Test
    void anEncoderIsStartedAgain() {
        try (EncoderExecutor encoder = isolation("", PATIENCE).loadEncoder(ENCODER, DEVICE, OPTIONS, Progress.NONE)) {
            float first = encoder.encode(new int[]{5})[1];
            ProcessHandle.of(((IsolatedEncoder) encoder).pid()).orElseThrow().destroyForcibly();
            float[] again = encoder.encode(new int[]{6});
            assertEquals(6, again[0]);
            assertNotEquals(first, again[1]);
        }
        try (EncoderExecutor encoder = isolation("end", PATIENCE).loadEncoder(ENCODER, DEVICE, OPTIONS,
                Progress.NONE)) {
            assertThrows(ExecutorLostException.class, () -> encoder.encode(new int[]{5}));
        }
    }

    @Test
    void devicesAreThoseOfTheOtherSide() {
        assertEquals(List.of(new Device("misbehaving:0", "misbehaving", "made up", 1L << 30)),
                isolation("", PATIENCE).devices());
    }

    private static String assertRefused(Isolation isolation) {
        String message = String.valueOf(assertThrows(BackendException.class,
                () -> isolation.load(GRAPH, DEVICE, OPTIONS, Progress.NONE)).getMessage());
        assertTrue(message.startsWith("The ONNX backend cannot start a process of its own (") && message.endsWith(".")
                && !message.contains("\n"), message);
        return message;
    }

    @Test
    void oneThatCannotStartSaysWhy() throws IOException {
        List<Path> before = traces();
        Isolation sound = isolation("", PATIENCE);
        Path nowhere = folder.resolve("java");
        String message = assertRefused(new Isolation(nowhere, sound.flags(), sound.classes(), sound.backend(), PATIENCE,
                folder));
        assertTrue(message.contains(nowhere.toString()), message);
        message = assertRefused(new Isolation(sound.java(), List.of("-Xmx1"), sound.classes(), sound.backend(),
                PATIENCE, folder));
        assertTrue(message.contains("exit code 1") && message.contains("heap"), message);
        message = assertRefused(new Isolation(sound.java(), sound.flags(), sound.classes(), sound.backend(),
                new Isolation.Patience(Duration.ZERO, Duration.ofSeconds(1), Duration.ofSeconds(1)), folder));
        assertTrue(message.contains("has not come up"), message);
        assertEquals(before, traces());
    }

    @Test
    void aBackendThatIsNotThereIsNamed() {
        Isolation sound = isolation("", PATIENCE);
        Isolation other = new Isolation(sound.java(), sound.flags(), sound.classes(), "dev.millrace.NoSuchBackend",
                PATIENCE, folder);
        String message = String.valueOf(assertThrows(BackendException.class,
                () -> other.load(GRAPH, DEVICE, OPTIONS, Progress.NONE)).getMessage());
        assertTrue(message.contains("dev.millrace.NoSuchBackend"), message);
    }

    /** Starts a model, tells the id of its process, and waits for its own end. */
    static final class Parent {

        private Parent() {
        }

        public static void main(String[] arguments) throws IOException {
            ChildProcessTest test = new ChildProcessTest();
            test.folder = Path.of(arguments[0]);
            IsolatedExecutor executor = test.load("hang", PATIENCE);
            System.out.println(executor.pid());
            System.out.flush();
            feed(executor);
        }
    }

    @Test
    void itEndsWithItsParent() throws IOException {
        List<Path> before = traces();
        Process parent = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Parent.class.getName(), folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
        try (BufferedReader in = new BufferedReader(
                new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
            long pid = Long.parseLong(Objects.requireNonNull(in.readLine()));
            ProcessHandle child = ProcessHandle.of(pid).orElseThrow();
            assertTrue(child.isAlive());
            parent.destroyForcibly();
            child.onExit().orTimeout(20, TimeUnit.SECONDS).join();
            assertFalse(child.isAlive(), "it computes for nobody");
        }
        assertEquals(before, traces());
    }

    @Test
    void statesOfAnotherSizeAreRefusedHere() {
        Graph other = new Graph("onnx", "test", 8, 4, 32, List.of(new StateShape.KeyValues(2, 4)), GRAPH.variants());
        try (IsolatedExecutor executor = load("", PATIENCE);
                SequenceState state = SequenceState.allocate(other, new int[3], TensorType.F32)) {
            assertThrows(IllegalArgumentException.class, () -> executor.newSequence(state));
            feed(executor);
        }
    }
}
