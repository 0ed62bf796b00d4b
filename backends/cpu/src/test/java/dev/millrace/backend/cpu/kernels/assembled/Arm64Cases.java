/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.assembler.Arm64Assembler;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;

/**
 * Writes arm64 kernels with inputs and the results of the scalar kernels into a file, for {@code run-arm64.c} to run and to compare them
 * on a processor or an emulator: see docs/backends/cpu.md. Arguments: the file, rounds over all packings, and
 * the instruction set, {@code neon-dotprod} or {@code neon-i8mm}.
 */
final class Arm64Cases {

    private static final int HEADER = 12;

    private Arm64Cases() {
    }

    /** Writes the file. */
    public static void main(String[] args) throws IOException {
        Random random = new Random(1);
        InstructionSet set = InstructionSet.valueOf(args[2].toUpperCase(Locale.ROOT).replace('-', '_'));
        int cases = 0;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(Path.of(args[0])))) {
            for (int round = 0; round < Integer.parseInt(args[1]); round++) {
                for (TensorType type : TensorType.values()) {
                    Packing packing = Packing.of(type, 2);
                    for (int count = 1; packing.integers() && count <= Activations.TILE; count++) {
                        write(packing, round % 2 == 0 ? 8 : 16, count, set, random, out);
                        cases++;
                    }
                }
            }
        }
        System.out.println(cases + " cases");
    }

    private static void write(Packing packing, int lanes, int count, InstructionSet set, Random random,
            OutputStream out) throws IOException {
        int step = packing.scales() == Packing.Scales.SUPER ? Packing.SUPER : Activations.BLOCK;
        int columns = step * (1 + random.nextInt(4));
        int groups = 1 + random.nextInt(3);
        Arm64Assembler assembler = new Arm64Assembler();
        int begin = Arm64ProductCode.functions(assembler, packing, lanes, set)[count - 1];
        byte[] bits = new byte[Math.toIntExact(Matrix.bytes((long) groups * lanes, columns, packing, lanes))];
        random.nextBytes(bits);
        for (int i = 1; i < bits.length; i += 2) {
            bits[i] &= (byte) 0xbf; // scales are numbers then; codes are any but for one bit
        }
        float[] x = new float[count * columns];
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        Activations activations = new Activations();
        Activations.Place place = new Activations.Place();
        activations.integers(place, Activations.Form.QUADS, count, columns, packing);
        activations.makeRoom();
        for (int v = 0; v < count; v++) {
            new ScalarKernels().quantise(x, v * columns, activations, place, v, new QuadScratch());
        }
        byte[] words = activations.words.asSlice(4L * place.tile(0)).toArray(ValueLayout.JAVA_BYTE);
        ByteBuffer results = ByteBuffer.allocate(4 * count * groups * lanes).order(ByteOrder.LITTLE_ENDIAN);
        Matrix matrix;
        try (Arena arena = Arena.ofConfined()) {
            matrix = new Matrix("case", groups * lanes, columns, packing, lanes, arena.allocate(bits.length, 64));
            MemorySegment.copy(bits, 0, matrix.data(), ValueLayout.JAVA_BYTE, 0, bits.length);
            for (int g = 0; g < groups; g++) {
                float[] expected = ScalarKernels.integers(matrix, g, x, count);
                for (int v = 0; v < count; v++) {
                    for (int i = 0; i < lanes; i++) {
                        results.putFloat(4 * ((v * groups + g) * lanes + i), expected[v * lanes + i]);
                    }
                }
            }
        }
        byte[] code = assembler.code();
        long part = Math.min(2 * 16, 4 * lanes);
        ByteBuffer header = ByteBuffer.allocate(HEADER * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : new long[]{code.length, begin, bits.length, words.length, results.capacity(), groups,
                matrix.groupBytes(),
                columns / (packing.scales() == Packing.Scales.SUPER ? Packing.SUPER : packing.block()),
                4L * groups * lanes, 4L * lanes, 4L * lanes / part, part}) {
            header.putLong(value);
        }
        for (byte[] bytes : new byte[][]{header.array(), code, bits, words, results.array()}) {
            out.write(bytes);
        }
    }
}
