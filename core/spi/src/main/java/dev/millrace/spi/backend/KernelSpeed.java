/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

/**
 * How fast one thread of a device multiplies with weights of one kind, as {@link Backend#measure} found it.
 *
 * <p>
 * Minor versions may add components.
 *
 * @param kernel the type of the weights, for example {@code Q4_0}, and what tells variants apart where there are several, for
 *            example {@code Q4_0 exact}; no name twice in one list
 * @param decode matrix times one vector: weights read, in bytes per second as they lie in memory
 * @param prefill matrix times many vectors: multiply-adds per second
 */
public record KernelSpeed(String kernel, double decode, double prefill) {
}
