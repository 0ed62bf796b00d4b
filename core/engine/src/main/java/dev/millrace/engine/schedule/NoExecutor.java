/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.util.List;

/**
 * Stands where an executor was left alone, until there is another.
 *
 * @param problem why
 */
record NoExecutor(BackendException problem) implements Executor {

    @Override
    public Limits limits() {
        return Limits.of(1);
    }

    @Override
    public Sequence newSequence() {
        throw problem;
    }

    @Override
    public Sequence newSequence(SequenceState state) {
        throw problem;
    }

    @Override
    public void forward(List<Step> steps) {
        throw problem;
    }

    @Override
    public void close() {
        // there is nothing
    }
}
