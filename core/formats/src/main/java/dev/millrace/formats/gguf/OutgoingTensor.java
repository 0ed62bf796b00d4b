/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.util.List;

/**
 * A tensor to be written.
 *
 * @param name in the file
 * @param type in the file
 * @param shape slowest dimension first
 * @param parts whose rows, one part after the other, make the tensor
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record OutgoingTensor(String name, TensorType type, long[] shape, List<Tensor> parts) {

    /**
     * Size in the file.
     *
     * @return bytes without padding
     */
    long byteSize() {
        long values = 1;
        for (long size : shape) {
            values = Math.multiplyExact(values, size);
        }
        return type.bytes(values);
    }
}
