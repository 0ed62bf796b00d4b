/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.spi.model.TensorType;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands before the weights in a GGUF file, checked.
 *
 * @param metadata key to {@code Long}, {@code BigInteger}, {@code Double}, {@code Boolean}, {@code String} or {@code List}
 * @param keys in the order of the file
 * @param tensors in the order of the file
 * @param notes what is odd in the metadata and matters to nothing, for people
 */
record GgufHeader(Map<String, Object> metadata, List<Key> keys, List<Entry> tensors, List<String> notes) {

    /**
     * Where a key stands, with its type and value.
     *
     * @param name of the key
     * @param from its first byte in the file
     * @param to the byte behind its last
     */
    record Key(String name, long from, long to) {
    }

    /**
     * A tensor.
     *
     * @param name unique
     * @param type how it is stored, or null if that is not known
     * @param shape slowest dimension first, unlike in the file
     * @param offset of its first byte in the file; all of it lies inside the file if nothing is wrong with it
     * @param problem why it cannot be computed with, or empty
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Entry(String name, @Nullable TensorType type, long[] shape, long offset, String problem) {
    }
}
