/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

/** Decodes weights of one {@link dev.millrace.spi.TensorType} to float, exactly as the GGUF specification defines them. */
@FunctionalInterface
interface Unpacker {

    /**
     * Decodes whole blocks.
     *
     * @param raw holds the stored bytes
     * @param from index of the first byte
     * @param count values, a multiple of the type's block size
     * @param into gets the values
     * @param at index of the first value
     */
    void unpack(byte[] raw, int from, int count, float[] into, int at);
}
