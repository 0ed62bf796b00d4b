/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.model.TensorType;

/**
 * What one block of threads makes of the product of a matrix and many columns (matmul.h). Which one is taken changes the speed alone: the bits
 * of the results are the same.
 */
enum Tile {

    /** Where a device would not have enough to do with larger ones. */
    SMALL(64, 64),
    /** Weights are read once for few columns, columns seldom. */
    TALL(128, 48),
    /** Fewest bytes for a product, fewest blocks at a time. */
    WIDE(128, 96);

    /** Threads of a block. */
    static final int THREADS = 128;

    /** Blocks that keep a large device busy. */
    private static final int ENOUGH = 128;

    private final int rows;
    private final int columns;

    Tile(int rows, int columns) {
        this.rows = rows;
        this.columns = columns;
    }

    /** For a matrix of so many rows times so many columns. */
    static Tile of(int rows, int columns) {
        boolean many = columns > SMALL.columns;
        if (many && WIDE.blocks(rows, columns) >= ENOUGH) {
            return WIDE;
        }
        return (many || columns <= TALL.columns) && TALL.blocks(rows, columns) >= ENOUGH ? TALL : SMALL;
    }

    /** For experts that share so many columns. */
    static Tile ofExperts(int columns, int experts) {
        return columns / experts > TALL.columns ? WIDE : TALL;
    }

    /** Columns of one at most. */
    int columns() {
        return columns;
    }

    /** So many lie side by side. */
    int across(int allColumns) {
        return (allColumns + columns - 1) / columns;
    }

    /** So many lie one below the other. */
    int down(int allRows) {
        return (allRows + rows - 1) / rows;
    }

    private long blocks(int allRows, int allColumns) {
        return (long) down(allRows) * across(allColumns);
    }

    /** The kernel for weights of a type, in blocks of {@link #THREADS}. */
    String kernel(TensorType type) {
        return "matmul_" + type + "_" + rows + "_" + columns;
    }
}
