/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frequencies against values computed by hand from the papers' formulas. */
class RopeTest {

    private static Position.Rope rope(int dimensions, float base, Position.Scaling scaling) {
        return new Position.Rope(dimensions, base, Position.Order.HALVES, scaling);
    }

    private static void assertFrequency(double expected, Position.Rope rope, int pair) {
        assertEquals(expected, rope.frequencies(1)[pair], 1e-9 * expected, "pair " + pair);
    }

    @Test
    void plain() {
        Position.Rope rope = new Position.Rope(8, 10_000);
        assertArrayEquals(new double[]{1, 0.1, 0.01, 0.001}, rope.frequencies(1), 1e-15);
        assertEquals(1, rope.magnitude(1 << 20));
        assertEquals(Position.Order.HALVES, rope.order());
    }

    @Test
    void linearAndDivisors() {
        assertArrayEquals(new double[]{0.25, 0.025, 0.0025, 0.00025},
                rope(8, 10_000, new Position.Scaling.Linear(4)).frequencies(9), 1e-15);
        assertArrayEquals(new double[]{1, 0.05, 0.0025, 0.0002},
                rope(8, 10_000, new Position.Scaling.Divisors(List.of(1f, 2f, 4f, 5f))).frequencies(9), 1e-15);
    }

    /** Llama 3.1: theta 500 000, heads of 128, factor 8, 1 and 4, 8192 tokens. */
    @Test
    void llama3() {
        Position.Rope rope = rope(128, 500_000, new Position.Scaling.Llama3(8, 1, 4, 8192));
        // short wavelengths stay
        assertFrequency(1, rope, 0);
        assertFrequency(0.003211445994752591, rope, 28);
        // those between are mixed
        assertFrequency(0.002166570763503359, rope, 29);
        assertFrequency(0.0013718935677611381, rope, 30);
        assertFrequency(0.0001785078127679964, rope, 34);
        // long ones are divided by 8
        assertFrequency(9.556212353964683e-05, rope, 35);
        assertFrequency(3.068925988914511e-07, rope, 63);
        assertEquals(1, rope.magnitude(1));
    }

    /** gpt-oss: theta 150 000, heads of 64, factor 32, 4096 tokens, 32 and 1 turns. */
    @Test
    void yarn() {
        float attention = Position.Scaling.Yarn.attention(32);
        assertEquals(1.3465736f, attention);
        assertEquals(1, Position.Scaling.Yarn.attention(0.5f));
        Position.Rope smooth = rope(64, 150_000, new Position.Scaling.Yarn(32, 4096, 32, 1, false, attention));
        assertFrequency(1, smooth, 0);
        assertFrequency(0.050813274815461475, smooth, 8);
        assertFrequency(0.03170569618466377, smooth, 9);
        assertFrequency(0.006794959489732219, smooth, 12);
        assertFrequency(0.0001293187012450632, smooth, 17);
        assertFrequency(3.8308812373753384e-05, smooth, 18);
        assertEquals(attention, smooth.magnitude(9));
        Position.Rope whole = rope(64, 150_000, new Position.Scaling.Yarn(32, 4096, 32, 1, true, attention));
        assertFrequency(0.031620752275346484, whole, 9);
        assertFrequency(0.007015713910504388, whole, 12);
        assertFrequency(0.00022794779579512524, whole, 17);
        assertFrequency(3.0235114281192144e-07, whole, 31);
    }

    @Test
    void longRopeDependsOnTheLength() {
        Position.Rope rope = rope(4, 100,
                new Position.Scaling.LongRope(List.of(1f, 2f), List.of(4f, 8f), 16, 1.5f, 3));
        assertArrayEquals(new double[]{1, 0.05}, rope.frequencies(16), 1e-15);
        assertArrayEquals(new double[]{0.25, 0.0125}, rope.frequencies(17), 1e-15);
        assertEquals(1.5, rope.magnitude(16));
        assertEquals(3, rope.magnitude(17));
    }

    @Test
    void ropesThatCannotTurnAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Position.Rope(7, 10_000));
        assertThrows(IllegalArgumentException.class, () -> new Position.Rope(0, 10_000));
        assertThrows(IllegalArgumentException.class, () -> new Position.Rope(8, 0));
        assertThrows(IllegalArgumentException.class, () -> new Position.Rope(8, Float.NaN));
        assertThrows(IllegalArgumentException.class, () -> new Position.Rope(8, Float.POSITIVE_INFINITY));
        List<Float> three = Collections.nCopies(3, 1f);
        List<Float> four = Collections.nCopies(4, 1f);
        assertThrows(IllegalArgumentException.class, () -> rope(8, 10_000, new Position.Scaling.Divisors(three)));
        assertThrows(IllegalArgumentException.class,
                () -> rope(8, 10_000, new Position.Scaling.LongRope(four, three, 16, 1, 1)));
        assertThrows(IllegalArgumentException.class,
                () -> rope(8, 10_000, new Position.Scaling.LongRope(three, four, 16, 1, 1)));
    }
}
