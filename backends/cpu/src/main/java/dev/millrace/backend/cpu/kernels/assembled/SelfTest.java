/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * Compares products of machine code with their definition on a small matrix of made-up bits, for every number of vectors: results
 * must have the same bits. A processor or an emulator that does not do what it says is found before a model is computed with it.
 */
final class SelfTest {

    /**
     * So many rows are different, and the others are these again: their results are looked up, since the definition takes long while it
     * is not compiled. An odd number, so that lanes 4, 8 or 16 apart differ, as parts of SIMD vectors are.
     */
    private static final int ROWS = 5;
    /** With so many vectors inputs are compared, too; with others they have no other instructions. */
    private static final int INPUTS = 3;

    private final AssembledKernels kernels;
    private final AssembledKernels.Functions code;
    private final Packing packing;
    private final int lanes;
    private final int columns;

    SelfTest(AssembledKernels kernels, AssembledKernels.Functions code, Packing packing) {
        this.kernels = kernels;
        this.code = code;
        lanes = kernels.lanes();
        this.packing = packing;
        columns = packing.scales() == Packing.Scales.SUPER ? Packing.SUPER : 3 * Activations.BLOCK;
    }

    /** What is wrong, in a few words, or null. */
    @Nullable
    String difference() {
        try (Arena arena = Arena.ofConfined()) {
            Matrix matrix = matrix(new Random(1), arena);
            float[] x = new float[Activations.TILE * columns];
            Random random = new Random(2);
            for (int i = 0; i < x.length; i++) {
                x[i] = random.nextFloat() - 0.5f;
            }
            float[] expected = ScalarKernels.integers(matrix, 0, x, Activations.TILE, ROWS);
            QuadScratch scratch = new QuadScratch();
            for (int count = 1; count <= Activations.TILE; count++) {
                String difference = difference(matrix, x, count, expected, scratch);
                if (difference != null) {
                    return difference;
                }
            }
            return null;
        }
    }

    /** A group of random bits, in which rows repeat, with scales that are numbers of a usual size. */
    private Matrix matrix(Random random, Arena arena) {
        byte[] bits = new byte[Math.toIntExact(Matrix.bytes(lanes, columns, packing, lanes))];
        random.nextBytes(bits);
        for (int column = 0; column < columns; column += packing.block()) {
            for (int i = 0; i < packing.scaleLines(); i++) {
                shrink(bits, packing.scaleLine(column) + i);
            }
            if (packing.scales() == Packing.Scales.SUPER) {
                shrink(bits, packing.superLine(column));
            }
        }
        for (int at = 0; at < bits.length; at += Integer.BYTES * lanes) {
            for (int lane = ROWS; lane < lanes; lane++) {
                System.arraycopy(bits, at + lane % ROWS * Integer.BYTES, bits, at + lane * Integer.BYTES,
                        Integer.BYTES);
            }
        }
        Matrix matrix = new Matrix("self-test", lanes, columns, packing, lanes, arena.allocate(bits.length, 64));
        MemorySegment.copy(bits, 0, matrix.data(), ValueLayout.JAVA_BYTE, 0, bits.length);
        return matrix;
    }

    /** Clears the highest bit of all exponents in a line, whatever format it is in. */
    private void shrink(byte[] bits, int line) {
        for (int i = line * Integer.BYTES * lanes; i < (line + 1) * Integer.BYTES * lanes; i++) {
            bits[i] &= (byte) 0xbf;
        }
    }

    private @Nullable String difference(Matrix matrix, float[] x, int count, float[] expected,
            QuadScratch scratch) {
        Activations activations = new Activations();
        Activations.Place place = new Activations.Place();
        activations.integers(place, Activations.Form.QUADS, count, columns, packing);
        activations.makeRoom();
        for (int v = 0; v < count; v++) {
            kernels.quantise(code, x, v * columns, activations, place, v, scratch);
        }
        if (count == INPUTS) {
            byte[] prepared = activations.words.toArray(ValueLayout.JAVA_BYTE);
            for (int v = 0; v < count; v++) {
                new ScalarKernels().quantise(x, v * columns, activations, place, v, scratch);
            }
            if (activations.words.mismatch(MemorySegment.ofArray(prepared)) >= 0) {
                return "inputs of " + count + " vectors";
            }
        }
        kernels.multiply(code, matrix, 0, 1, activations, place, 0, scratch);
        float[] results = new float[count * lanes];
        MemorySegment.copy(scratch.results, ValueLayout.JAVA_FLOAT, 0, results, 0, results.length);
        for (int i = 0; i < results.length; i++) {
            float wanted = expected[i / lanes * lanes + i % lanes % ROWS];
            if (Float.compare(results[i], wanted) != 0) {
                return "products of " + count + " vectors: " + results[i] + " instead of " + wanted;
            }
        }
        return null;
    }
}
