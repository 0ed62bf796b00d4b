/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.KeyValueType;
import dev.millrace.spi.backend.Executor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;

/** Loading tells how far it is, can be stopped, and leaves nothing behind then. */
abstract class LoadTests {

    private final Bench bench;

    LoadTests(Bench bench) {
        this.bench = bench;
    }

    private List<Double> progress() {
        List<Double> fractions = new ArrayList<>();
        bench.backend().load(bench.program(), bench.device(), bench.options(),
                (what, fraction) -> fractions.add(fraction)).close();
        return fractions;
    }

    @Test
    void loadingTellsItsProgress() {
        List<Double> fractions = progress();
        assertFalse(fractions.isEmpty(), "load never calls its progress, so nobody sees it work or can stop it");
        assertTrue(fractions.stream().allMatch(f -> f >= 0 && f <= 1), fractions::toString);
        assertEquals(1, fractions.getLast(), "the last fraction");
    }

    @Test
    void loadingCanBeCancelledAtEveryStep() throws IOException {
        List<Double> all = progress();
        Map<String, String> before = ProcessProbe.threads();
        for (int stop : new int[]{1, (all.size() + 1) / 2, all.size()}) {
            int[] calls = {0};
            assertThrows(CancellationException.class, () -> bench.backend().load(bench.program(), bench.device(),
                    bench.options(), (what, fraction) -> {
                        if (++calls[0] == stop) {
                            throw new CancellationException("enough");
                        }
                    }), "what progress throws comes out of load");
        }
        ProcessProbe.assertNoMoreThreads(before);
    }

    @Test
    void everyTypeOfKeysAndValuesCanBeAskedFor() {
        for (KeyValueType type : KeyValueType.values()) {
            try (Executor executor = bench.load(bench.options().withKeyValues(type))) {
                float[] logits = bench.feeder(executor).feed(executor.newSequence(), bench.tokens(5, 31));
                assertEquals(0, Feeder.distance(logits, logits), () -> type + " gives logits that are no numbers");
            }
        }
    }
}
