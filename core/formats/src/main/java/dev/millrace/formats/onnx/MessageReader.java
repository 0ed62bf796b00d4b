/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Walks the fields of one message in the binary format of Protocol Buffers. Nothing in it is trusted: whatever would lead outside
 * the message is damage.
 */
final class MessageReader {

    /** A message is damaged. */
    static final class DamagedException extends Exception {

        private static final long serialVersionUID = 1;

        DamagedException(String message) {
            super(message);
        }
    }

    private static final int MAX_TEXT = 1 << 16;

    private final MemorySegment message;
    private long at;
    private int field;
    private int kind;
    private long value;

    MessageReader(MemorySegment message) {
        this.message = message;
    }

    /** Goes to the next field, over the content of the last. False at the end. */
    boolean next() throws DamagedException {
        if (at == message.byteSize()) {
            return false;
        }
        long tag = varint();
        field = (int) (tag >>> 3);
        kind = (int) (tag & 7);
        value = switch (kind) {
            case 0 -> varint();
            case 1 -> skip(8);
            case 2 -> skip(varint());
            case 5 -> skip(4);
            default -> throw new DamagedException("a field has the unknown kind " + kind + " at byte " + at);
        };
        return true;
    }

    /** Number of the field. */
    int field() {
        return field;
    }

    /** Content of a field that holds a number. */
    long number() throws DamagedException {
        if (kind != 0) {
            throw new DamagedException("field " + field + " holds no number");
        }
        return value;
    }

    /** Adds the content of a field that holds one number, or many that are packed. */
    void numbers(List<Long> into) throws DamagedException {
        if (kind == 0) {
            into.add(value);
            return;
        }
        MessageReader packed = inner();
        while (packed.at < packed.message.byteSize()) {
            into.add(packed.varint());
        }
    }

    /** Content of a field that holds bytes. */
    MemorySegment bytes() throws DamagedException {
        if (kind != 2) {
            throw new DamagedException("field " + field + " holds no bytes");
        }
        return message.asSlice(value, at - value);
    }

    /** Content of a field that holds a message. */
    MessageReader inner() throws DamagedException {
        return new MessageReader(bytes());
    }

    /** Content of a field that holds a short text. */
    String text() throws DamagedException {
        MemorySegment bytes = bytes();
        if (bytes.byteSize() > MAX_TEXT) {
            throw new DamagedException("a name has " + bytes.byteSize() + " bytes");
        }
        return new String(bytes.toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
    }

    /** Steps over bytes; returns where they begin. */
    private long skip(long count) throws DamagedException {
        if (count < 0 || count > message.byteSize() - at) {
            throw new DamagedException("a field claims " + Long.toUnsignedString(count) + " bytes where "
                    + (message.byteSize() - at) + " are left");
        }
        long begin = at;
        at += count;
        return begin;
    }

    private long varint() throws DamagedException {
        long result = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            if (at == message.byteSize()) {
                throw new DamagedException("it ends inside a number");
            }
            byte b = message.get(ValueLayout.JAVA_BYTE, at++);
            result |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return result;
            }
        }
        throw new DamagedException("a number is too long at byte " + at);
    }
}
