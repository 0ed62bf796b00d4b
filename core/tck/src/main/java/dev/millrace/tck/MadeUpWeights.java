/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import dev.millrace.spi.model.Weights;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Tensors of a model that is in no file: whatever a family asks for is made up, in the shape that it asks for, and it is noted what
 * it reads of it.
 */
final class MadeUpWeights implements Weights {

    /** Stands for a model that is in no file. */
    static final Path FILE = Path.of("tck-model");

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Predicate<String> optional;
    private final Map<String, Long> rows;
    private final Set<String> missing;
    /** The rows of each tensor that were read. */
    private final Map<String, BitSet> read = new LinkedHashMap<>();
    private final Map<String, Made> taken = new LinkedHashMap<>();

    /**
     * Weights.
     *
     * @param optional whether there is a tensor that a family looks for before it takes it
     * @param rows of tensors whose size no key states
     * @param missing tensors that are not there
     */
    MadeUpWeights(Predicate<String> optional, Map<String, Long> rows, Set<String> missing) {
        this.optional = optional;
        this.rows = rows;
        this.missing = missing;
    }

    @Override
    public boolean has(String name) {
        return optional.test(name) && !missing.contains(name);
    }

    @Override
    public long rows(String name) {
        present(name);
        return rows.getOrDefault(name, ArchitectureContract.ROWS);
    }

    @Override
    public Tensor take(String name, long... shape) {
        present(name);
        long count = 1;
        for (int i = 0; i < shape.length; i++) {
            if (shape[i] < 1) {
                throw new ModelFormatException(FILE, name, "is asked for with a size of " + shape[i]);
            }
            count *= i < shape.length - 1 ? shape[i] : 1;
        }
        Made tensor = new Made(name, 0, count, shape[shape.length - 1]);
        read.putIfAbsent(name, new BitSet());
        taken.put(name, tensor);
        return tensor;
    }

    @Override
    public Tensor takeFloats(String name, long... shape) {
        return take(name, shape);
    }

    private void present(String name) {
        if (missing.contains(name)) {
            throw new ModelFormatException(FILE, name, "is a tensor that is missing");
        }
    }

    /** Names of what was taken, in that order. */
    List<String> taken() {
        return List.copyOf(taken.keySet());
    }

    /** Names of what was taken and not read as a whole since. */
    List<String> unread() {
        List<String> unread = new ArrayList<>();
        taken.forEach((name, tensor) -> {
            if (Objects.requireNonNull(read.get(name)).cardinality() < tensor.rows) {
                unread.add(name);
            }
        });
        return unread;
    }

    /** A tensor that costs nothing until it is read. */
    private final class Made implements Tensor {

        private final String name;
        private final long first;
        private final long rows;
        private final long columns;

        Made(String name, long first, long rows, long columns) {
            this.name = name;
            this.first = first;
            this.rows = rows;
            this.columns = columns;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public TensorType type() {
            return TensorType.F32;
        }

        @Override
        public long rows() {
            return rows;
        }

        @Override
        public long columns() {
            return columns;
        }

        @Override
        public MemorySegment map(Arena arena) {
            float[] row = new float[Math.toIntExact(columns)];
            MemorySegment memory = arena.allocate(byteSize(), 64);
            for (long r = 0; r < rows; r++) {
                read(r, 1, row, 0);
                MemorySegment.copy(row, 0, memory, FLOAT, r * columns * Float.BYTES, row.length);
            }
            return memory.asReadOnly();
        }

        @Override
        public void read(long firstRow, int count, float[] into, int at) {
            Objects.checkFromIndexSize(firstRow, (long) count, rows);
            Objects.checkFromIndexSize((long) at, count * columns, (long) into.length);
            for (int r = 0; r < count; r++) {
                long row = first + firstRow + r;
                Objects.requireNonNull(read.get(name)).set(Math.toIntExact(row));
                Random random = new Random(name.hashCode() * 31L + row);
                for (int c = 0; c < columns; c++) {
                    // vectors are norms and biases for the most part
                    into[at + Math.toIntExact(r * columns) + c] = rows == 1
                            ? 0.5f + random.nextFloat()
                            : (float) (random.nextGaussian() / Math.sqrt((double) columns));
                }
            }
        }

        @Override
        public Tensor slice(long firstRow, long count) {
            Objects.checkFromIndexSize(firstRow, count, rows);
            return new Made(name, first + firstRow, count, columns);
        }
    }
}
