/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import java.util.Arrays;
import java.util.Objects;

/** A row of a cache set, and the tokens behind it. */
final class OnnxSequence implements Sequence {

    private final OnnxExecutor executor;
    private CacheSet caches;
    private int row;
    private int[] tokens;
    private int length;
    private boolean failed;
    private boolean closed;

    OnnxSequence(OnnxExecutor executor, CacheSet caches, int row, int[] tokens) {
        this.executor = executor;
        this.caches = caches.hold();
        this.row = row;
        this.tokens = tokens;
        this.length = tokens.length;
    }

    boolean belongsTo(OnnxExecutor other) {
        return executor == other;
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

    CacheSet caches() {
        return caches;
    }

    int row() {
        return row;
    }

    /** Continues with another row that stands for the same tokens, or for more that are appended next. */
    void become(CacheSet next, int nextRow) {
        next.hold();
        caches.release();
        caches = next;
        row = nextRow;
    }

    void append(int token) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(64, 2 * length));
        }
        tokens[length++] = token;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public Sequence fork() {
        check();
        return executor.adopt(new OnnxSequence(executor, caches, row, Arrays.copyOf(tokens, length)));
    }

    @Override
    public boolean truncate(int kept) {
        check();
        Objects.checkIndex(kept, length + 1);
        return kept == length || (kept == 0 && executor.restart(this));
    }

    /** Goes back to the beginning. */
    void clear(CacheSet empty) {
        become(empty, 0);
        length = 0;
    }

    @Override
    public SequenceState export() {
        check();
        return executor.export(this, Arrays.copyOf(tokens, length));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            executor.forget(this);
            caches.release();
        }
    }
}
