/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/** What a tool tells of itself, and how often that is passed on. */
class ToolProgressTest {

    @Test
    void neitherTheWayNorTheEndFloodsListeners() {
        List<Double> told = new ArrayList<>();
        ToolProgress progress = new ToolProgress((what, fraction) -> told.add(fraction), () -> false);
        long start = System.nanoTime();
        for (int i = 0; i < 200_000; i++) {
            progress.update("on the way", 0.5);
            progress.update("there", 1);
            progress.update("there", Double.NaN);
        }
        long milliseconds = (System.nanoTime() - start) / 1_000_000;
        // one at once, the end at once, and one more for each 50 ms that this took
        assertTrue(told.size() <= 2 + milliseconds / 50, told.size() + " in " + milliseconds + " ms");
        assertEquals(List.of(0.5, 1.0), told.subList(0, 2));
    }

    @Test
    void aCancelledCallIsTold() {
        ToolProgress progress = new ToolProgress((what, fraction) -> {
            throw new AssertionError("nobody listens any more");
        }, () -> true);
        assertThrows(CancellationException.class, () -> progress.update("x", 0));
    }
}
