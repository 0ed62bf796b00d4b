/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.backend.cpu.Blocks;
import dev.millrace.backend.cpu.Packed;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.KernelsTest;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Matmul of packed matrices with vectors, against sums in double; also run at other vector widths and without the module. */
@Tag("parity")
class MatmulTest {

    private static final int[] COUNTS = {1, 2, 3, 4, 5, 7, 8, 9, 17};
    private static final int MOST = 17;
    private static final int COLUMNS = 512;
    /** Where all products have one sign the roundings of a sum may have, too: the most that they can be together. */
    private static final double SAME_SIGN = COLUMNS * 0x1p-24;

    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.kernels.KernelsTest#kernels")
    void everyTypeAndCount(Kernels kernels) {
        Random random = new Random(1);
        for (TensorType type : TensorType.values()) {
            int[] columns = KernelsTest.columns(type);
            for (int i = 0; i < columns.length; i++) {
                int rows = i % 2 == 0 ? 3 : 33;
                Packed weights = Packed.random(type, rows, columns[i], kernels, random);
                float[][] x = new float[MOST][];
                for (int v = 0; v < MOST; v++) {
                    x[v] = KernelsTest.floats(columns[i], random);
                }
                for (boolean exact : new boolean[]{false, true}) {
                    compare(kernels, weights, x, exact, 1e-6, COUNTS);
                }
            }
        }
    }

    /** Sums of 16 bits must not overflow, wherever codes and inputs are at their ends. */
    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.kernels.KernelsTest#kernels")
    void extremeCodesAndInputs(Kernels kernels) {
        Random random = new Random(2);
        float[][] x = KernelsTest.inputs(COLUMNS);
        for (TensorType type : TensorType.values()) {
            if (!type.isQuantised()) {
                Packed weights = Packed.random(type, 3, COLUMNS, kernels, random);
                compare(kernels, weights, x, false, SAME_SIGN, 1, x.length);
                continue;
            }
            for (int fill : new int[]{0, 0xff, 0x77, 0x88, 0x0f, 0xf0, 0x80, 0x7f}) {
                byte[] raw = Blocks.random(type, 3 * COLUMNS, random);
                Blocks.codes(type, raw, fill);
                Packed weights = Packed.of(type, 3, COLUMNS, raw, kernels);
                compare(kernels, weights, x, false, SAME_SIGN, 1, 2, 8, x.length);
                compare(kernels, weights, x, true, SAME_SIGN, 1, x.length);
            }
        }
    }

    /** Matmul with the first vectors: near enough, and the same bits whatever their number. */
    private static void compare(Kernels kernels, Packed weights, float[][] x, boolean exact, double rounding,
            int... counts) {
        boolean quantised = !exact && weights.matrix().packing().integers();
        int rows = weights.matrix().rows();
        int columns = weights.matrix().columns();
        // decoded once: that takes longer than all products
        double[] weight = new double[rows * columns];
        double[] weightSize = new double[rows * columns];
        for (int i = 0; i < weight.length; i++) {
            weight[i] = weights.weight(i / columns, i % columns);
            weightSize[i] = weights.size(i / columns, i % columns);
        }
        float[][] alone = new float[x.length][];
        for (int v = 0; v < x.length; v++) {
            alone[v] = multiply(kernels, weights.matrix(), exact, 1, Arrays.copyOfRange(x, v, v + 1))[0];
            double[] rounded = new double[columns];
            double[] halfStep = new double[columns];
            quantise(x[v], quantised, rounded, halfStep);
            for (int r = 0; r < rows; r++) {
                double sum = 0;
                double given = 0;
                double size = 0;
                double bound = 0;
                for (int c = 0; c < columns; c++) {
                    int at = r * columns + c;
                    sum += weight[at] * x[v][c];
                    given += weight[at] * rounded[c];
                    size += weightSize[at] * Math.abs(x[v][c]);
                    bound += Math.abs(weight[at]) * halfStep[c];
                }
                String what = weights.type() + (exact ? " exact " : " fast ") + rows + " x " + columns + ", vector " + v
                        + ", row " + r;
                assertEquals(sum, alone[v][r], bound + rounding * size, what);
                assertEquals(given, alone[v][r], rounding * (size + bound), what);
            }
        }
        for (int count : counts) {
            float[][] together = multiply(kernels, weights.matrix(), exact, 1, Arrays.copyOf(x, count));
            for (int v = 0; v < count; v++) {
                assertArrayEquals(alone[v], together[v], weights.type() + (exact ? " exact" : " fast") + ", vector " + v
                        + " of " + count);
            }
        }
    }

    /** What a vector is rounded to, and by how much at most, for each of its elements. */
    private static void quantise(float[] x, boolean quantised, double[] rounded, double[] halfStep) {
        if (!quantised) {
            Arrays.setAll(rounded, i -> x[i]);
            return;
        }
        Activations activations = new Activations();
        Activations.Place place = new Activations.Place();
        activations.integers(place, Activations.Form.PAIRS, 1, x.length, Packing.of(TensorType.Q4_0, x.length));
        activations.makeRoom();
        new ScalarKernels().quantise(x, 0, activations, place, 0, new QuadScratch());
        for (int i = 0; i < x.length; i++) {
            double step = activations.scales[i / 32];
            rounded[i] = step * (short) (activations.pairs[i / 2] >> (16 * (i % 2)));
            halfStep[i] = step * 0.50002;
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.kernels.KernelsTest#kernels")
    void kernelsAgree(Kernels kernels) {
        Kernels plain = new ScalarKernels();
        for (TensorType type : TensorType.values()) {
            byte[] raw = Blocks.random(type, 33 * COLUMNS, new Random(3));
            Packed weights = Packed.of(type, 33, COLUMNS, raw, kernels);
            Packed twin = Packed.of(type, 33, COLUMNS, raw, plain);
            float[][] x = Arrays.copyOf(KernelsTest.inputs(COLUMNS), 5);
            float[][] got = multiply(kernels, weights.matrix(), false, 1, x);
            float[][] expected = multiply(plain, twin.matrix(), false, 1, x);
            for (int v = 0; v < x.length; v++) {
                if (weights.matrix().packing().integers()) {
                    assertArrayEquals(expected[v], got[v], type + ", vector " + v);
                }
                for (int r = 0; r < 33; r++) {
                    double size = 0;
                    for (int c = 0; c < COLUMNS; c++) {
                        size += weights.size(r, c) * Math.abs(x[v][c]);
                    }
                    assertEquals(expected[v][r], got[v][r], 1e-6 * size, type + ", vector " + v + ", row " + r);
                }
            }
        }
    }

    /** Weights that are multiplied with few vectors in several parts. */
    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.kernels.KernelsTest#kernels")
    void numberOfVectorsDoesNotMatterForLargeMatrices(Kernels kernels) {
        Random random = new Random(8);
        int columns = 1_792;
        for (TensorType type : new TensorType[]{TensorType.Q4_0, TensorType.Q4_1, TensorType.Q4_K, TensorType.Q6_K}) {
            Matrix weights = Packed.random(type, 1_107, columns, kernels, random).matrix();
            assertTrue(weights.data().byteSize() > 1 << 20);
            float[][] x = new float[9][];
            Arrays.setAll(x, v -> KernelsTest.floats(columns, random));
            float[][] expected = multiply(kernels, weights, false, 1, x);
            for (int count : new int[]{1, 2, 3, 6}) {
                float[][] got = multiply(kernels, weights, false, 1, Arrays.copyOf(x, count));
                assertArrayEquals(Arrays.copyOf(expected, count), got, type + ", " + count + " vectors");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.kernels.KernelsTest#kernels")
    void workersDoNotMatter(Kernels kernels) {
        Random random = new Random(4);
        for (TensorType type : TensorType.values()) {
            Matrix weights = Packed.random(type, 131, 256, kernels, random).matrix();
            for (boolean exact : new boolean[]{false, true}) {
                for (int count : new int[]{1, 2, 3, 9}) {
                    float[][] x = new float[count][];
                    Arrays.setAll(x, v -> KernelsTest.floats(256, random));
                    float[][] alone = multiply(kernels, weights, exact, 1, x);
                    for (int workers : new int[]{2, 5}) {
                        assertArrayEquals(alone, multiply(kernels, weights, exact, workers, x), type + ", " + count
                                + " vectors, " + workers + " workers");
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.kernels.KernelsTest#kernels")
    void gatesMeetProducts(Kernels kernels) {
        Random random = new Random(5);
        List<TensorType> types = List.of(TensorType.values());
        for (TensorType type : types) {
            Matrix gate = Packed.random(type, 67, 256, kernels, random).matrix();
            for (TensorType second : new TensorType[]{type, TensorType.Q6_K, TensorType.Q8_0}) {
                Matrix up = Packed.random(second, 67, 256, kernels, random).matrix();
                // of two types, both or neither compute with integers
                boolean exact = type != second;
                for (int count : new int[]{1, 2, 3, 9}) {
                    float[][] x = new float[count][];
                    Arrays.setAll(x, v -> KernelsTest.floats(256, random));
                    float[][] expected = multiply(kernels, gate, exact, 1, x);
                    float[][] ups = multiply(kernels, up, exact, 1, x);
                    for (int v = 0; v < count; v++) {
                        kernels.silu(expected[v], 0, ups[v], 0, 67);
                    }
                    Job job = new Job(gate, up, rows(x), 0, count);
                    try (Workers workers = new Workers(2)) {
                        run(kernels, matmul(kernels, workers, exact), List.of(job));
                    }
                    for (int v = 0; v < count; v++) {
                        assertArrayEquals(expected[v], job.result(v), type + " and " + second + ", vector " + v + " of "
                                + count);
                    }
                }
            }
        }
    }

    /** In any order, again and again with the same working memory, from the same inputs. */
    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.kernels.KernelsTest#kernels")
    void otherProductsDoNotMatter(Kernels kernels) {
        Random random = new Random(6);
        for (boolean exact : new boolean[]{false, true}) {
            for (int count : new int[]{1, 2, 5}) {
                float[][] x = new float[count + 2][];
                Arrays.setAll(x, v -> KernelsTest.floats(256, random));
                Rows shared = rows(x);
                List<Job> jobs = new ArrayList<>();
                for (TensorType type : new TensorType[]{TensorType.Q4_K, TensorType.Q4_0, TensorType.Q6_K,
                        TensorType.F32, TensorType.Q2_K, TensorType.Q5_K, TensorType.Q8_0}) {
                    Matrix matrix = Packed.random(type, 40, 256, kernels, random).matrix();
                    jobs.add(new Job(matrix, matrix, shared, 1, count));
                }
                Matrix gate = Packed.random(TensorType.Q4_1, 40, 256, kernels, random).matrix();
                Matrix up = Packed.random(TensorType.Q6_K, 40, 256, kernels, random).matrix();
                jobs.add(new Job(gate, up, shared, 1, count));
                jobs.add(new Job(up, up, rows(x), 0, count + 1));
                List<float[]> alone = new ArrayList<>();
                for (Job job : jobs) {
                    Arrays.fill(job.y, Float.NaN); // stays where vectors are not asked for
                    try (Workers workers = new Workers(1)) {
                        run(kernels, matmul(kernels, workers, exact), List.of(job));
                    }
                    alone.add(job.y.clone());
                }
                List<Job> order = new ArrayList<>(jobs);
                try (Workers workers = new Workers(2)) {
                    Matmul matmul = matmul(kernels, workers, exact);
                    for (int round = 0; round < 20; round++) {
                        Collections.shuffle(order, random);
                        List<Job> some = order.subList(0, 1 + round % order.size());
                        for (Job job : some) {
                            Arrays.fill(job.y, Float.NaN);
                        }
                        run(kernels, matmul, some);
                        for (Job job : some) {
                            int which = jobs.indexOf(job);
                            assertArrayEquals(alone.get(which), job.y, "job " + which + " in round " + round);
                        }
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.millrace.backend.cpu.kernels.KernelsTest#kernels")
    void resultsStayInTheirPlace(Kernels kernels) {
        Random random = new Random(7);
        for (TensorType type : TensorType.values()) {
            Matrix weights = Packed.random(type, 3, 256, kernels, random).matrix();
            float[][] x = new float[2][];
            Arrays.setAll(x, v -> KernelsTest.floats(256, random));
            float[] y = new float[2 + 2 * 5];
            try (Workers workers = new Workers(1)) {
                Matmul matmul = matmul(kernels, workers, false);
                Rows out = new Rows();
                out.reserve(2);
                out.set(0, y, 2);
                out.set(1, y, 7);
                matmul.add(weights, rows(x), out, 0, 2);
                matmul.add(weights, rows(x), out, 0, 0);
                matmul.run();
                matmul.run(); // nothing was added
            }
            for (int i : new int[]{0, 1, 5, 6, 10, 11}) {
                assertEquals(0, y[i], type + " writes to " + i);
            }
            assertTrue(y[2] != 0 && y[9] != 0);
        }
    }

    /** One product, plain if both matrices are the same, with results of its own. */
    private static final class Job {
        final Matrix matrix;
        final Matrix up;
        final Rows x;
        final int first;
        final int count;
        final float[] y;
        final float[] z;

        Job(Matrix matrix, Matrix up, Rows x, int first, int count) {
            this.matrix = matrix;
            this.up = up;
            this.x = x;
            this.first = first;
            this.count = count;
            y = new float[(first + count) * matrix.rows()];
            z = new float[y.length];
        }

        float[] result(int vector) {
            return Arrays.copyOfRange(y, (first + vector) * matrix.rows(), (first + vector + 1) * matrix.rows());
        }
    }

    private static void run(Kernels kernels, Matmul matmul, List<Job> jobs) {
        for (Job job : jobs) {
            Rows y = Rows.of(job.y, job.matrix.rows(), job.first + job.count);
            if (job.matrix.equals(job.up)) {
                matmul.add(job.matrix, job.x, y, job.first, job.count);
            } else {
                matmul.addGated(new Network.Linear(job.matrix, null), new Network.Linear(job.up, null), kernels::silu,
                        job.x, y,
                        Rows.of(job.z, job.matrix.rows(), job.first + job.count), job.first, job.count);
            }
        }
        matmul.run();
    }

    private static float[][] multiply(Kernels kernels, Matrix matrix, boolean exact, int workers, float[][] x) {
        Job job = new Job(matrix, matrix, rows(x), 0, x.length);
        try (Workers threads = new Workers(workers)) {
            run(kernels, matmul(kernels, threads, exact), List.of(job));
        }
        float[][] results = new float[x.length][];
        Arrays.setAll(results, job::result);
        return results;
    }

    private static Matmul matmul(Kernels kernels, Workers workers, boolean exact) {
        MatmulScratch[] scratch = new MatmulScratch[workers.count()];
        Arrays.setAll(scratch, i -> new MatmulScratch(1_792, kernels.lanes()));
        return new Matmul(kernels, workers, scratch, exact);
    }

    /** Vectors at odd places. */
    private static Rows rows(float[][] x) {
        Rows rows = new Rows();
        rows.reserve(x.length);
        for (int v = 0; v < x.length; v++) {
            float[] shifted = new float[x[v].length + 3];
            System.arraycopy(x[v], 0, shifted, 3, x[v].length);
            rows.set(v, shifted, 3);
        }
        return rows;
    }
}
