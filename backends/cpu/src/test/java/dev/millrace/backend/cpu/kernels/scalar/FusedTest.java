/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.scalar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import org.junit.jupiter.api.Test;

class FusedTest {

    @Test
    void emulatedHasTheSameBits() {
        Random random = new Random(1);
        for (int i = 0; i < 300_000; i++) {
            check(any(random, i), any(random, i), any(random, i));
        }
    }

    /** A sum that lies halfway between two floats but for a part that a double cannot hold. */
    @Test
    void roundsOnce() {
        check(1 + 0x1p-23f, 1 + 0x1p-23f, 0x1p30f);
        check(1 + 0x1p-12f, 1 + 0x1p-12f, 0x1p-40f);
        check(1 + 0x1p-12f, 1 + 0x1p-12f, -0x1p-80f);
        check(0x1p-75f, 0x1p-75f, 1);
        check(-0x1p-75f, 0x1p-75f, Float.MIN_VALUE);
        check(0x1p-100f, 0x1p-50f, 0x1p-149f);
    }

    private static float any(Random random, int i) {
        if (i % 3 == 0) {
            return Float.intBitsToFloat(random.nextInt());
        }
        int mantissa = i % 3 == 1 ? random.nextInt(1 << 23) : (random.nextInt(8) << 20) | random.nextInt(2);
        return Float.intBitsToFloat((random.nextInt(2) << 31) | ((110 + random.nextInt(34)) << 23) | mantissa);
    }

    private static void check(float a, float b, float c) {
        assertEquals(Math.fma(a, b, c), Fused.emulated(a, b, c), () -> a + " * " + b + " + " + c);
    }
}
