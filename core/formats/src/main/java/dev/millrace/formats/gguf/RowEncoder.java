/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.formats.tensor.BlockEncoder;
import java.nio.ByteBuffer;

/** Turns rows of a tensor into what stands in the file. Called on several threads at a time. */
@FunctionalInterface
public interface RowEncoder {

    /** Rounds to the nearest, whatever the values are for. */
    RowEncoder PLAIN = (tensor, row, values, count, into) -> BlockEncoder.encode(tensor.type(), values, count, into);

    /**
     * Encodes.
     *
     * @param tensor whose rows they are
     * @param row number of the first in the whole tensor
     * @param values of whole rows
     * @param count how many values
     * @param into gets blocks of the tensor's type
     * @throws ArithmeticException if the type cannot hold a value
     */
    void encode(OutgoingTensor tensor, long row, float[] values, int count, ByteBuffer into);
}
