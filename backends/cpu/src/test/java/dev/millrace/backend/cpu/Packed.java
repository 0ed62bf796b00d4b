/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packer;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Random;

/**
 * Weights as stored, and packed for kernels.
 *
 * @param raw as stored
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Packed(TensorType type, byte[] raw, Matrix matrix) {

    /** Packs random weights. */
    public static Packed random(TensorType type, int rows, int columns, Kernels kernels, Random random) {
        return of(type, rows, columns, Blocks.random(type, rows * columns, random), kernels);
    }

    /** Packs weights. */
    public static Packed of(TensorType type, int rows, int columns, byte[] raw, Kernels kernels) {
        return new Packed(type, raw, pack(new MemoryTensor("weights", type, rows, columns, raw), kernels.lanes()));
    }

    /** Packs a tensor on two workers. */
    public static Matrix pack(Tensor tensor, int lanes) {
        int rows = Math.toIntExact(tensor.rows());
        int columns = Math.toIntExact(tensor.columns());
        Packing packing = Packing.of(tensor.type(), columns);
        Matrix matrix = new Matrix(tensor.name(), rows, columns, packing, lanes,
                Arena.ofAuto().allocate(Matrix.bytes(rows, columns, packing, lanes), 64));
        try (Workers workers = new Workers(2)) {
            Packer.pack(tensor, matrix, workers);
            return matrix;
        }
    }

    /** One weight, exactly. */
    public double weight(int row, int column) {
        int index = row * matrix.columns() + column;
        return Blocks.scaled(type, raw, index) + Blocks.minimum(type, raw, index);
    }

    /** What rounding errors of a weight are measured by: the sizes of both its parts. */
    public double size(int row, int column) {
        int index = row * matrix.columns() + column;
        return Math.abs(Blocks.scaled(type, raw, index)) + Math.abs(Blocks.minimum(type, raw, index));
    }
}
