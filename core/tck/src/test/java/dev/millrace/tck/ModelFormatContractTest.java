/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.ModelFormatException;
import dev.millrace.api.Sampling;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.ModelFile;
import dev.millrace.spi.model.ModelFormat;
import dev.millrace.spi.model.Position;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.VocabularySource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of model formats finds what is wrong with one. */
class ModelFormatContractTest {

    /** One thing at a time. */
    enum Fault {
        NONE, KNOWS_EVERY_FILE, TRUSTS_SIZES, THROWS_WHAT_COMES, NAMES_NO_PART, LEAVES_FILES_OPEN, LEAVES_REFUSED_FILES_OPEN, READS_BEYOND_SLICES, MAPS_TO_WRITE, ENDS_OUTSIDE, HOLDS_OBJECTS
    }

    /** The letters TOY1, width and vocabulary, then floats of a model of one layer. */
    private record Toy(Fault fault) implements ModelFormat {

        @Override
        public String id() {
            return "toy";
        }

        @Override
        public boolean recognises(Path path) {
            return fault == Fault.KNOWS_EVERY_FILE || path.toString().endsWith(".toy");
        }

        @Override
        public ModelFile open(Path path) {
            try {
                FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
                boolean done = false;
                try {
                    ModelFile model = read(path, file);
                    done = true;
                    return model;
                } finally {
                    if (!done && fault != Fault.LEAVES_REFUSED_FILES_OPEN) {
                        file.close();
                    }
                }
            } catch (IOException e) {
                throw new ModelFormatException(path, "file", "cannot be read: " + e.getMessage(), e);
            }
        }

        private ModelFile read(Path path, FileChannel file) throws IOException {
            ByteBuffer head = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
            file.read(head, 0);
            if (head.hasRemaining() && fault != Fault.THROWS_WHAT_COMES) {
                throw wrong(path, "header", "ends before it is complete");
            }
            head.flip();
            if (head.getInt() != 0x31594f54) {
                throw wrong(path, fault == Fault.NAMES_NO_PART ? "" : "header",
                        "does not begin with TOY1, as it should");
            }
            int hidden = head.getInt();
            int vocabulary = head.getInt();
            if (hidden < 4 || hidden > 1 << 12 || hidden % 4 != 0 || vocabulary < 4 || vocabulary > 1 << 16) {
                throw wrong(path, "sizes", "are " + hidden + " and " + vocabulary + ", which is out of range");
            }
            Toys model = new Toys(fault, path, file, hidden, vocabulary);
            if (model.end != file.size() && fault != Fault.TRUSTS_SIZES) {
                throw wrong(path, "weights", "end at " + model.end + ", but the file has " + file.size() + " bytes");
            }
            return model;
        }

        private static ModelFormatException wrong(Path path, String part, String problem) {
            return new ModelFormatException(path, part, problem);
        }
    }

    private static final class Toys implements ModelFile {

        private final Fault fault;
        private final Path path;
        private final FileChannel file;
        private final Blueprint model;
        private long end = 12;

        Toys(Fault fault, Path path, FileChannel file, int hidden, int vocabulary) {
            this.fault = fault;
            this.path = path;
            this.file = file;
            Tensor embedding = next("embedding", vocabulary, hidden);
            Blueprint.Norm norm = new Blueprint.Norm(next("norm", 1, hidden), 1e-5f);
            List<Tensor> matrices = new ArrayList<>();
            for (int i = 0; i < 7; i++) {
                matrices.add(next("matrix " + i, hidden, hidden));
            }
            model = new Blueprint("toy", vocabulary, hidden, 64, embedding,
                    List.of(new Blueprint.Layer(norm,
                            Blueprint.Attention.plain(2, 2, hidden / 2, matrices.get(0), matrices.get(1),
                                    matrices.get(2),
                                    matrices.get(3), new Position.Rope(hidden / 2, 10_000)),
                            norm, new Blueprint.Dense(matrices.get(4), matrices.get(5), matrices.get(6)))),
                    norm, embedding);
        }

        private Tensor next(String name, long rows, long columns) {
            Part part = new Part(fault, file, name, end, rows, columns);
            end += rows * columns * 4;
            return part;
        }

        @Override
        public Path path() {
            return path;
        }

        @Override
        public String name() {
            return "toy";
        }

        @Override
        public Map<String, @Nullable Object> metadata() {
            return Map.of("file", fault == Fault.HOLDS_OBJECTS ? path : path.toString());
        }

        @Override
        public Program program() {
            return model;
        }

        @Override
        public Optional<VocabularySource> vocabulary() {
            return Optional.empty();
        }

        @Override
        public Optional<String> chatTemplate() {
            return Optional.empty();
        }

        @Override
        public Sampling sampling() {
            return Sampling.greedy();
        }

        @Override
        public Set<Integer> endTokens() {
            return Set.of(fault == Fault.ENDS_OUTSIDE ? model.vocabularySize() : 2);
        }

        @Override
        public void close() {
            if (fault != Fault.LEAVES_FILES_OPEN) {
                try {
                    file.close();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }
    }

    private record Part(Fault fault, FileChannel file, String name, long at, long rows,
            long columns) implements Tensor {

        @Override
        public TensorType type() {
            return TensorType.F32;
        }

        @Override
        public MemorySegment map(Arena arena) throws IOException {
            MemorySegment bytes = file.map(FileChannel.MapMode.READ_ONLY, at, byteSize(), arena);
            if (fault == Fault.MAPS_TO_WRITE) {
                return arena.allocate(byteSize()).copyFrom(bytes);
            }
            return bytes.asReadOnly();
        }

        @Override
        public void read(long firstRow, int count, float[] into, int to) throws IOException {
            if (fault != Fault.READS_BEYOND_SLICES) {
                Objects.checkFromIndexSize(firstRow, (long) count, rows);
            }
            Objects.checkFromIndexSize((long) to, count * columns, (long) into.length);
            ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(count * columns * 4)).order(ByteOrder.LITTLE_ENDIAN);
            file.read(bytes, at + firstRow * columns * 4);
            bytes.flip();
            bytes.asFloatBuffer().get(into, to, Math.min(bytes.remaining() / 4, Math.toIntExact(count * columns)));
        }

        @Override
        public Tensor slice(long firstRow, long count) {
            Objects.checkFromIndexSize(firstRow, count, rows);
            return new Part(fault, file, name, at + firstRow * columns * 4, count, columns);
        }
    }

    /** The contract, for a format with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Subject extends ModelFormatContract {

        private final Fault fault;

        Subject(Fault fault) {
            this.fault = fault;
        }

        @Override
        protected ModelFormat format() {
            return new Toy(fault);
        }

        @Override
        protected Path write(Path empty) throws IOException {
            int hidden = 8;
            int vocabulary = 10;
            int floats = vocabulary * hidden + hidden + 7 * hidden * hidden;
            ByteBuffer bytes = ByteBuffer.allocate(12 + 4 * floats).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putInt(0x31594f54).putInt(hidden).putInt(vocabulary);
            for (int i = 0; i < floats; i++) {
                bytes.putFloat((float) Math.sin(i));
            }
            return Files.write(empty.resolve("model.toy"), bytes.array());
        }

        @Override
        protected int padding() {
            return 0;
        }
    }

    @Test
    void aSoundFormatPasses() {
        ContractRun.all(Subject.class, Fault.NONE).assertSound(9);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            KNOWS_EVERY_FILE,          itsModelsAreRecognisedAndOthersAreNot,   recognises() is true
            TRUSTS_SIZES,              filesThatAreCutAreRefusedOrRead,         is opened although it is cut
            THROWS_WHAT_COMES,         filesThatAreCutAreRefusedOrRead,         never trust
            NAMES_NO_PART,             damagedFilesAreRefusedOrRead,            what part is wrong
            LEAVES_FILES_OPEN,         nothingStaysOpen,                        files stay open
            LEAVES_REFUSED_FILES_OPEN, nothingStaysOpen,                        files stay open
            READS_BEYOND_SLICES,       rowsAreReadAndCutWhereTheyAreAskedFor,   beyond
            MAPS_TO_WRITE,             tensorsAreMappedAsTheyAreStated,         read-only
            ENDS_OUTSIDE,              aSoundModelSaysWhatItIs,                 outside the vocabulary
            HOLDS_OBJECTS,             aSoundModelSaysWhatItIs,                 Long, Double
            """)
    void aFaultIsReportedByTheTestThatIsMeantForIt(Fault fault, String test, String words) {
        ContractRun.one(Subject.class, fault, test).assertReports(words);
    }
}
