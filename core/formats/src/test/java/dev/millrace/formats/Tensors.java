/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats;

import dev.millrace.formats.tensor.BlockDecoder;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Looks into tensors. */
public final class Tensors {

    private Tensors() {
    }

    /** All values of a tensor. */
    public static float[] values(Tensor tensor) throws IOException {
        float[] values = new float[Math.toIntExact(tensor.rows() * tensor.columns())];
        tensor.read(0, (int) tensor.rows(), values, 0);
        return values;
    }

    /** All values in stored bytes. */
    public static float[] decoded(TensorType type, MemorySegment stored) {
        byte[] bytes = stored.toArray(ValueLayout.JAVA_BYTE);
        int blocks = bytes.length / type.blockBytes();
        float[] values = new float[blocks * type.blockSize()];
        BlockDecoder.decode(type, bytes, 0, blocks, values, 0);
        return values;
    }
}
