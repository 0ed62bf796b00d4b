/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.spi.model.Tensor;
import java.util.Objects;

/** What all tensors have in common when they are cut into rows. */
final class Slices {

    private Slices() {
    }

    static void check(Tensor tensor, long firstRow, long count) {
        Objects.checkFromIndexSize(firstRow, count, tensor.rows());
        if (count < 1) {
            throw new IndexOutOfBoundsException("A slice of " + tensor.name() + " needs at least one row.");
        }
    }

    static String name(Tensor tensor, long firstRow, long count) {
        return tensor.name() + "[" + firstRow + ".." + (firstRow + count - 1) + "]";
    }
}
