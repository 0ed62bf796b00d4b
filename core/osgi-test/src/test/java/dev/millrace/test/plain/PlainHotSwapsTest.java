/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import dev.millrace.test.HotSwaps;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Moves under streaming conversations, on a plain class path. */
class PlainHotSwapsTest {

    /** Fewer than in the frameworks, which have the same code to do. */
    private static final int SWAPS = HotSwaps.SWAPS * 2 / 5;

    @Test
    @Timeout(3600)
    void answersAreTheSameWhileTheModelMovesToAndFro() throws Exception {
        try (Millrace millrace = Millrace.start()) {
            HotSwaps.Outcome outcome = HotSwaps.run(millrace, SWAPS, HotSwaps.betweenDevices(millrace));
            assertEquals(List.of(), outcome.wrong());
            assertEquals(SWAPS, outcome.moves());
            assertTrue(outcome.answers() > 0);
        }
    }
}
