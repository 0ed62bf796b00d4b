/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * A call of a function, for {@code run-arm64.c} to do: code, pieces of memory, addresses in them, and what must lie there afterwards.
 * The first piece is the argument.
 */
final class Arm64Case {

    /** Stands for the code where a piece is named. */
    static final int CODE = -1;

    private record Address(int piece, long at, int target, long offset) {
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Expected(int piece, long at, float[] values) {
    }

    private final byte[] code;
    private final int begin;
    private final List<byte[]> pieces = new ArrayList<>();
    private final List<Address> addresses = new ArrayList<>();
    private final List<Expected> expected = new ArrayList<>();

    /** A function that begins at an offset. */
    Arm64Case(byte[] code, int begin) {
        this.code = code;
        this.begin = begin;
    }

    /** Adds a piece of memory, and gives its number. */
    int piece(MemorySegment memory) {
        pieces.add(memory.toArray(ValueLayout.JAVA_BYTE));
        return pieces.size() - 1;
    }

    /** Puts a number into a piece. */
    void number(int piece, int at, long value) {
        ByteBuffer.wrap(pieces.get(piece)).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    }

    /** Has an address put into a piece. */
    void address(int piece, int at, int target, long offset) {
        addresses.add(new Address(piece, at, target, offset));
    }

    /** Says what will be there. */
    void expect(int piece, long at, float[] values) {
        expected.add(new Expected(piece, at, values));
    }

    /** Writes all that, each number with 8 bytes. */
    void write(OutputStream stream) throws IOException {
        DataOutputStream out = new DataOutputStream(stream);
        numbers(out, code.length, begin, pieces.size(), addresses.size(), expected.size());
        out.write(code);
        for (byte[] piece : pieces) {
            numbers(out, piece.length);
            out.write(piece);
        }
        for (Address address : addresses) {
            numbers(out, address.piece(), address.at(), address.target(), address.offset());
        }
        for (Expected e : expected) {
            numbers(out, e.piece(), e.at(), e.values().length);
            for (float value : e.values()) {
                out.writeInt(Integer.reverseBytes(Float.floatToRawIntBits(value)));
            }
        }
    }

    private static void numbers(DataOutputStream out, long... numbers) throws IOException {
        for (long number : numbers) {
            out.writeLong(Long.reverseBytes(number));
        }
    }
}
