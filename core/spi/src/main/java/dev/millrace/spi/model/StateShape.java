/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

/** Size of what one layer keeps of a sequence. Minor versions may add kinds. */
public sealed interface StateShape {

    /**
     * Keys and values of the tokens that later ones still see.
     *
     * @param heads key-value heads
     * @param headSize values per head
     * @param window tokens that a token sees, itself included, or 0 for all
     */
    record KeyValues(int heads, int headSize, int window) implements StateShape {

        /**
         * Keys and values of all tokens.
         *
         * @param heads key-value heads
         * @param headSize values per head
         */
        public KeyValues(int heads, int headSize) {
            this(heads, headSize, 0);
        }

        /**
         * How many tokens are kept.
         *
         * @param length tokens read
         * @return the last of them, as many as the window holds
         */
        public int kept(int length) {
            return window == 0 ? length : Math.min(length, window);
        }
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
