/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
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
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Packed copies: made once, used later, never trusted blindly, and never in the way. */
class PackedFolderTest {

    private static final Blueprint MODEL = RandomModel.of(TensorType.Q4_0);
    private static final Blueprint OTHER = RandomModel.of(TensorType.Q8_0);
    private static final int[] TOKENS = Run.tokens(20, RandomModel.VOCABULARY);

    @TempDir
    Path temporary;

    static Stream<Device> devices() {
        return Run.devices();
    }

    private static CpuBackend backend(Path folder, long limit) {
        return new CpuBackend(new PackedFolder(folder, limit, 0),
                () -> new Memory(Long.MAX_VALUE, Long.MAX_VALUE));
    }

    /** Loads a model and says what it computes. */
    private static float[] logits(CpuBackend backend, Blueprint model, Device device, Progress progress) {
        try (Executor executor = backend.load(model, device, LoadOptions.of(64).withThreads(2), progress);
                Sequence sequence = executor.newSequence()) {
            return Run.feed(executor, sequence, RandomModel.VOCABULARY, TOKENS);
        }
    }

    private static float[] logits(CpuBackend backend, Blueprint model) {
        return logits(backend, model, backend.devices().getFirst(), Progress.NONE);
    }

    private static float[] expected(Blueprint model) {
        return logits(Run.BACKEND, model);
    }

    private static int mappings(Blueprint model) {
        return ((MemoryTensor) model.embedding()).arenas.size();
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(temporary)) {
            return files.sorted().toList();
        }
    }

    private Path file() throws IOException {
        List<Path> files = files();
        assertEquals(1, files.size(), files.toString());
        assertTrue(files.getFirst().toString().endsWith(".packed"), files.toString());
        return files.getFirst();
    }

    @ParameterizedTest
    @MethodSource("devices")
    void laterLoadsDoNotReadTheModel(Device device) throws IOException {
        CpuBackend backend = backend(temporary, 0);
        float[] expected = logits(Run.BACKEND, MODEL, device, Progress.NONE);
        assertArrayEquals(expected, logits(backend, MODEL, device, Progress.NONE));
        Path file = file();
        Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
        int before = mappings(MODEL);
        assertArrayEquals(expected, logits(backend, MODEL, device, Progress.NONE));
        assertEquals(before, mappings(MODEL));
        assertEquals(file, file());
        assertNotEquals(FileTime.from(Instant.EPOCH), Files.getLastModifiedTime(file), "use is noted");
    }

    @Test
    void everyKindOfWeightsIsKept() {
        CpuBackend backend = backend(temporary, 0);
        for (TensorType type : List.of(TensorType.F32, TensorType.BF16, TensorType.Q6_K, TensorType.Q4_K)) {
            Blueprint model = RandomModel.of(type);
            float[] expected = expected(model);
            assertArrayEquals(expected, logits(backend, model), type.name());
            assertArrayEquals(expected, logits(backend, model), type.name());
        }
    }

    @Test
    void otherWeightsOfTheSameShapeAreAnotherModel() throws IOException {
        CpuBackend backend = backend(temporary, 0);
        Blueprint changed = with(MODEL, MemoryTensor.random("head", TensorType.Q4_0, RandomModel.VOCABULARY,
                MODEL.hiddenSize(), new Random(8)));
        assertArrayEquals(expected(MODEL), logits(backend, MODEL));
        assertArrayEquals(expected(changed), logits(backend, changed));
        assertEquals(2, files().size());
    }

    @Test
    void otherFilesAreAnotherModelEvenWhereTheRowsThatAreLookedAtAreTheSame() throws IOException {
        CpuBackend backend = backend(temporary, 0);
        for (String identity : List.of("a", "a", "b")) {
            try (Executor executor = backend.load(MODEL, backend.devices().getFirst(),
                    LoadOptions.of(64).withThreads(2).withIdentity(identity), Progress.NONE)) {
                assertEquals("", executor.variant());
            }
        }
        assertEquals(2, files().size());
    }

    @Test
    void smallModelsAreNotKept() throws IOException {
        PackedFolder folder = new PackedFolder(temporary, 0, PackedFolder.LEAST);
        assertFalse(folder.keeps(PackedFolder.LEAST - 1));
        assertTrue(folder.keeps(PackedFolder.LEAST));
        logits(new CpuBackend(folder, Memory::now), MODEL);
        assertEquals(List.of(), files());
    }

    @Test
    void aDamagedCopyIsMadeAnew() throws IOException {
        CpuBackend backend = backend(temporary, 0);
        float[] expected = expected(MODEL);
        logits(backend, MODEL);
        long bytes = Files.size(file());
        byte[] header = Files.readAllBytes(file());
        for (int at : new int[]{0, 9, 13, 20, 50, 57, 70, 300}) {
            try (RandomAccessFile damaged = writable(file())) {
                damaged.seek(at);
                damaged.write(header[at] ^ 1);
            }
            remade(backend, expected, bytes);
        }
        for (long length : new long[]{0, 7, 4096, bytes - 1, bytes + 1}) {
            try (RandomAccessFile damaged = writable(file())) {
                damaged.setLength(length);
            }
            remade(backend, expected, bytes);
        }
    }

    /** A copy, which nobody may write to unless the file is changed first. */
    private static RandomAccessFile writable(Path file) throws IOException {
        if (Files.getFileStore(file).supportsFileAttributeView("posix")) {
            assertEquals("r--------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
            assertTrue(file.toFile().setWritable(true));
        }
        return new RandomAccessFile(file.toFile(), "rw");
    }

    private void remade(CpuBackend backend, float[] expected, long bytes) throws IOException {
        int before = mappings(MODEL);
        assertArrayEquals(expected, logits(backend, MODEL));
        assertEquals(before + 1, mappings(MODEL), "the model is read again");
        assertEquals(bytes, Files.size(file()));
        logits(backend, MODEL);
        assertEquals(before + 1, mappings(MODEL), "and not once more");
    }

    @Test
    void aFolderThatCannotBeUsedCostsOnlyTime() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));
        assertArrayEquals(expected(MODEL), logits(backend(file, 0), MODEL));
        assertArrayEquals(expected(MODEL), logits(backend(file.resolve("below"), 0), MODEL));
        assertEquals(List.of(file), files());
    }

    @Test
    void aFolderThatVanishesCostsOnlyTime() throws IOException {
        Path folder = temporary.resolve("folder");
        boolean[] done = {false};
        Progress vanishing = (what, fraction) -> {
            if (fraction > 0.5 && !done[0]) {
                done[0] = true;
                try (Stream<Path> files = Files.list(folder)) {
                    for (Path path : files.toList()) {
                        Files.delete(path);
                    }
                    Files.delete(folder);
                } catch (IOException e) {
                    fail(e);
                }
            }
        };
        CpuBackend backend = backend(folder, 0);
        assertArrayEquals(expected(MODEL), logits(backend, MODEL, backend.devices().getFirst(), vanishing));
        assertTrue(done[0]);
        assertEquals(List.of(), files());
    }

    @Test
    void whatWasNotUsedForLongestGivesWay() throws IOException {
        logits(backend(temporary, 0), MODEL);
        Path first = file();
        logits(backend(temporary, 0), OTHER);
        Path second = files().stream().filter(f -> !f.equals(first)).findFirst().orElseThrow();
        Files.setLastModifiedTime(first, FileTime.from(Instant.EPOCH.plusSeconds(2)));
        Files.setLastModifiedTime(second, FileTime.from(Instant.EPOCH.plusSeconds(1)));
        Blueprint third = RandomModel.of(TensorType.Q5_0);
        long limit = Files.size(first) + Files.size(second) + 1;
        logits(backend(temporary, limit), third);
        assertTrue(Files.exists(first));
        assertFalse(Files.exists(second));
        assertEquals(2, files().size());
        assertArrayEquals(expected(OTHER), logits(backend(temporary, 1000), OTHER));
        assertEquals(2, files().size(), "nothing gives way to what is over the limit itself");
    }

    @Test
    void whatAKilledProcessLeftIsSwept() throws IOException {
        Path left = Files.createFile(temporary.resolve("left.part"));
        Path written = Files.createFile(temporary.resolve("written.part"));
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
            channel.lock();
            logits(backend(temporary, 0), MODEL);
            assertFalse(Files.exists(left));
            assertTrue(Files.exists(written));
        }
    }

    @Test
    void aCancelledLoadLeavesNothing() throws IOException {
        CpuBackend backend = backend(temporary, 0);
        List<String> during = new ArrayList<>();
        assertThrows(CancellationException.class,
                () -> logits(backend, MODEL, backend.devices().getFirst(), (what, fraction) -> {
                    if (fraction > 0.5) {
                        try {
                            files().forEach(f -> during.add(f.toString()));
                        } catch (IOException e) {
                            fail(e);
                        }
                        throw new CancellationException();
                    }
                }));
        assertTrue(during.getFirst().endsWith(".part"), during.toString());
        assertEquals(List.of(), files());
    }

    @Test
    void aModelFileThatIsCutOffLeavesNothing() throws IOException {
        Path folder = temporary.resolve("folder");
        Path source = temporary.resolve("head");
        int columns = MODEL.hiddenSize();
        long bytes = TensorType.Q4_0.bytes((long) RandomModel.VOCABULARY * columns);
        Files.write(source, Blocks.random(TensorType.Q4_0, RandomModel.VOCABULARY * columns, new Random(9)));
        CpuBackend backend = backend(folder, 0);
        try (WeightFile file = new WeightFile(source)) {
            Blueprint model = with(MODEL,
                    new FileTensor("head", TensorType.Q4_0, RandomModel.VOCABULARY, columns, file, 0));
            BackendException failed = assertThrows(BackendException.class,
                    () -> logits(backend, model, backend.devices().getFirst(), (what, fraction) -> {
                        if (fraction > 0.1) {
                            try (RandomAccessFile cut = new RandomAccessFile(source.toFile(), "rw")) {
                                cut.setLength(bytes / 2);
                            } catch (IOException e) {
                                fail(e);
                            }
                        }
                    }));
            assertTrue(failed.getMessage().contains("has become shorter"), failed.getMessage());
            assertThrows(BackendException.class, () -> logits(backend, model));
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(), files.toList());
        }
    }

    /** In a virtual machine of its own, which must survive. */
    @ParameterizedTest
    @MethodSource("devices")
    void aCopyThatIsCutOffWhileMappedIsAnError(Device device) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
        }
        command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp",
                System.getProperty("java.class.path"), CutOff.class.getName(), temporary.toString(), device.id()));
        Path output = temporary.resolve("output.txt");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile()).start();
        int exit = process.waitFor();
        String said = Files.readString(output);
        assertEquals(0, exit, said);
        assertTrue(said.contains("cold: Reading the weights failed: the model file, or the packed copy"), said);
        assertTrue(said.contains("warm: Reading the weights failed: the model file, or the packed copy"), said);
        assertTrue(said.contains("anew: the same"), said);
    }

    /** Cuts packed copies off while they are in use. */
    static final class CutOff {

        private CutOff() {
        }

        /** Folder and device. */
        public static void main(String[] arguments) throws IOException {
            Path folder = Path.of(arguments[0], "packed");
            CpuBackend backend = backend(folder, 0);
            Device device = backend.devices().stream().filter(d -> d.id().equals(arguments[1])).findFirst()
                    .orElseThrow();
            float[] before = logits(backend, MODEL, device, Progress.NONE);
            cut(backend, device, folder, "cold", 0);
            cut(backend, device, folder, "warm", 150);
            float[] after = logits(backend, MODEL, device, Progress.NONE);
            System.out.println("anew: " + (Arrays.equals(before, after) ? "the same" : "not"));
        }

        private static void cut(CpuBackend backend, Device device, Path folder, String name, int rounds)
                throws IOException {
            try (Executor executor = backend.load(MODEL, device, LoadOptions.of(64).withThreads(2),
                    Progress.NONE)) {
                for (int i = 0; i < rounds; i++) {
                    feed(executor);
                }
                try (Stream<Path> files = Files.list(folder)) {
                    for (Path file : files.toList()) {
                        try (RandomAccessFile cut = writable(file)) {
                            cut.setLength(4096);
                        }
                    }
                }
                feed(executor);
                System.out.println(name + ": no error");
            } catch (BackendException e) {
                System.out.println(name + ": " + e.getMessage());
            }
        }

        private static void feed(Executor executor) {
            try (Sequence sequence = executor.newSequence()) {
                Run.feed(executor, sequence, RandomModel.VOCABULARY, TOKENS);
                Run.feed(executor, sequence, RandomModel.VOCABULARY, 1);
            }
        }
    }

    private static Blueprint with(Blueprint model, Tensor head) {
        return new Blueprint(model.architecture(), model.vocabularySize(), model.hiddenSize(), model.contextLength(),
                model.embedding(), model.layers(), model.outputNorm(), head);
    }
}
