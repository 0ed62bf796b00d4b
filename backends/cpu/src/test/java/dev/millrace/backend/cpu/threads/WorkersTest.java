/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.threads;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.millrace.api.BackendException;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

/** Every unit is done exactly once, and failures come back. */
class WorkersTest {

    @Test
    void everyUnitIsDoneOnce() {
        for (int count : new int[]{1, 2, 5}) {
            try (Workers workers = new Workers(count)) {
                for (int round = 0; round < 20_000; round++) {
                    int units = 1 + round % 13;
                    AtomicIntegerArray done = new AtomicIntegerArray(units);
                    workers.run((worker, unit, of) -> done.incrementAndGet(unit), units);
                    for (int i = 0; i < units; i++) {
                        assertEquals(1, done.get(i));
                    }
                }
                AtomicIntegerArray items = new AtomicIntegerArray(1_003);
                workers.run((worker, from, to) -> {
                    for (int i = from; i < to; i++) {
                        items.incrementAndGet(i);
                    }
                }, items.length(), 1_000_000);
                for (int i = 0; i < items.length(); i++) {
                    assertEquals(1, items.get(i));
                }
            }
        }
    }

    @Test
    void failuresReachTheCaller() {
        try (Workers workers = new Workers(3)) {
            for (int failing = 0; failing < 9; failing++) {
                int which = failing;
                InternalError error = new InternalError("a fault occurred");
                BackendException thrown = assertThrows(BackendException.class, () -> workers.run((worker, unit, of) -> {
                    if (unit == which) {
                        throw error;
                    }
                }, 9));
                assertSame(error, thrown.getCause());
                workers.run((worker, unit, of) -> {
                }, 9);
            }
        }
    }
}
