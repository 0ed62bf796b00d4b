/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.text;

/** Changes made at once in a row of logits. */
@SuppressWarnings("ArrayRecordComponent") // a view of the row, not compared
record RowChanges(float[] logits) implements LogitChanges {

    @Override
    public void divide(int token, float divisor) {
        float logit = logits[token];
        logits[token] = logit > 0 ? logit / divisor : logit * divisor;
    }

    @Override
    public void subtract(int token, float offset) {
        logits[token] -= offset;
    }

    @Override
    public void allow(long[] bits) {
        if ((long) bits.length * Long.SIZE < logits.length) {
            throw new IllegalArgumentException(
                    "A mask of " + bits.length + " words does not cover " + logits.length + " tokens.");
        }
        for (int id = 0; id < logits.length; id++) {
            if ((bits[id >> 6] & 1L << id) == 0) {
                logits[id] = Float.NEGATIVE_INFINITY;
            }
        }
    }
}
