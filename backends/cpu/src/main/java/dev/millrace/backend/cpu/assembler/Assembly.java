/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.assembler;

import dev.millrace.backend.cpu.assembler.Operand.Label;

/** Code that is being made, for whatever processor: places in it, and data beside the instructions. */
public sealed interface Assembly permits Assembler, Arm64Assembler {

    /** Bytes so far. */
    int size();

    /** All bytes; every label that was used must have a place. */
    byte[] code();

    /** A label without a place yet. */
    Label label();

    /** Places a label here. */
    void place(Label label);

    /** Fills up with bytes that are never executed, until the size is a multiple of a power of two. */
    void align(int bytes);

    /** A constant of 32 bits, as data. */
    void data(int value);
}
