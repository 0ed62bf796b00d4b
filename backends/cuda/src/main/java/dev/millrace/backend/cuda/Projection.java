/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import java.util.List;

/**
 * Linear maps of one input, whose results lie side by side: one matrix, or several where they are stored in different types.
 *
 * @param parts the matrices with the index of their first result
 * @param rows results together
 * @param columns values of the input
 */
record Projection(List<Part> parts, int rows, int columns) {

    Projection {
        parts = List.copyOf(parts);
    }

    /**
     * A matrix of it.
     *
     * @param matrix the weights
     * @param bias address of a bias for each row, or 0
     * @param first index of its first result
     */
    record Part(Matrix matrix, long bias, int first) {
    }

    /** Whether it is one matrix, so that what follows can be done in the same launch. */
    boolean isWhole() {
        return parts.size() == 1;
    }

    /** The forms of input that its kernels read. */
    int forms(int tokens, boolean exact) {
        int forms = 0;
        for (Part part : parts) {
            forms |= form(part.matrix(), tokens, exact);
        }
        return forms;
    }

    /** Tensor cores from 9 columns on; below, codes for quantised weights, floats for plain ones; when exact, always floats. */
    static int form(Matrix matrix, int tokens, boolean exact) {
        if (exact) {
            return Values.FLOATS;
        }
        if (tokens > ForwardPass.FEW) {
            return Values.HALVES;
        }
        return matrix.type().isQuantised() ? Values.CODES : Values.FLOATS;
    }
}
