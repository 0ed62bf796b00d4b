/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

/** Size of what one layer keeps of a sequence. */
public sealed interface StateShape {

    /**
     * Keys and values of all tokens.
     *
     * @param heads key-value heads
     * @param headSize values in a head
     */
    record KeyValues(int heads, int headSize) implements StateShape {
    }

    /**
     * The last inputs of a short convolution.
     *
     * @param channels width of the stream
     * @param columns taps minus one
     */
    record ConvColumns(int channels, int columns) implements StateShape {
    }
}
