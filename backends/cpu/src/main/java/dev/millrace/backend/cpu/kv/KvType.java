/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

/** How keys and values are kept in a page. */
public enum KvType {

    /** As they are. */
    F32(4),
    /** IEEE half precision. */
    F16(2),
    /** 8-bit codes from -127 to 127, times a scale for each head of each token. */
    Q8(1);

    /** Size of a value. */
    public final int bytes;

    KvType(int bytes) {
        this.bytes = bytes;
    }
}
