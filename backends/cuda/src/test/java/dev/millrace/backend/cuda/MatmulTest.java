/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Precision;
import dev.millrace.backend.cuda.runtime.CudaDriver;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products on tensor cores: in blocks of every size the right numbers, and the same bits in every company. */
class MatmulTest {

    /** More than the rows of one block, and no multiple of what a thread stores at once. */
    private static final int ROWS = 135;
    private static final int MATRICES = 2;
    private static final int COLUMNS = 100;
    /** Results of columns lie so far apart: in one case all can be stored as vectors, in the other none. */
    private static final int ALIGNED = 136;

    @TempDir
    private Path cache;

    @BeforeEach
    void needsCompiler() {
        Emulated.backend();
    }

    /** Two matrices of one shape and columns for them, on the device. */
    private static final class Products {

        private final Gpu gpu;
        private final Matrix matrix;
        private final float[] weights;
        private final float[] bias;
        private final float[] values;
        private final int depth;
        private final int rows;
        private final long x;
        private final long biases;
        private final long y;

        Products(Gpu gpu, TensorType type, int rows) {
            this.gpu = gpu;
            this.rows = rows;
            Random random = new Random(5);
            // in rows of whole spans of 128 values, and in others
            depth = type.blockSize() > 32 ? 512 : 288;
            BlockTensor tensor = BlockTensor.random(type, MATRICES * rows, depth, random);
            weights = new float[MATRICES * rows * depth];
            tensor.read(0, MATRICES * rows, weights, 0);
            int blocks = weights.length / 32;
            Matrix.Planes planes = Matrix.Planes.of(type, blocks);
            matrix = new Matrix(type, rows, depth, gpu.allocate(planes.codes()), gpu.allocate(planes.high()),
                    gpu.allocate(planes.groups()), gpu.allocate(planes.scales()));
            values = new float[COLUMNS * depth];
            short[] halves = new short[values.length];
            for (int i = 0; i < values.length; i++) {
                halves[i] = (short) (Float.floatToIntBits((float) random.nextGaussian()) >>> 16);
                values[i] = Float.intBitsToFloat(halves[i] << 16);
            }
            bias = new float[MATRICES * rows];
            for (int i = 0; i < bias.length; i++) {
                bias[i] = (float) random.nextGaussian();
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment stored = tensor.map(arena);
                if (type.isQuantised()) {
                    gpu.arguments().pointer(upload(stored)).weights(matrix).wide(0).wide(blocks);
                    gpu.launch("repack_" + type, (blocks + 127) / 128, 1, 1, 128);
                } else {
                    gpu.toDevice(matrix.codes(), stored, stored.byteSize());
                }
                x = upload(arena.allocateFrom(ValueLayout.JAVA_SHORT, halves));
                biases = upload(arena.allocateFrom(ValueLayout.JAVA_FLOAT, bias));
            }
            y = gpu.allocate(4L * (rows + 1) * COLUMNS);
        }

        private long upload(MemorySegment data) {
            long address = gpu.allocate(data.byteSize());
            gpu.toDevice(address, data, data.byteSize());
            gpu.await();
            return address;
        }

        /** Results of the first so many columns, column by column; ids: each column's matrix, null: the first. */
        float[][] compute(Tile tile, int columns, int stride, int @Nullable [] ids) {
            long tiles = 0;
            long order = 0;
            int across = tile.across(columns);
            if (ids != null) {
                across = columns / tile.columns() + MATRICES;
                order = gpu.allocate(4L * columns);
                tiles = gpu.allocate(16L * across);
                try (Arena arena = Arena.ofConfined()) {
                    gpu.arguments().pointer(upload(arena.allocateFrom(ValueLayout.JAVA_INT, ids))).integer(columns)
                            .integer(MATRICES).pointer(order).pointer(tiles).integer(across)
                            .integer(tile.columns());
                    gpu.launch("group", 1, 1, 1, ForwardPass.GROUP_THREADS);
                }
            }
            gpu.arguments().weights(matrix).pointer(x).pointer(y).pointer(biases).integer(rows).integer(depth)
                    .integer(columns).integer(stride).pointer(tiles).pointer(order).integer(1).pointer(0);
            gpu.launch(tile.kernel(matrix.type()), tile.down(rows), across, 1, Tile.THREADS);
            MemorySegment back = gpu.allocateHost(4L * stride * columns);
            gpu.toHost(back, y, back.byteSize());
            gpu.await();
            float[][] results = new float[columns][];
            for (int c = 0; c < columns; c++) {
                results[c] = back.asSlice(4L * stride * c, 4L * rows).toArray(ValueLayout.JAVA_FLOAT);
            }
            return results;
        }

        /** Of gate and up, one half of the rows each: what the gate lets through, as bfloat16. By the product itself, or behind it. */
        short[] gated(Tile tile, boolean atOnce) {
            int inner = rows / 2;
            int blocks = COLUMNS * inner / 32;
            long z = gpu.allocate(2L * COLUMNS * inner);
            gpu.arguments().weights(matrix).pointer(x).pointer(y).pointer(biases).integer(rows).integer(depth)
                    .integer(COLUMNS).integer(rows).pointer(0).pointer(0).integer(1).pointer(atOnce ? z : 0);
            gpu.launch(tile.kernel(matrix.type()), tile.down(rows), tile.across(COLUMNS), 1, Tile.THREADS);
            if (!atOnce) {
                gpu.arguments().pointer(y).integer(inner).wide(blocks).integer(0).real(0).real(0)
                        .output(new Values(0, 0, 0, z), Values.HALVES);
                gpu.launch("glu", (blocks + 7) / 8, 1, 1, 256);
            }
            MemorySegment back = gpu.allocateHost(2L * COLUMNS * inner);
            gpu.toHost(back, z, back.byteSize());
            gpu.await();
            return back.toArray(ValueLayout.JAVA_SHORT);
        }

        void check(float[] result, int matrixOfColumn, int column) {
            for (int row = 0; row < rows; row++) {
                int at = matrixOfColumn * rows + row;
                double sum = bias[at];
                double most = Math.abs(sum);
                for (int i = 0; i < depth; i++) {
                    double product = weights[at * depth + i] * (double) values[column * depth + i];
                    sum += product;
                    most += Math.abs(product);
                }
                // half of the last bit of bfloat16 for each weight
                assertEquals(sum, result[row], most / 500, "column " + column + ", row " + row);
            }
        }
    }

    /** With the same text of kernels as models have: a device's driver has compiled it already. */
    private Gpu gpu(OpenDevices devices) throws IOException {
        CudaDriver driver = CudaDriver.open(cache);
        return new Gpu(devices.use(driver, 0), driver.capability(0), driver.launchesEarly(0));
    }

    @ParameterizedTest
    @EnumSource(TensorType.class)
    void productsAreRightAndTheSameInBlocksOfEverySize(TensorType type) throws IOException {
        try (OpenDevices devices = new OpenDevices(); Gpu gpu = gpu(devices)) {
            Products products = new Products(gpu, type, ROWS);
            float[][] expected = products.compute(Tile.SMALL, COLUMNS, ALIGNED, null);
            for (int c = 0; c < COLUMNS; c++) {
                products.check(expected[c], 0, c);
            }
            int[] ids = new int[COLUMNS];
            Arrays.setAll(ids, c -> c % 5 == 1 ? 1 : 0);
            float[][] grouped = products.compute(Tile.SMALL, COLUMNS, ALIGNED, ids);
            for (Tile tile : Tile.values()) {
                for (int columns : new int[]{9, 65, COLUMNS}) {
                    float[][] results = products.compute(tile, columns, columns == 65 ? ROWS : ALIGNED, null);
                    for (int c = 0; c < columns; c++) {
                        assertArrayEquals(expected[c], results[c], tile + " of " + columns + ", column " + c);
                    }
                }
                float[][] results = products.compute(tile, COLUMNS, ALIGNED, ids);
                for (int c = 0; c < COLUMNS; c++) {
                    assertArrayEquals(ids[c] == 0 ? expected[c] : grouped[c], results[c], tile + ", column " + c);
                    products.check(results[c], ids[c], c);
                }
            }
        }
    }

    /** Rows are no multiple of those of a block. */
    @ParameterizedTest
    @EnumSource(value = TensorType.class, names = {"Q4_0", "BF16"})
    void gateBehindTheProductHasTheSameBits(TensorType type) throws IOException {
        try (OpenDevices devices = new OpenDevices(); Gpu gpu = gpu(devices)) {
            Products products = new Products(gpu, type, 192);
            short[] expected = products.gated(Tile.SMALL, false);
            for (Tile tile : Tile.values()) {
                assertArrayEquals(expected, products.gated(tile, true), tile.toString());
            }
        }
    }

    /** Experts have blocks of other sizes in each of these passes. */
    @ParameterizedTest
    @ValueSource(ints = {64, 65, 120})
    void logitsAreTheSameBitsInEveryCompany(int tokens) {
        try (Executor executor = AllKernels.load(Precision.FAST)) {
            float[] few = logits(executor, 9);
            assertArrayEquals(few, Arrays.copyOf(logits(executor, tokens), few.length));
        }
    }

    private static float[] logits(Executor executor, int tokens) {
        int[] prompt = new int[tokens];
        Arrays.setAll(prompt, i -> (i * 37 + 11) % SmallModels.VOCABULARY);
        try (Sequence sequence = executor.newSequence()) {
            Step step = new Step(sequence, SmallModels.VOCABULARY);
            executor.forward(List.of(step.feed(prompt, 0, tokens, Step.Logits.ALL)));
            return step.logits().clone();
        }
    }

    @Test
    void largeMatricesTakeLargeBlocks() {
        assertEquals(Tile.SMALL, Tile.of(2048, 64));
        assertEquals(Tile.TALL, Tile.of(128_000, 9));
        assertEquals(Tile.WIDE, Tile.of(2048, 2048));
        assertEquals(Tile.TALL, Tile.ofExperts(1024, 32));
        assertEquals(Tile.WIDE, Tile.ofExperts(8192, 32));
        assertTrue(Tile.of(2048, 256).columns() < Tile.WIDE.columns());
    }
}
