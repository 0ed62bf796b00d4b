/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What every model format promises. A format's tests extend this class, name the format and write a sound model of it, as small as
 * can be: it is damaged and opened some thousand times.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class ModelFormatContract {

    private static final int CUTS = 120;
    private static final int LEAKS = 40;
    private static final long[] LIES = {0, 1, -1, 31, 33, 255, 256, 65_536, Integer.MAX_VALUE, Integer.MIN_VALUE,
            0x1_0000_0000L, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE / 2, 1L << 40, 9, 8, 39, 17};

    @TempDir
    private @Nullable Path folder;

    /** For classes that extend this one. */
    protected ModelFormatContract() {
    }

    /**
     * The format under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract ModelFormat format();

    /**
     * Writes a sound model.
     *
     * @param empty a folder of its own
     * @return the file or folder in it that the format opens
     * @throws IOException if it cannot be written
     */
    protected abstract Path write(Path empty) throws IOException;

    /**
     * How many damaged models are opened for each file of the sound one.
     *
     * @return 400 by default
     */
    protected int rounds() {
        return 400;
    }

    /**
     * How many bytes at the end of a file may be cut off without harm: padding.
     *
     * @return 64 by default
     */
    protected int padding() {
        return 64;
    }

    private Path place(String name) throws IOException {
        return Files.createDirectories(assertNotNullPath().resolve(name));
    }

    private Path assertNotNullPath() {
        Path path = folder;
        assertNotNull(path);
        return path;
    }

    private Path sound() throws IOException {
        return write(place("sound"));
    }

    private static List<Path> files(Path model) throws IOException {
        try (Stream<Path> all = Files.walk(model)) {
            return all.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static Path largest(Path model) throws IOException {
        return files(model).stream().max(Comparator.comparingLong((Path file) -> file.toFile().length())).orElseThrow();
    }

    // ---- what it says

    @Test
    void itsModelsAreRecognisedAndOthersAreNot() throws IOException {
        Path model = sound();
        assertTrue(format().recognises(model), "recognises() is false for the sound model, so nobody opens it.");
        assertFalse(format().id().isBlank(), "id is a short name");
        Path others = place("others");
        List<Path> foreign = new ArrayList<>(List.of(Files.createDirectory(others.resolve("empty-folder")),
                Files.createFile(others.resolve("empty-file")), Files.writeString(others.resolve("a.txt"), "Hello."),
                Files.write(others.resolve("zeros"), new byte[4096])));
        Path texts = Files.createDirectory(others.resolve("texts"));
        Files.writeString(texts.resolve("README.md"), "Nothing here.");
        foreign.add(texts);
        for (Path path : foreign) {
            assertFalse(format().recognises(path), () -> "recognises() is true for " + path.getFileName()
                    + ", which has nothing of this format.");
        }
    }

    @Test
    void aSoundModelSaysWhatItIs() throws IOException {
        Path model = sound();
        try (ModelFile file = format().open(model)) {
            assertFalse(file.name().isBlank(), "name() is the file's own if the model gives none");
            assertEquals(model.toAbsolutePath().normalize(), file.path().toAbsolutePath().normalize());
            assertPlain(file.metadata(), "metadata()");
            Program program = file.program();
            assertTrue(program.vocabularySize() > 0 && program.contextLength() > 0 && program.hiddenSize() > 0);
            if (program instanceof Blueprint blueprint) {
                BlueprintCheck.check(blueprint);
            } else {
                assertThrows(ModelFormatException.class, file::blueprint);
            }
            assertTrue(file.endTokens().stream().allMatch(id -> id >= 0 && id < program.vocabularySize()),
                    () -> "endTokens() has ids outside the vocabulary: " + file.endTokens());
            assertNotNull(file.sampling());
            file.vocabulary();
            file.chatTemplate();
            file.notes().forEach(note -> assertFalse(note.isBlank()));
            file.unusedTensors().forEach(tensor -> assertFalse(tensor.isBlank()));
        }
    }

    private static void assertPlain(@Nullable Object value, String what) {
        PlainValues.problem(value).ifPresent(problem -> {
            throw new AssertionError(
                    what + " holds " + problem + ": values are text, Long, Double, Boolean, lists and maps.");
        });
    }

    // ---- tensors

    private Blueprint blueprint(ModelFile file) {
        assumeTrue(file.program() instanceof Blueprint, "the program is a graph, whose tensors its own runtime reads");
        return (Blueprint) file.program();
    }

    @Test
    void tensorsAreMappedAsTheyAreStated() throws IOException {
        try (ModelFile file = format().open(sound()); Arena arena = Arena.ofConfined()) {
            for (Tensor tensor : blueprint(file).tensors()) {
                MemorySegment bytes = tensor.map(arena);
                assertEquals(tensor.byteSize(), bytes.byteSize(),
                        () -> "map of " + tensor.name() + " gives as many bytes");
                assertTrue(bytes.isReadOnly(), () -> "map of " + tensor.name() + " is read-only");
                float[] all = read(tensor, 0, Math.toIntExact(tensor.rows()));
                for (float value : all) {
                    assertTrue(Float.isFinite(value), () -> tensor.name() + " holds " + value);
                }
                if (tensor.type() == TensorType.F32) {
                    for (int i = 0; i < all.length; i++) {
                        assertEquals(all[i], bytes.get(ValueLayout.JAVA_FLOAT_UNALIGNED
                                .withOrder(ByteOrder.LITTLE_ENDIAN), 4L * i), () -> "map and read of " + tensor.name());
                    }
                }
            }
        }
    }

    private static float[] read(Tensor tensor, long first, int count) throws IOException {
        int columns = Math.toIntExact(tensor.columns());
        float[] values = new float[count * columns + 2];
        Arrays.fill(values, Float.NaN);
        tensor.read(first, count, values, 1);
        assertTrue(Float.isNaN(values[0]) && Float.isNaN(values[values.length - 1]),
                () -> "read of " + tensor.name() + " writes beside the place that it was given");
        return Arrays.copyOfRange(values, 1, values.length - 1);
    }

    @Test
    void rowsAreReadAndCutWhereTheyAreAskedFor() throws IOException {
        try (ModelFile file = format().open(sound())) {
            for (Tensor tensor : blueprint(file).tensors()) {
                int rows = Math.toIntExact(tensor.rows());
                int columns = Math.toIntExact(tensor.columns());
                float[] all = read(tensor, 0, rows);
                int first = rows / 2;
                assertArrayEquals(Arrays.copyOfRange(all, first * columns, rows * columns),
                        read(tensor, first, rows - first));
                Tensor slice = tensor.slice(first, rows - first);
                assertEquals(rows - first, slice.rows());
                assertArrayEquals(Arrays.copyOfRange(all, first * columns, rows * columns),
                        read(slice, 0, rows - first), () -> "slice of " + tensor.name());
                assertThrows(IndexOutOfBoundsException.class, () -> read(tensor, 0, rows + 1),
                        () -> "read beyond " + tensor.name());
                assertThrows(IndexOutOfBoundsException.class, () -> read(tensor, -1, 1));
                assertThrows(IndexOutOfBoundsException.class, () -> read(slice, 0, rows - first + 1),
                        () -> "read beyond a slice of " + tensor.name());
                assertThrows(IndexOutOfBoundsException.class, () -> tensor.slice(1, rows));
                assertThrows(IndexOutOfBoundsException.class, () -> tensor.read(0, 1, new float[columns], 1),
                        () -> "read of " + tensor.name() + " into an array that is too short");
            }
        }
    }

    @Test
    void mappingsOutliveTheFileUntilTheirArenaCloses() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            ModelFile file = format().open(sound());
            Tensor tensor = blueprint(file).tensors().getFirst();
            MemorySegment bytes = tensor.map(arena);
            byte before = bytes.get(ValueLayout.JAVA_BYTE, 0);
            file.close();
            file.close();
            assertEquals(before, bytes.get(ValueLayout.JAVA_BYTE, 0), "Mappings stay until their arenas close");
        }
    }

    @Test
    void filesAreOpenedByManyThreadsAtOnce() throws Exception {
        Path model = sound();
        ModelFormat shared = format();
        List<Thread> threads = new ArrayList<>();
        List<Throwable> problems = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            threads.add(Thread.ofPlatform().start(() -> {
                try (ModelFile file = shared.open(model)) {
                    assertTrue(file.program().vocabularySize() > 0);
                } catch (RuntimeException | AssertionError e) {
                    synchronized (problems) {
                        problems.add(e);
                    }
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(List.of(), problems, "A format is stateless and safe for use from any thread");
    }

    // ---- damage

    @Test
    void filesThatAreCutAreRefusedOrRead() throws IOException {
        Path model = sound();
        Path largest = largest(model);
        for (Path file : files(model)) {
            byte[] whole = Files.readAllBytes(file);
            for (int i = 0; i < CUTS; i++) {
                int length = (int) ((long) whole.length * i / CUTS);
                boolean refused = openDamaged(model, file, Arrays.copyOf(whole, length), "cut to " + length + " of "
                        + whole.length + " bytes");
                assertTrue(refused || !file.equals(largest) || length > whole.length - padding(),
                        () -> file.getFileName() + " is opened although it is cut to " + length + " of " + whole.length
                                + " bytes: compare where tensors end with the size of the file.");
            }
            rewrite(file, whole);
        }
    }

    @Test
    void damagedFilesAreRefusedOrRead() throws IOException {
        Path model = sound();
        Random random = new Random(42);
        for (Path file : files(model)) {
            byte[] whole = Files.readAllBytes(file);
            // what a file says of itself stands at its beginning
            int header = Math.min(whole.length, 1 << 16);
            int weightless = Math.min(whole.length, 1 << 12);
            for (int round = 0; round < rounds() && whole.length > 16; round++) {
                int at = random.nextInt(round % 2 == 0 ? header : weightless);
                openDamaged(model, file, damaged(whole, Math.min(at, whole.length - 8), random),
                        "damaged near byte " + at);
            }
            rewrite(file, whole);
        }
        try (ModelFile again = format().open(model)) {
            assertTrue(again.program().vocabularySize() > 0);
        }
    }

    private static byte[] damaged(byte[] whole, int at, Random random) {
        byte[] bad = whole.clone();
        ByteBuffer bytes = ByteBuffer.wrap(bad).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(6)) {
            case 0 -> bad[at] = (byte) random.nextInt();
            case 1 -> bad[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> bytes.putLong(at, LIES[random.nextInt(LIES.length)]);
            case 3 -> bytes.putInt(at, (int) LIES[random.nextInt(LIES.length)]);
            case 4 -> {
                // another digit, for formats that are text
                for (int i = at; i < Math.min(bad.length, at + 200); i++) {
                    if (bad[i] >= '0' && bad[i] <= '9') {
                        bad[i] = (byte) ('0' + random.nextInt(10));
                        break;
                    }
                }
            }
            default -> {
                byte[] longer = Arrays.copyOf(bad, bad.length + 8);
                System.arraycopy(bad, at, longer, at + 8, bad.length - at);
                return longer;
            }
        }
        return bad;
    }

    /** Opens the model with one file changed, and says whether it was refused. */
    private boolean openDamaged(Path model, Path file, byte[] content, String how) throws IOException {
        rewrite(file, content);
        String what = "A model whose file " + file.getFileName() + " is " + how;
        try (ModelFile open = format().open(model)) {
            assertTrue(open.program().vocabularySize() > 0);
            return false;
        } catch (ModelFormatException e) {
            assertFalse(e.part().isBlank(), () -> what + " is refused without saying what part is wrong");
            assertTrue(String.valueOf(e.getMessage()).length() > 20,
                    () -> what + " is refused without a sentence: " + e);
            return true;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError(what + " gives " + e
                    + ", not a ModelFormatException: never trust a length or a count from a file.", e);
        }
    }

    /** A new file each time: some file systems flush one that is written anew. */
    private static void rewrite(Path file, byte[] content) throws IOException {
        Files.deleteIfExists(file);
        Files.write(file, content);
    }

    @Test
    void nothingStaysOpen() throws IOException {
        Path model = sound();
        Path largest = largest(model);
        byte[] whole = Files.readAllBytes(largest);
        openAndClose(model);
        int before = ProcessProbe.openFiles();
        for (int i = 0; i < LEAKS; i++) {
            openAndClose(model);
        }
        rewrite(largest, Arrays.copyOf(whole, whole.length / 2));
        for (int i = 0; i < LEAKS; i++) {
            assertThrows(ModelFormatException.class, () -> format().open(model).close());
        }
        rewrite(largest, Arrays.copyOf(whole, whole.length / 64));
        for (int i = 0; i < LEAKS; i++) {
            assertThrows(ModelFormatException.class, () -> format().open(model).close());
        }
        int after = ProcessProbe.openFiles();
        assertTrue(after < before + LEAKS / 2, () -> (after - before) + " files stay open of " + LEAKS
                + " models that were closed and " + 2 * LEAKS
                + " that were refused: close what is open on every path.");
        assertEquals(0, ProcessProbe.mappings(model), "parts of the model stay mapped after it was closed");
    }

    private void openAndClose(Path model) throws IOException {
        try (ModelFile file = format().open(model); Arena arena = Arena.ofConfined()) {
            if (file.program() instanceof Blueprint blueprint) {
                blueprint.tensors().getFirst().map(arena);
            }
        }
    }
}
