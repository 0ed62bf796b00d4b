/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.backend.cpu.Blocks;
import dev.millrace.backend.cpu.Packed;
import dev.millrace.backend.cpu.assembler.MachineCode;
import dev.millrace.backend.cpu.assembler.Processor;
import dev.millrace.backend.cpu.kernels.assembled.AssembledKernels;
import dev.millrace.backend.cpu.kernels.assembled.InstructionSet;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.kernels.vector.VectorKernels;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What kernels read of packed weights and make of inputs, against the plainest definitions; also run at other vector widths and
 * without the module.
 */
@Tag("parity")
public class KernelsTest {

    private static final int[] ROWS = {1, 3, 33};

    public static Stream<Kernels> kernels() {
        List<Kernels> all = new ArrayList<>();
        all.add(new ScalarKernels());
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            all.add(new VectorKernels());
        }
        all.addAll(assembled(all.getLast()));
        return all.stream().peek(Kernels::rehearse);
    }

    /** Machine code of all kinds that this processor runs. */
    public static List<Kernels> assembled(Kernels others) {
        try {
            return InstructionSet.of(Processor.here()).stream().filter(set -> AssembledKernels.suits(others, set))
                    .<Kernels>map(set -> new AssembledKernels(others, set)).toList();
        } catch (MachineCode.Refused e) {
            return List.of();
        }
    }

    /** Sizes that rows of a type can have: with blocks and super-blocks in odd numbers, or of no regular size at all. */
    public static int[] columns(TensorType type) {
        return switch (type.blockSize()) {
            case 1 -> new int[]{1, 2, 7, 33, 258, 1_024};
            case 32 -> new int[]{32, 96, 256, 1_792};
            default -> new int[]{256, 512, 1_024, 1_792};
        };
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void unpacksEveryType(Kernels kernels) {
        Random random = new Random(1);
        for (TensorType type : TensorType.values()) {
            for (int rows : ROWS) {
                for (int columns : columns(type)) {
                    compare(kernels, Packed.random(type, rows, columns, kernels, random));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void unpacksExtremeScalesAndCodes(Kernels kernels) {
        Random random = new Random(2);
        for (TensorType type : TensorType.values()) {
            if (!type.isQuantised()) {
                continue;
            }
            byte[] raw = Blocks.random(type, 3 * 512, random);
            for (float scale : new float[]{0, -0f, 65504, -65504, 0x1p-24f, -0x1.ffcp-15f}) {
                Blocks.scales(type, raw, scale, -scale);
                compare(kernels, Packed.of(type, 3, 512, raw, kernels));
                Blocks.scales(type, raw, 1, scale);
                compare(kernels, Packed.of(type, 3, 512, raw, kernels));
            }
            for (int fill : new int[]{0, 0xff, 0x80, 0x7f, 0x0f, 0xf0}) {
                Arrays.fill(raw, (byte) fill);
                Blocks.scales(type, raw, 0.5f, 0.25f);
                compare(kernels, Packed.of(type, 3, 512, raw, kernels));
            }
        }
    }

    /** The lowest are subnormal numbers; more than the last would not fit a float. */
    @ParameterizedTest
    @MethodSource("kernels")
    void unpacksEveryExponentOfMicroscaling(Kernels kernels) {
        byte[] raw = Blocks.random(TensorType.MXFP4, 253 * 32, new Random(3));
        for (int e = 0; e < 253; e++) {
            raw[e * 17] = (byte) e;
        }
        compare(kernels, Packed.of(TensorType.MXFP4, 253, 32, raw, kernels));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void unpacksEveryBitPatternOfSixteenBits(Kernels kernels) {
        for (TensorType type : new TensorType[]{TensorType.F16, TensorType.BF16}) {
            ByteBuffer raw = ByteBuffer.allocate(2 << 16).order(ByteOrder.LITTLE_ENDIAN);
            for (int i = 0; i < 1 << 16; i++) {
                float value = type == TensorType.F16 ? Float.float16ToFloat((short) i) : Float.intBitsToFloat(i << 16);
                raw.putShort(Float.isFinite(value) ? (short) i : 0); // others are refused
            }
            compare(kernels, Packed.of(type, 256, 256, raw.array(), kernels));
        }
    }

    private static void compare(Kernels kernels, Packed packed) {
        Matrix matrix = packed.matrix();
        float[] row = new float[matrix.columns() + 2];
        ScaleScratch scratch = new ScaleScratch(matrix.columns(), kernels.lanes());
        for (int r = 0; r < matrix.rows(); r++) {
            kernels.row(matrix, r, scratch, row, 1);
            for (int c = 0; c < matrix.columns(); c++) {
                compare(packed, r, c, row[1 + c]);
            }
            assertEquals(0, row[0]);
            assertEquals(0, row[matrix.columns() + 1]);
        }
        int lanes = kernels.lanes();
        float[] floats = new float[128 * lanes];
        short[] shorts = new short[128 * lanes];
        for (int group = 0; group < matrix.groups(); group++) {
            kernels.scales(matrix, group, scratch);
            for (int first = 0; first < matrix.columns(); first += 128) {
                int count = Math.min(128, matrix.columns() - first);
                boolean integers = matrix.packing().integers() && matrix.packing().codes() != Packing.Codes.BYTES;
                if (integers) {
                    kernels.unpack(matrix, group, first, count, shorts);
                }
                kernels.unpack(matrix, group, first, count, scratch, new short[shorts.length], floats);
                for (int lane = 0; lane < lanes; lane++) {
                    for (int c = 0; c < count; c++) {
                        compare(packed, group * lanes + lane, first + c, floats[c * lanes + lane]);
                        if (integers) {
                            int code = shorts[c / 2 * 2 * lanes + 2 * lane + c % 2];
                            compare(packed, group * lanes + lane, first + c,
                                    scaled(matrix, code, scratch, lane, first + c));
                        }
                    }
                }
            }
        }
    }

    private static float scaled(Matrix matrix, int code, ScaleScratch scratch, int lane, int column) {
        int scale = column / matrix.packing().block() * matrix.lanes() + lane;
        return code * scratch.scales[scale] + (matrix.packing().minima() ? scratch.minima[scale] : 0);
    }

    /** Equal to the last bit; where a minimum is added there are roundings. Rows that fill up the last group are zeros. */
    private static void compare(Packed packed, int row, int column, float got) {
        boolean stored = row < packed.matrix().rows();
        double expected = stored ? packed.weight(row, column) : 0;
        double bound = stored && Blocks.minima(packed.type()) ? 1e-6 * packed.size(row, column) : 0;
        assertTrue(Math.abs((float) expected - got) <= bound || (float) expected == got
                || (Double.isNaN(expected) && Float.isNaN(got)),
                () -> packed.type() + " row " + row + " column " + column + ": " + got + ", not " + expected);
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void quantisesToTheNearestStep(Kernels kernels) {
        for (TensorType type : new TensorType[]{TensorType.Q4_0, TensorType.Q2_K, TensorType.Q6_K}) {
            for (float[] x : inputs(256)) {
                Activations.Place place = new Activations.Place();
                Activations got = quantised(kernels, x, place, type);
                int width = Activations.TILE;
                int block = Packing.of(type, 256).run();
                for (int i = 0; i < x.length; i++) {
                    float step = got.scales[place.scale(1) + i / 32 * width];
                    int q = code(got, place, i);
                    assertEquals(x[i], q * (double) step, step * 0.50002, "column " + i);
                    assertTrue(Math.abs(q) <= 127, "column " + i);
                }
                for (int b = 0; b < x.length / block; b++) {
                    int even = 0;
                    int odd = 0;
                    for (int i = b * block; i < (b + 1) * block; i += 2) {
                        even += code(got, place, i);
                        odd += code(got, place, i + 1);
                    }
                    int sum = got.sums[place.sum(1) + b * width];
                    assertEquals(even, (short) sum);
                    assertEquals(odd, sum >> 16);
                    float step = got.scales[place.scale(1) + b * block / 32 * width];
                    assertEquals((even + odd) * step, got.totals[place.sum(1) + b * width]);
                }
                Activations plain = quantised(new ScalarKernels(), x, new Activations.Place(), type);
                assertArrayEquals(plain.pairs, got.pairs);
                assertArrayEquals(plain.scales, got.scales);
                assertArrayEquals(plain.sums, got.sums);
                assertArrayEquals(plain.totals, got.totals);
            }
        }
    }

    /** Inputs so small that the inverse of their step is infinite become zeros, never something that is no number. */
    @ParameterizedTest
    @MethodSource("kernels")
    void quantisesSubnormalInputs(Kernels kernels) {
        float[] x = new float[256];
        for (float size : new float[]{1e-36f, 1e-38f, 1e-42f, Float.MIN_VALUE}) {
            for (int i = 0; i < x.length; i++) {
                x[i] = (i % 3 - 1) * size;
            }
            Activations.Place place = new Activations.Place();
            Activations got = quantised(kernels, x, place, TensorType.Q4_0);
            for (int i = 0; i < x.length; i++) {
                assertEquals(x[i], code(got, place, i) * got.scales[place.scale(1) + i / 32 * Activations.TILE], 1e-36);
            }
            for (float total : got.totals) {
                assertTrue(Float.isFinite(total));
            }
        }
    }

    private static int code(Activations x, Activations.Place place, int column) {
        return (short) (x.pairs[place.pair(1) + column / 2 * place.width] >> (16 * (column % 2)));
    }

    private static Activations quantised(Kernels kernels, float[] x, Activations.Place place, TensorType type) {
        Activations activations = new Activations();
        activations.integers(place, Activations.Form.PAIR_TILES, 3, x.length, Packing.of(type, x.length));
        activations.makeRoom();
        float[] shifted = new float[x.length + 3];
        System.arraycopy(x, 0, shifted, 3, x.length);
        kernels.quantise(shifted, 3, activations, place, 1, new QuadScratch());
        return activations;
    }

    /** Digits times unmasked, shifted words give the sum of codes times inputs, modulo 2^16. */
    @ParameterizedTest
    @MethodSource("kernels")
    void digitsStandForInputs(Kernels kernels) {
        if (kernels.form(Packing.of(TensorType.Q4_0, 256), 1) != Activations.Form.DELTAS) {
            return;
        }
        Random random = new Random(5);
        for (int round = 0; round < 200; round++) {
            deltas(kernels, TensorType.Q4_0, new int[]{0, 4, 8, 12}, random);
            deltas(kernels, TensorType.Q6_K, new int[]{0, 6, 12, 0, 6, 12, 0, 6, 12, 14}, random);
        }
    }

    private static void deltas(Kernels kernels, TensorType type, int[] shifts, Random random) {
        Packing packing = Packing.of(type, 256);
        int columns = packing.codes().columns();
        int words = packing.codes().ints();
        Activations x = new Activations();
        Activations.Place place = new Activations.Place();
        x.integers(place, Activations.Form.DELTAS, 3, Activations.BLOCK, packing);
        x.makeRoom();
        int[] inputs = random.ints(Activations.BLOCK, -127, 128).toArray();
        inputs[0] = 127; // the largest, so that a step is 1
        float[] values = new float[Activations.BLOCK];
        for (int i = 0; i < values.length; i++) {
            values[i] = inputs[i];
        }
        kernels.quantise(values, 0, x, place, 1, new QuadScratch());
        int at = place.pair(1);
        for (int first = 0; first < Activations.BLOCK; first += columns) {
            int[] codes = random.ints(columns / 2, 0, 1 << (16 * words / (columns / 2))).toArray();
            int[] word = word(packing.codes(), codes);
            for (int half = 0; half < 2; half++) {
                int expected = 0;
                for (int k = 0; k < codes.length; k++) {
                    expected += codes[k] * inputs[first + 2 * k + half];
                }
                int sum = 0;
                for (int k = 0; k < shifts.length; k++) {
                    int delta = x.words.getAtIndex(ValueLayout.JAVA_INT, at + k);
                    sum += (word[Math.min(k / 3, words - 1)] >>> shifts[k]) * (short) (delta >> (16 * half));
                }
                assertEquals((short) expected, (short) sum, type.name());
            }
            at += shifts.length;
        }
    }

    private static int[] word(Packing.Codes codes, int[] c) {
        return switch (codes) {
            case NIBBLES -> new int[]{c[0] | c[1] << 4 | c[2] << 8 | c[3] << 12};
            default -> new int[]{c[0] | c[1] << 6 | (c[6] & 15) << 12, c[2] | c[3] << 6 | (c[7] & 15) << 12,
                    c[4] | c[5] << 6 | c[6] >> 4 << 12 | c[7] >> 4 << 14};
        };
    }

    /** Usual inputs, and those that could go wrong. */
    public static float[][] inputs(int columns) {
        Random random = new Random(4);
        float[][] x = new float[11][];
        x[0] = floats(columns, random);
        x[1] = new float[columns];
        x[2] = floats(columns, random);
        x[3] = floats(columns, random);
        x[4] = floats(columns, random);
        for (int i = 5; i < x.length; i++) {
            x[i] = new float[columns];
        }
        for (int i = 0; i < columns; i++) {
            x[2][i] *= 1e30f;
            x[3][i] *= 1e-30f;
            x[5][i] = 127;
            x[6][i] = -127;
            x[7][i] = i % 2 == 0 ? 127 : -127;
            x[8][i] = i / 2 % 2 == 0 ? 127 : -127;
            x[9][i] = i / 16 % 2 == 0 ? 127 : -127;
            x[10][i] = (i % 255 - 127) * 0.5f; // halves of a step
        }
        x[4][columns / 2] = 10_000;
        return x;
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void otherGatesAreExactEnough(Kernels kernels) {
        Random random = new Random(5);
        float[] gate = floats(1_035, random);
        float[] up = floats(1_036, random);
        for (int i = 0; i < gate.length; i++) {
            gate[i] *= 4;
            up[i] *= 4;
        }
        gate[1] = 1e30f;
        gate[2] = -1e30f;
        gate[3] = 0;
        float[] gelu = gate.clone();
        float[] clamped = gate.clone();
        kernels.gelu(gelu, 1, up, 2, 1_033);
        kernels.clampedSwiglu(1.702f, 2, clamped, 1, up, 2, 1_033);
        for (int i = 1; i <= 1_033; i++) {
            double g = gate[i];
            double u = up[i + 1];
            double exact = g / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (g + 0.044715 * g * g * g))) * u;
            assertEquals(exact, gelu[i], 1e-6 * Math.max(1, Math.abs(exact)), "gelu " + g);
            double c = Math.min(g, 2);
            exact = c / (1 + Math.exp(-1.702f * c)) * (Math.clamp(u, -2, 2) + 1);
            assertEquals(exact, clamped[i], 2e-6 * Math.max(1, Math.abs(exact)), "clamped " + g);
        }
        assertEquals(gate[0], gelu[0]);
        assertEquals(gate[1_034], gelu[1_034]);
        assertEquals(gate[0], clamped[0]);
        assertEquals(gate[1_034], clamped[1_034]);
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
        kernels.silu(y, 1, up, 2, 1_033);
        float[] plain = gate.clone();
        new ScalarKernels().silu(plain, 1, up, 2, 1_033);
        for (int i = 1; i < 1_034; i++) {
            double exact = gate[i] / (1 + Math.exp(-(double) gate[i])) * up[i + 1];
            assertEquals(exact, y[i], Math.abs(exact) * 1e-6 + 1e-6 * Math.abs(up[i + 1]));
            assertEquals(plain[i], y[i]);
        }
        assertEquals(gate[0], y[0]);
        assertEquals(gate[1_034], y[1_034]);
    }

    public static float[] floats(int count, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
