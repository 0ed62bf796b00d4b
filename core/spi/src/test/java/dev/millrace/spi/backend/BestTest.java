/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The largest logits, as the host chooses them. */
class BestTest {

    private static final float NONE = Float.NEGATIVE_INFINITY;

    private static int[] ids(Best best) {
        return IntStream.range(0, best.size()).map(best::id).toArray();
    }

    private static Best chosen(Best best, float... row) {
        best.choose(row);
        return best;
    }

    @Test
    void theLargestComeFirstAndTheLowerIdWhereTwoAreEqual() {
        Best best = chosen(new Best(6).count(4), 1, 3, 2, 3, 3, -1);
        assertArrayEquals(new int[]{1, 3, 4, 2}, ids(best));
        assertEquals(3, best.logit(2));
        assertEquals(2, best.logit(3));
        assertArrayEquals(new int[]{0, 1}, ids(chosen(new Best(6).count(2), new float[6])));
        assertArrayEquals(new int[]{1}, ids(chosen(new Best(6), 1, 3, 2, 3, 3, -1)));
    }

    @Test
    void theSumIsOverTheWholeRow() {
        // log(e^1 + e^2 + e^3)
        assertEquals(3.407606f, chosen(new Best(3), 1, 2, 3).logSum(), 1e-6);
        // no overflow on the way
        assertEquals(1000 + 0.6931472f, chosen(new Best(2), 1000, 1000).logSum(), 1e-4);
    }

    @Test
    void aSortedRowAgrees() {
        Random random = new Random(5);
        for (int round = 0; round < 200; round++) {
            int size = 1 + random.nextInt(200);
            float[] row = new float[size];
            for (int i = 0; i < size; i++) {
                // few values, so that many are equal
                row[i] = random.nextInt(1 + round) - round / 2f;
            }
            int count = 1 + random.nextInt(size + 3);
            int[] expected = IntStream.range(0, size).boxed()
                    .sorted((a, b) -> row[a] == row[b] ? a - b : Float.compare(row[b], row[a])).limit(count)
                    .mapToInt(i -> i).toArray();
            assertArrayEquals(expected, ids(chosen(new Best(size).count(count), row.clone())));
        }
    }

    @Test
    void tokensOutsideTheMaskDoNotCount() {
        Best best = new Best(130).count(5).allow(new long[]{1L << 3, 1L << 63, 1L << 1});
        float[] row = new float[130];
        for (int i = 0; i < row.length; i++) {
            row[i] = i;
        }
        row[5] = Float.NaN;
        best.choose(row);
        assertArrayEquals(new int[]{129, 127, 3}, ids(best));
        assertEquals(129 + Math.log(1 + Math.exp(-2) + Math.exp(-126)), best.logSum(), 1e-4);
        best.allow(new long[3]).choose(row);
        assertEquals(0, best.size());
        assertEquals(NONE, best.logSum());
        best.allow(null).count(1);
        row[5] = 500;
        best.choose(row);
        assertArrayEquals(new int[]{5}, ids(best));
    }

    @Test
    void penaltiesComeBeforeTheChoice() {
        Best best = new Best(4).count(4).penalise(new int[]{0, 1, 3}, new float[]{2, 2, 1}, new float[]{0, 0, 0.5f}, 3);
        best.choose(new float[]{4, -1, 1, 2});
        assertArrayEquals(new int[]{0, 3, 2, 1}, ids(best));
        assertEquals(2, best.logit(0));
        assertEquals(1.5f, best.logit(1));
        assertEquals(-2, best.logit(3));
        // those beyond the count are not looked at
        best.penalise(new int[]{0, 99}, new float[]{2, 0}, new float[2], 1).choose(new float[]{4, -1, 1, 2});
        assertEquals(2, best.logit(0));
    }

    @Test
    void whatIsNoNumberIsNotChosenAndShowsInTheSum() {
        Best best = chosen(new Best(4).count(4), Float.NaN, 1, NONE, 2);
        assertArrayEquals(new int[]{3, 1}, ids(best));
        assertTrue(Float.isNaN(best.logSum()));
        best = chosen(new Best(3).count(3), Float.NaN, Float.NaN, Float.NaN);
        assertEquals(0, best.size());
        assertTrue(Float.isNaN(best.logSum()));
        best = chosen(new Best(3).count(3), NONE, NONE, NONE);
        assertEquals(0, best.size());
        assertEquals(NONE, best.logSum());
        best = chosen(new Best(3).count(1), 1, Float.POSITIVE_INFINITY, 2);
        assertArrayEquals(new int[]{1}, ids(best));
        assertEquals(Float.POSITIVE_INFINITY, best.logSum());
    }

    @Test
    void wrongQuestionsAreRefused() {
        Best best = new Best(65);
        assertThrows(IllegalArgumentException.class, () -> best.count(0));
        assertThrows(IllegalArgumentException.class, () -> best.allow(new long[1]));
        int[] ids = {65};
        float[] ones = {1};
        assertThrows(IllegalArgumentException.class, () -> best.penalise(ids, ones, ones, 1));
        assertThrows(IllegalArgumentException.class, () -> best.penalise(new int[]{-1}, ones, ones, 1));
        assertThrows(IllegalArgumentException.class, () -> best.penalise(new int[1], new float[1], ones, 1));
        assertThrows(IllegalArgumentException.class,
                () -> best.penalise(new int[1], new float[]{Float.NaN}, ones, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> best.penalise(new int[1], ones, ones, 2));
        assertThrows(IndexOutOfBoundsException.class, () -> best.penalise(new int[2], ones, ones, 2));
        assertEquals(65, best.count(1000).count());
    }

    @Test
    void aBackendHandsInWhatItFound() {
        Best best = new Best(100).count(2);
        best.put(0, 42, 3);
        best.put(1, 7, 1);
        best.found(2, 4);
        assertArrayEquals(new int[]{42, 7}, ids(best));
        assertEquals(4, best.logSum());
        assertThrows(IndexOutOfBoundsException.class, () -> best.put(2, 1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> best.found(3, 1));
        best.found(1, 4);
        assertThrows(IndexOutOfBoundsException.class, () -> best.id(1));
        assertThrows(IndexOutOfBoundsException.class, () -> best.logit(1));
    }
}
