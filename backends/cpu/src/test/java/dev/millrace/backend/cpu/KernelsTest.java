/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every kernel, SIMD and plain, against the plainest reference; also run at other vector widths and without the module. */
@Tag("parity")
class KernelsTest {

    private static final Set<TensorType> TYPES = EnumSet.of(TensorType.F32, TensorType.F16, TensorType.BF16,
            TensorType.Q8_0, TensorType.Q4_0, TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K);
    private static final int[] ROWS = {1, 3, 4, 8, 33};
    private static final int[] COLUMNS = {2, 7, 32, 33, 64, 96, 256, 258, 1024};

    static Stream<Kernels> kernels() {
        return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
                ? Stream.of(new ScalarKernels(), new VectorKernels())
                : Stream.of(new ScalarKernels());
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void decodesEveryTypeExactly(Kernels kernels) {
        Random random = new Random(1);
        for (TensorType type : TYPES) {
            for (int blocks : new int[]{1, 2, 3, 7}) {
                byte[] raw = Blocks.random(type, blocks * type.blockSize(), random);
                decode(kernels, type, raw);
                for (float scale : new float[]{0, -0f, 65504, -65504, 0x1p-24f, -0x1.ffcp-15f}) {
                    Blocks.scales(type, raw, scale);
                    if (type.isQuantised()) {
                        decode(kernels, type, raw);
                    }
                }
                Arrays.fill(raw, (byte) 0x80);
                Blocks.scales(type, raw, 1);
                if (type.isQuantised()) {
                    decode(kernels, type, raw);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void decodesEveryBitPatternOfSixteenBitTypes(Kernels kernels) {
        ByteBuffer raw = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 1 << 16; i++) {
            raw.putShort((short) i);
        }
        decode(kernels, TensorType.F16, raw.array());
        decode(kernels, TensorType.BF16, raw.array());
    }

    private static void decode(Kernels kernels, TensorType type, byte[] raw) {
        int count = raw.length / type.blockBytes() * type.blockSize();
        byte[] shifted = new byte[raw.length + 3];
        System.arraycopy(raw, 0, shifted, 3, raw.length);
        float[] values = new float[count + 2];
        Unpacker unpacker = kernels.unpacker(type);
        assertNotNull(unpacker, "no kernel for " + type);
        unpacker.unpack(shifted, 3, count, values, 1);
        for (int i = 0; i < count; i++) {
            float expected = Blocks.value(type, raw, i);
            assertTrue(expected == values[1 + i] || (Float.isNaN(expected) && Float.isNaN(values[1 + i])),
                    type + " value " + i + ": " + values[1 + i] + ", not " + expected);
        }
        assertEquals(0, values[0]);
        assertEquals(0, values[count + 1]);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void multipliesAwkwardSizes(Kernels kernels) {
        Random random = new Random(2);
        for (int rows : ROWS) {
            for (int n : COLUMNS) {
                for (int count : new int[]{1, 2, 4, 5, 9}) {
                    float[] w = floats(3 + rows * (n + 1), random);
                    float[] x = floats(2 + count * n, random);
                    multiply(kernels, w, rows, n, x, count);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void multipliesExtremeValues(Kernels kernels) {
        Random random = new Random(3);
        for (float size : new float[]{0x1p60f, 0x1p-60f, 0x1p-140f}) {
            float[] w = floats(3 + 5 * 97, random);
            float[] x = floats(2 + 6 * 96, random);
            for (int i = 0; i < w.length; i += 3) {
                w[i] *= size;
            }
            multiply(kernels, w, 5, 96, x, 6);
        }
    }

    private static void multiply(Kernels kernels, float[] w, int rows, int n, float[] x, int count) {
        int stride = n + 1;
        Rows inputs = new Rows();
        inputs.reserve(count + 1);
        for (int i = 0; i < count; i++) {
            inputs.set(1 + i, x, 2 + i * n);
        }
        float[] result = new float[(count + 1) * (rows + 2)];
        kernels.dots(w, 3, stride, rows, n, inputs, Rows.of(result, rows + 2, count + 1), 1, 1, count,
                new float[Kernels.LANES]);
        float[] alone = new float[rows + 2];
        Rows one = new Rows();
        one.reserve(1);
        for (int i = 0; i < count; i++) {
            for (int r = 0; r < rows; r++) {
                double sum = 0;
                double size = 0;
                for (int k = 0; k < n; k++) {
                    double product = (double) w[3 + r * stride + k] * x[2 + i * n + k];
                    sum += product;
                    size += Math.abs(product);
                }
                float got = result[(i + 1) * (rows + 2) + 1 + r];
                assertEquals(sum, got, size * 1e-6 + 1e-44, rows + " x " + n + " x " + count);
            }
            one.set(0, x, 2 + i * n);
            for (int r = 0; r < rows; r++) {
                kernels.dots(w, 3 + r * stride, stride, 1, n, one, Rows.of(alone, rows, 1), r, 0, 1,
                        new float[Kernels.LANES]);
                assertEquals(alone[r], result[(i + 1) * (rows + 2) + 1 + r], "depends on its neighbours");
            }
            assertEquals(0, result[(i + 1) * (rows + 2)]);
            assertEquals(0, result[(i + 1) * (rows + 2) + rows + 1]);
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void gatesAreExactEnough(Kernels kernels) {
        Random random = new Random(4);
        float[] gate = floats(1_035, random);
        float[] up = floats(1_036, random);
        gate[1] = 1e30f;
        gate[2] = -1e30f;
        gate[3] = 0;
        float[] y = gate.clone();
        kernels.gate(y, 1, up, 2, 1_033);
        float[] plain = gate.clone();
        new ScalarKernels().gate(plain, 1, up, 2, 1_033);
        for (int i = 1; i < 1_034; i++) {
            double exact = gate[i] / (1 + Math.exp(-(double) gate[i])) * up[i + 1];
            assertEquals(exact, y[i], Math.abs(exact) * 1e-6 + 1e-6 * Math.abs(up[i + 1]));
            assertEquals(plain[i], y[i]);
        }
        assertEquals(gate[0], y[0]);
        assertEquals(gate[1_034], y[1_034]);
    }

    private static float[] floats(int count, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
