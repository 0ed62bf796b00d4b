/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import java.util.Objects;

/** A sequence in another process, by its number there. */
final class IsolatedSequence implements Sequence {

    private final IsolatedExecutor executor;
    private final int number;
    private int length;
    private boolean failed;
    private boolean closed;

    IsolatedSequence(IsolatedExecutor executor, int number, int length) {
        this.executor = executor;
        this.number = number;
        this.length = length;
    }

    boolean belongsTo(IsolatedExecutor other) {
        return executor == other;
    }

    int number() {
        return number;
    }

    /** Refuses use after close or failure. */
    void check() {
        executor.check();
        if (closed) {
            throw new IllegalStateException("This sequence is closed.");
        }
        if (failed) {
            throw new IllegalStateException(
                    "This sequence cannot be used any more, because computing it failed; start a new one.");
        }
    }

    void fail() {
        failed = true;
    }

    void read(int tokens) {
        length += tokens;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public Sequence fork() {
        check();
        return executor.fork(this);
    }

    @Override
    public boolean truncate(int kept) {
        check();
        Objects.checkIndex(kept, length + 1);
        if (kept != length && !executor.truncate(this, kept)) {
            return false;
        }
        length = kept;
        return true;
    }

    @Override
    public SequenceState export() {
        check();
        return executor.export(this);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            executor.forget(this);
        }
    }
}
