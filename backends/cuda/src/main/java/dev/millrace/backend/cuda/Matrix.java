/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.model.TensorType;
import java.util.Set;

/**
 * Weights on the device, in the planes that blocks.h describes; several matrices of one shape may be stacked.
 *
 * @param type how values are stored
 * @param rows of one matrix
 * @param columns of each
 * @param codes address of the codes
 * @param high address of further bits, or 0
 * @param groups address of scales of groups, or 0
 * @param scales address of scales, or 0
 */
record Matrix(TensorType type, int rows, int columns, long codes, long high, long groups, long scales) {

    /** What the kernels read. */
    static final Set<TensorType> TYPES = Set.of(TensorType.Q4_0, TensorType.Q4_1, TensorType.Q5_0, TensorType.Q5_1,
            TensorType.Q8_0, TensorType.IQ4_NL, TensorType.IQ4_XS, TensorType.MXFP4, TensorType.Q2_K, TensorType.Q3_K,
            TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K, TensorType.BF16, TensorType.F16, TensorType.F32);

    /** Bytes a block of 32 in each plane; the last for 8 blocks where groups have scales of their own. */
    record Planes(long codes, long high, long groups, long scales) {

        static Planes of(TensorType type, long blocks) {
            return switch (type) {
                case Q4_0, IQ4_NL -> new Planes(16 * blocks, 0, 0, 2 * blocks);
                case Q4_1 -> new Planes(16 * blocks, 0, 0, 4 * blocks);
                case Q5_0 -> new Planes(16 * blocks, 4 * blocks, 0, 2 * blocks);
                case Q5_1 -> new Planes(16 * blocks, 4 * blocks, 0, 4 * blocks);
                case Q8_0 -> new Planes(32 * blocks, 0, 0, 2 * blocks);
                case IQ4_XS -> new Planes(16 * blocks, 0, blocks, blocks / 4);
                case MXFP4 -> new Planes(16 * blocks, 0, blocks, 0);
                case Q2_K -> new Planes(8 * blocks, 0, 2 * blocks, blocks / 2);
                case Q3_K -> new Planes(8 * blocks, 4 * blocks, 2 * blocks, blocks / 4);
                case Q4_K -> new Planes(16 * blocks, 0, 2 * blocks, blocks / 2);
                case Q5_K -> new Planes(16 * blocks, 4 * blocks, 2 * blocks, blocks / 2);
                case Q6_K -> new Planes(16 * blocks, 8 * blocks, 2 * blocks, blocks / 4);
                case F32, F16, BF16 -> new Planes(type.bytes(32 * blocks), 0, 0, 0);
            };
        }

        long total() {
            return codes + high + groups + scales;
        }
    }
}
