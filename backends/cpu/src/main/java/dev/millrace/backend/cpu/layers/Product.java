/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.layers;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.weights.Matrix;
import org.jspecify.annotations.Nullable;

/** One product of a matrix with a range of vectors, or two whose results meet in a gate; used again and again. */
final class Product {

    /** Where prepared inputs lie, if it does not share them. */
    final Activations.Place place = new Activations.Place();
    Matrix matrix;
    Matrix up;
    float @Nullable [] bias;
    float @Nullable [] upBias;
    @Nullable
    GateFunction gate;
    Rows x;
    Rows y;
    /** Results of the second matrix. */
    Rows z;
    int first;
    int count;
    /** Whether it computes with integers; both of its matrices, or neither. */
    boolean integers;
    Activations.Form form = Activations.Form.FLOATS;
    /** Whether it reads its inputs where they are. */
    boolean direct;
    /** Work of one group of rows. */
    long cost;
    /** Which product's prepared inputs this one shares; itself if it shares none. */
    int source;

    Product(Matrix matrix, Matrix up, Rows x, Rows y, Rows z) {
        this.matrix = matrix;
        this.up = up;
        this.x = x;
        this.y = y;
        this.z = z;
    }

    /** Whether it can share the inputs that were prepared for another. */
    boolean sharesInputs(Product before) {
        return before.x == x && before.first == first && before.count == count && !before.direct && !direct
                && form == before.form
                && (form == Activations.Form.FLOATS || before.matrix.packing().sameInputs(matrix.packing()));
    }
}
