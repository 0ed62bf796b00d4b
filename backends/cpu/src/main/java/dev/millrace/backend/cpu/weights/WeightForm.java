/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.spi.model.TensorType;

/** How a set of kernels wants weights. Packed copies with other numbers of lanes are of no use to it. */
public interface WeightForm {

    /** Rows in a group. */
    int lanes();

    /**
     * How weights of a type are packed.
     *
     * @param columns columns of the matrix
     */
    Packing packing(TensorType type, int columns);
}
