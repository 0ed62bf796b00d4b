/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

/**
 * How well a model would run on a device.
 *
 * <p>
 * Minor versions may add kinds.
 */
public sealed interface Fit {

    /**
     * It would run.
     *
     * @param score the device with the largest is chosen; plain CPU backends lie near 100 with SIMD and near 10 without,
     *            accelerators above
     * @param bytes memory that weights and one full context would take
     */
    record Good(int score, long bytes) implements Fit {
    }

    /**
     * It would not run.
     *
     * @param reason one sentence for people that says what would help
     */
    record Refused(String reason) implements Fit {
    }
}
