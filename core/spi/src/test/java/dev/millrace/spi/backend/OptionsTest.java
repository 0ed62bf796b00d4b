/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import org.junit.jupiter.api.Test;

/** Values that are changed one by one, each change keeping the others. */
class OptionsTest {

    @Test
    void limitsPromiseNothingUnlessAsked() {
        Limits limits = Limits.of(7);
        assertEquals(7, limits.batchTokens());
        assertEquals(Integer.MAX_VALUE, limits.sequences());
        assertFalse(limits.exchangesStates());
        assertFalse(limits.sharesForks());
        assertEquals(0, limits.rollback());
    }

    @Test
    void eachLimitKeepsTheOthers() {
        Limits all = Limits.of(7).withSameBits(true).withRollback(3).withSharedForks(true).withStates(true)
                .withSequences(5);
        assertEquals(
                "Limits[batchTokens=7, sequences=5, exchangesStates=true, sharesForks=true, rollback=3, sameBits=true]",
                all.toString());
        assertEquals(Limits.ANY_ROLLBACK, all.withRollback(Limits.ANY_ROLLBACK).rollback());
        assertFalse(all.withStates(false).exchangesStates());
        assertTrue(all.exchangesStates());
    }

    @Test
    void limitsThatLeaveNoRoomAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Limits.of(0));
        assertThrows(IllegalArgumentException.class, () -> Limits.of(1).withSequences(0));
        assertThrows(IllegalArgumentException.class, () -> Limits.of(1).withRollback(-1));
    }

    @Test
    void eachLoadOptionKeepsTheOthers() {
        LoadOptions plain = LoadOptions.of(64);
        assertEquals(0, plain.threads());
        assertEquals(Precision.FAST, plain.precision());
        assertEquals(KeyValueType.AUTO, plain.keyValues());
        LoadOptions all = plain.withKeyValues(KeyValueType.F32).withPrecision(Precision.EXACT).withThreads(3)
                .withContext(65);
        assertEquals("LoadOptions[context=65, threads=3, precision=EXACT, keyValues=F32]", all.toString());
        assertEquals(64, plain.context());
    }

    @Test
    void loadOptionsOutOfRangeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> LoadOptions.of(0));
        assertThrows(IllegalArgumentException.class, () -> LoadOptions.of(1).withContext(-1));
        assertThrows(IllegalArgumentException.class, () -> LoadOptions.of(1).withThreads(-1));
        assertThrows(IllegalArgumentException.class,
                () -> LoadOptions.of(1).withThreads(ModelOptions.MOST_THREADS + 1));
        assertEquals(ModelOptions.MOST_THREADS, LoadOptions.of(1).withThreads(ModelOptions.MOST_THREADS).threads());
    }
}
