/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import org.jspecify.annotations.Nullable;

/** Types of metadata values with their numbers in the GGUF specification. */
enum ValueType {
    UINT8(0, 1), INT8(1, 1), UINT16(2, 2), INT16(3, 2), UINT32(4, 4), INT32(5, 4), FLOAT32(6, 4), BOOL(7, 1), STRING(8,
            0), ARRAY(9, 0), UINT64(10, 8), INT64(11, 8), FLOAT64(12, 8);

    private final int id;
    private final int bytes;

    ValueType(int id, int bytes) {
        this.id = id;
        this.bytes = bytes;
    }

    int id() {
        return id;
    }

    /** Size of a value, 0 if values differ in size. */
    int bytes() {
        return bytes;
    }

    static @Nullable ValueType of(int id) {
        for (ValueType type : values()) {
            if (type.id == id) {
                return type;
            }
        }
        return null;
    }
}
