/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.scalar;

/**
 * Multiplication and addition, rounded once. Java computes that with numbers of any length where the processor has no instruction for
 * it (x86 without FMA), a thousand times slower; there it is made of two operations in double, with the same bits.
 */
final class Fused {

    private static final int TRIALS = 64;
    /** A trial takes some 20 nanoseconds with the instruction, and more than 300 without. */
    private static final long FAST_NANOS = 120L * TRIALS;

    private static final boolean INSTRUCTION = instruction();

    private Fused() {
    }

    /** {@code a * b + c}. */
    static float fma(float a, float b, float c) {
        return INSTRUCTION ? Math.fma(a, b, c) : emulated(a, b, c);
    }

    /**
     * The same without the instruction. The product is exact in double. Their sum is rounded to odd: if it is not exact, its last bit
     * is set, and so it lies on the right side of what is halfway between two floats (Boldo and Melquiond, 2008).
     */
    static float emulated(float a, float b, float c) {
        double product = (double) a * b;
        double sum = product + c;
        double part = sum - product;
        double rest = product - (sum - part) + (c - part);
        if (rest != 0 && Double.isFinite(sum)) {
            long bits = Double.doubleToRawLongBits(sum);
            if ((bits & 1) == 0) {
                sum = Double.longBitsToDouble(rest > 0 == sum > 0 ? bits + 1 : bits - 1);
            }
        }
        return (float) sum;
    }

    /** Whether there is an instruction, by the time it takes. A wrong answer costs time and changes no bit. */
    private static boolean instruction() {
        float y = 0;
        for (int round = 0; round < 5; round++) {
            long begin = System.nanoTime();
            for (int i = 0; i < TRIALS; i++) {
                y = Math.fma(y, 0.7f, 0.3f);
            }
            if (System.nanoTime() - begin < FAST_NANOS && y < 2) {
                return true;
            }
        }
        return false;
    }
}
