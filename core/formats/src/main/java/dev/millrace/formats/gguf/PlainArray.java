/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.AbstractList;
import java.util.Objects;
import java.util.RandomAccess;

/** An array of numbers or truth values, kept as the bytes of the file: as large as there, however many. */
final class PlainArray extends AbstractList<Object> implements RandomAccess {

    private final ValueType type;
    private final ByteBuffer bytes;

    PlainArray(ValueType type, byte[] bytes) {
        this.type = type;
        this.bytes = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public int size() {
        return bytes.capacity() / type.bytes();
    }

    @Override
    public Object get(int index) {
        return value(type, bytes, Objects.checkIndex(index, size()) * type.bytes());
    }

    /** One value as {@code Long}, {@code BigInteger}, {@code Double} or {@code Boolean}. */
    static Object value(ValueType type, ByteBuffer from, int at) {
        return switch (type) {
            case UINT8 -> (long) (from.get(at) & 0xff);
            case INT8 -> (long) from.get(at);
            case UINT16 -> (long) (from.getShort(at) & 0xffff);
            case INT16 -> (long) from.getShort(at);
            case UINT32 -> from.getInt(at) & 0xffff_ffffL;
            case INT32 -> (long) from.getInt(at);
            case INT64 -> from.getLong(at);
            case UINT64 -> {
                long value = from.getLong(at);
                yield value >= 0 ? (Object) value : new BigInteger(Long.toUnsignedString(value));
            }
            // by way of the shortest spelling, so that 0.1 stays 0.1; narrowing gives the very same float back
            case FLOAT32 -> Double.parseDouble(Float.toString(from.getFloat(at)));
            case FLOAT64 -> from.getDouble(at);
            case BOOL -> from.get(at) != 0;
            case STRING, ARRAY -> throw new IllegalArgumentException(type + " is not a plain value.");
        };
    }
}
