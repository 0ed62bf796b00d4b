/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

/**
 * How a backend may round while it computes. Weights are used as they stand in the file in both.
 *
 * <p>
 * Minor versions may add values.
 */
public enum Precision {
    /** Activations may be rounded to 8 bits where the weights are quantised: the default. */
    FAST,
    /** Activations, keys and values stay in float32: for tests, comparisons and those who want it. */
    EXACT
}
