/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import org.jspecify.annotations.Nullable;

/** Types of metadata values, in the order of their numbers in the GGUF specification. */
enum ValueType {
    UINT8(1), INT8(1), UINT16(2), INT16(2), UINT32(4), INT32(4), FLOAT32(4), BOOL(1), STRING(0), ARRAY(0), UINT64(
            8), INT64(8), FLOAT64(8);

    private static final ValueType[] ALL = values();

    private final int bytes;

    ValueType(int bytes) {
        this.bytes = bytes;
    }

    /** Size of a value, 0 if values differ in size. */
    int bytes() {
        return bytes;
    }

    static @Nullable ValueType of(int id) {
        return id >= 0 && id < ALL.length ? ALL[id] : null;
    }
}
