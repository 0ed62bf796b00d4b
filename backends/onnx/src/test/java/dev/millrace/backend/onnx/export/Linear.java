/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.export;

import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/** Exports matrix products, as MatMul or as MatMulNBits with 4 bits in blocks of 32. */
final class Linear {

    private static final int BLOCK = 32;

    private final GraphWriter graph;
    private final boolean contributed;
    private final boolean rounded;

    Linear(GraphWriter graph, boolean contributed, boolean rounded) {
        this.graph = graph;
        this.contributed = contributed;
        this.rounded = rounded;
    }

    static float[] read(Tensor tensor) throws IOException {
        float[] values = new float[Math.toIntExact(tensor.rows() * tensor.columns())];
        tensor.read(0, (int) tensor.rows(), values, 0);
        return values;
    }

    String apply(String x, Tensor matrix) throws IOException {
        if (!contributed) {
            return graph.node("MatMul", x, transposed(matrix, rounded));
        }
        int rows = (int) matrix.rows();
        int columns = (int) matrix.columns();
        float[] values = read(matrix);
        byte[] packed = new byte[rows * columns / 2];
        ByteBuffer scales = ByteBuffer.allocate(values.length / BLOCK * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < values.length; at += BLOCK) {
            float scale = scale(values, at);
            scales.putFloat(scale);
            for (int i = 0; i < BLOCK; i++) {
                packed[(at + i) / 2] |= (byte) (level(values[at + i], scale) << (4 * (i % 2)));
            }
        }
        return graph.nodes("com.microsoft", "MatMulNBits",
                Map.of("K", columns, "N", rows, "bits", 4, "block_size", BLOCK), 1, x,
                graph.tensor(GraphWriter.UINT8, packed, rows, columns / BLOCK, BLOCK / 2),
                graph.tensor(GraphWriter.FLOAT, scales.array(), values.length / BLOCK)).getFirst();
    }

    /** The matrix as MatMul wants it, rows and columns swapped. */
    String transposed(Tensor matrix, boolean round) throws IOException {
        return graph.floats(turned(matrix, round), (int) matrix.columns(), (int) matrix.rows());
    }

    float[] turned(Tensor matrix, boolean round) throws IOException {
        int rows = (int) matrix.rows();
        int columns = (int) matrix.columns();
        float[] values = read(matrix);
        if (round) {
            for (int at = 0; at < values.length; at += BLOCK) {
                float scale = scale(values, at);
                for (int i = at; i < at + BLOCK; i++) {
                    values[i] = (level(values[i], scale) - 8) * scale;
                }
            }
        }
        float[] turned = new float[values.length];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                turned[c * rows + r] = values[r * columns + c];
            }
        }
        return turned;
    }

    /** The value farthest from zero becomes level 0. */
    private static float scale(float[] values, int at) {
        float extreme = 0;
        for (int i = at; i < at + BLOCK; i++) {
            extreme = Math.abs(values[i]) > Math.abs(extreme) ? values[i] : extreme;
        }
        return extreme / -8;
    }

    private static int level(float value, float scale) {
        return scale == 0 ? 8 : Math.clamp(Math.round(value / scale) + 8L, 0, 15);
    }
}
