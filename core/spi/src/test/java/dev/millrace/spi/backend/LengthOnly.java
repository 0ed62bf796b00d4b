/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

/** A sequence that only has a length. */
record LengthOnly(int length) implements Sequence {

    @Override
    public Sequence fork() {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean truncate(int kept) {
        return false;
    }

    @Override
    public SequenceState export() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
    }
}
