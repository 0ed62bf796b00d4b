/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Parity is found where it is, and what is missing of it where not. */
class ParityContractTest {

    /** A backend with a fault. */
    @ExtendWith(ContractRun.Planted.class)
    static class Subject extends ParityContract {

        private final FaultyBackend backend;
        private final Program program;

        Subject(Fault fault) {
            backend = new FaultyBackend(fault);
            program = new FeatureModels(5).of(fault == Fault.DECLARES_WINDOWS ? Feature.WINDOW : Feature.ATTENTION);
        }

        @Override
        protected Backend backend() {
            return backend;
        }

        @Override
        protected Program program() {
            return program;
        }
    }

    @Test
    void aSoundBackendPasses() {
        ContractRun run = ContractRun.all(Subject.class, Fault.NONE);
        assertEquals(Map.of(), run.failed());
        assertEquals(1, run.succeeded());
    }

    @ParameterizedTest
    @CsvSource({"FORGETS_POSITIONS, of the answer", "DECLARES_WINDOWS, from the reference"})
    void aFaultIsReported(Fault fault, String words) {
        ContractRun run = ContractRun.all(Subject.class, fault);
        assertTrue(run.report().contains(words), run::report);
    }
}
