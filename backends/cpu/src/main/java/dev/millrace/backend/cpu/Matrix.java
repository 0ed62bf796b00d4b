/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A matrix of weights as the executor keeps it: stored bytes, in the mapped file or in memory of its own, and how to decode
 * them.
 *
 * @param name for messages
 * @param rows rows
 * @param columns values in a row
 * @param rowBytes bytes in a row
 * @param data rows one after the other
 * @param unpacker decodes them
 */
record Matrix(String name, int rows, int columns, int rowBytes, MemorySegment data, Unpacker unpacker) {

    /**
     * Decodes rows. The stored bytes are copied to the heap first: a copy is the one access to a mapped file that the JVM turns
     * into an error, not a crash, wherever the file ends.
     *
     * @param first first row
     * @param count rows
     * @param raw working memory, {@code count * rowBytes} bytes
     * @param into gets {@code count} rows of {@code columns} values
     * @param at index of the first
     */
    void unpack(int first, int count, byte[] raw, float[] into, int at) {
        MemorySegment.copy(data, ValueLayout.JAVA_BYTE, (long) first * rowBytes, raw, 0, count * rowBytes);
        // rows are whole blocks without gaps, so several decode as one
        unpacker.unpack(raw, 0, count * columns, into, at);
    }
}
