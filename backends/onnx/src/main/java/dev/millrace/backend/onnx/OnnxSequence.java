/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A row of a cache set, and the tokens behind it. One that others have gone on from stands on the beginning of a row of theirs: keys and
 * values of its tokens are there, and what convolutions need it keeps by itself.
 */
final class OnnxSequence implements Sequence {

    private final OnnxExecutor executor;
    private CacheSet caches;
    private int row;
    private int[] tokens;
    private int length;
    /** For each cache what it holds of convolutions, where the row is longer than this sequence; otherwise nothing. */
    private List<byte[]> columns = List.of();
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

    /** Where what it has read is. */
    CacheFactory.Source source() {
        return new CacheFactory.Source(caches, row, length, columns);
    }

    /** Whether its row goes on behind its last token. */
    boolean isBehind() {
        return length < caches.tokens();
    }

    /** Continues with another row that stands for the same tokens, or for more that are appended next. */
    void become(CacheSet next, int nextRow) {
        follow(next, nextRow, List.of());
    }

    /**
     * Continues with another row that begins with the same tokens.
     *
     * @param own for each cache what it holds of convolutions, if the row is longer
     */
    void follow(CacheSet next, int nextRow, List<byte[]> own) {
        next.hold();
        caches.release();
        caches = next;
        row = nextRow;
        columns = own;
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
        OnnxSequence fork = new OnnxSequence(executor, caches, row, Arrays.copyOf(tokens, length));
        fork.columns = columns;
        return executor.adopt(fork);
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
