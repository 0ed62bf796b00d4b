/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Progress;
import dev.millrace.backend.cpu.Blocks;
import dev.millrace.backend.cpu.CpuBackend;
import dev.millrace.backend.cpu.MemoryTensor;
import dev.millrace.backend.cpu.RandomModel;
import dev.millrace.backend.cpu.Run;
import dev.millrace.formats.tensor.FileTensor;
import dev.millrace.formats.tensor.WeightFile;
import dev.millrace.machine.Memory;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchService;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Packed copies where the disk is full, several write at once, or a load ends early. */
@Timeout(120)
class PackedFolderFailuresTest {

    private static final Blueprint MODEL = RandomModel.of(TensorType.Q4_0);
    private static final int[] TOKENS = Run.tokens(20, RandomModel.VOCABULARY);
    /** A little more than the space that stays free. */
    private static final int DISK_MEGABYTES = 260;

    @TempDir
    Path temporary;

    private final Logger logger = Logger.getLogger(PackedFolder.class.getName());
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final Handler listener = new Handler() {
        @Override
        public void publish(LogRecord line) {
            said.add(line.getLevel() + " " + line.getMessage());
        }

        @Override
        public void flush() {
        }

        @Override
        public void close() {
        }
    };

    @BeforeEach
    void listen() {
        logger.addHandler(listener);
    }

    @AfterEach
    void listenNoMore() {
        logger.removeHandler(listener);
    }

    private static CpuBackend backend(Path folder) {
        return new CpuBackend(new PackedFolder(folder, 0, 0), () -> new Memory(Long.MAX_VALUE, Long.MAX_VALUE));
    }

    /** Loads a model and says what it computes. */
    private static float[] logits(CpuBackend backend, Blueprint model, Progress progress) {
        try (Executor executor = backend.load(model, backend.devices().getFirst(),
                LoadOptions.of(64).withThreads(2), progress); Sequence sequence = executor.newSequence()) {
            return Run.feed(executor, sequence, RandomModel.VOCABULARY, TOKENS);
        }
    }

    private static float[] expected() {
        return logits(Run.BACKEND, MODEL, Progress.NONE);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    /** One copy, which the next load maps without reading the model. */
    private static void oneWholeCopyIsLeft(Path folder) throws IOException {
        List<Path> files = files(folder);
        assertEquals(1, files.size(), files.toString());
        assertTrue(files.getFirst().toString().endsWith(".packed"), files.toString());
        List<?> mappings = ((MemoryTensor) MODEL.embedding()).arenas;
        int before = mappings.size();
        assertArrayEquals(expected(), logits(backend(folder), MODEL, Progress.NONE));
        assertEquals(before + 1, mappings.size(), "what is expected reads the model, and nobody else");
    }

    /** Does something when half of the model is packed. */
    private static Progress half(Runnable action) {
        boolean[] done = {false};
        return (what, fraction) -> {
            if (fraction > 0.5 && !done[0]) {
                done[0] = true;
                action.run();
            }
        };
    }

    // ---- a full disk

    @Test
    void aDiskThatFillsUpCostsOnlyTime() throws IOException, InterruptedException {
        Path disk = Files.createDirectory(temporary.resolve("disk"));
        assumeTrue(System.getProperty("os.name").equals("Linux") && run("mount", "-t", "tmpfs", "-o",
                "size=" + DISK_MEGABYTES + "m", "millrace-test", disk.toString()) == 0, "no right to mount a disk");
        try {
            Path filler = disk.resolve("filler");
            assertArrayEquals(expected(), logits(backend(disk), MODEL, half(() -> fill(filler))));
            assertEquals(List.of(filler), files(disk));
            assertEquals(1, said.size(), said.toString());
            assertTrue(said.getFirst().startsWith("WARNING The packed weights cannot be kept"), said.toString());
            said.clear();
            assertArrayEquals(expected(), logits(backend(disk), MODEL, Progress.NONE));
            assertEquals(List.of(filler), files(disk));
            assertEquals(1, said.size(), said.toString());
            Files.delete(filler);
            assertArrayEquals(expected(), logits(backend(disk), MODEL, Progress.NONE));
            oneWholeCopyIsLeft(disk);
        } finally {
            assertEquals(0, run("umount", "-l", disk.toString()));
        }
    }

    private static int run(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start().waitFor();
        } catch (IOException e) {
            return 127; // there is no such program
        }
    }

    private static void fill(Path file) {
        byte[] block = new byte[1 << 12];
        try (OutputStream out = Files.newOutputStream(file)) {
            for (int i = 0; i <= DISK_MEGABYTES << 8; i++) {
                out.write(block);
            }
        } catch (IOException e) {
            assertTrue(String.valueOf(e.getMessage()).contains("No space left"), e::toString);
            return;
        }
        throw new AssertionError("the disk is not full");
    }

    // ---- several at once

    @Test
    void twoBackendsMayWriteTheSameCopyAtOnce() throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        Callable<float[]> load = () -> logits(backend(temporary), MODEL, half(() -> {
            try {
                both.await(60, TimeUnit.SECONDS);
                if (files(temporary).stream().filter(f -> f.toString().endsWith(".part")).count() != 2) {
                    throw new AssertionError("they do not write at the same time");
                }
                both.await(60, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }));
        try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
            List<Future<float[]>> loads = List.of(threads.submit(load), threads.submit(load));
            for (Future<float[]> one : loads) {
                assertArrayEquals(expected(), one.get());
            }
        }
        assertEquals(List.of(), said);
        oneWholeCopyIsLeft(temporary);
    }

    @Test
    void twoProcessesMayWriteTheSameCopyAtOnce() throws Exception {
        Path folder = Files.createDirectory(temporary.resolve("packed"));
        List<Process> processes = List.of(start(folder, "first"), start(folder, "second"));
        awaitFile(temporary.resolve("first"));
        awaitFile(temporary.resolve("second"));
        assertEquals(2, files(folder).stream().filter(f -> f.toString().endsWith(".part")).count());
        Files.createFile(temporary.resolve("go"));
        for (int i = 0; i < 2; i++) {
            assertEquals(0, processes.get(i).waitFor(), () -> output("first") + output("second"));
        }
        String right = Arrays.toString(expected());
        assertTrue(output("first").contains(right), () -> output("first"));
        assertTrue(output("second").contains(right), () -> output("second"));
        oneWholeCopyIsLeft(folder);
    }

    @Test
    void whatAKilledProcessWroteIsSwept() throws Exception {
        Path folder = Files.createDirectory(temporary.resolve("packed"));
        Process process = start(folder, "first");
        awaitFile(temporary.resolve("first"));
        process.destroyForcibly().waitFor();
        assertTrue(files(folder).getFirst().toString().endsWith(".part"), files(folder).toString());
        assertArrayEquals(expected(), logits(backend(folder), MODEL, Progress.NONE));
        oneWholeCopyIsLeft(folder);
    }

    private Process start(Path folder, String name) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        }
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
                System.getProperty("java.class.path"), Loader.class.getName(), folder.toString(), temporary.toString(),
                name));
        return new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(temporary.resolve(name + ".txt").toFile()).start();
    }

    private String output(String name) {
        try {
            return Files.readString(temporary.resolve(name + ".txt"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void awaitFile(Path file) throws IOException, InterruptedException {
        try (WatchService folder = file.getFileSystem().newWatchService()) {
            file.resolveSibling("").register(folder, StandardWatchEventKinds.ENTRY_CREATE);
            while (!Files.exists(file)) {
                folder.take().reset();
            }
        }
    }

    /** Loads the model, and waits in the middle until it may go on. */
    static final class Loader {

        private Loader() {
        }

        /** The folder of packed copies, the folder of signs, and the sign to give. */
        public static void main(String[] arguments) {
            Path signs = Path.of(arguments[1]);
            System.out.println(Arrays.toString(logits(backend(Path.of(arguments[0])), MODEL, half(() -> {
                try {
                    Files.createFile(signs.resolve(arguments[2]));
                    awaitFile(signs.resolve("go"));
                } catch (IOException | InterruptedException e) {
                    throw new AssertionError(e);
                }
            }))));
        }
    }

    // ---- loads that end early

    @Test
    void anInterruptedLoadLeavesNothing() throws IOException {
        float[] found = logits(backend(temporary), MODEL, half(() -> Thread.currentThread().interrupt()));
        assertTrue(Thread.interrupted());
        assertArrayEquals(expected(), found);
        assertEquals(List.of(), files(temporary));
        assertEquals(1, said.size(), said.toString());
    }

    @Test
    void anInterruptedLoadFromAFileSaysSoAndLeavesNothing() throws IOException {
        assertEnds("was interrupted.", file -> Thread.currentThread().interrupt());
        assertTrue(Thread.interrupted());
    }

    @Test
    void aModelThatIsClosedWhileItIsPackedLeavesNothing() throws IOException {
        assertEnds("is closed; open the model again.", file -> {
            try {
                file.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private interface End {
        void of(WeightFile file);
    }

    private void assertEnds(String how, End end) throws IOException {
        Path folder = Files.createDirectory(temporary.resolve("packed"));
        Path source = temporary.resolve("head");
        int columns = MODEL.hiddenSize();
        Files.write(source, Blocks.random(TensorType.Q4_0, RandomModel.VOCABULARY * columns, new Random(9)));
        try (WeightFile file = new WeightFile(source)) {
            Blueprint model = new Blueprint(MODEL.architecture(), MODEL.vocabularySize(), columns,
                    MODEL.contextLength(), MODEL.embedding(), MODEL.layers(), MODEL.outputNorm(),
                    new FileTensor("head", TensorType.Q4_0, RandomModel.VOCABULARY, columns, file, 0));
            BackendException failed = assertThrows(BackendException.class,
                    () -> logits(backend(folder), model, half(() -> end.of(file))));
            assertTrue(failed.getMessage().startsWith("The weights cannot be read: "), failed.getMessage());
            assertTrue(failed.getMessage().endsWith(how), failed.getMessage());
        }
        assertEquals(List.of(), files(folder));
    }
}
