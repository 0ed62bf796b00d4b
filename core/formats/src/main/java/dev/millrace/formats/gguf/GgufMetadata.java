/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Metadata to be written, in the order in which it is added. */
public final class GgufMetadata {

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int count;

    /** No metadata yet. */
    public GgufMetadata() {
    }

    /** Adds a text. */
    public GgufMetadata text(String key, String value) {
        key(key, ValueType.STRING);
        string(out, value);
        return this;
    }

    /** Adds a whole number, 0 or more. */
    public GgufMetadata number(String key, int value) {
        if (value < 0) {
            throw new IllegalArgumentException(key + " must not be negative: " + value);
        }
        key(key, ValueType.UINT32);
        int32(out, value);
        return this;
    }

    /** Adds a float. */
    public GgufMetadata real(String key, float value) {
        key(key, ValueType.FLOAT32);
        int32(out, Float.floatToRawIntBits(value));
        return this;
    }

    /** Adds a truth value. */
    public GgufMetadata flag(String key, boolean value) {
        key(key, ValueType.BOOL);
        out.write(value ? 1 : 0);
        return this;
    }

    /** Adds a list of texts. */
    public GgufMetadata texts(String key, List<String> values) {
        array(key, ValueType.STRING, values.size());
        for (String value : values) {
            string(out, value);
        }
        return this;
    }

    /** Adds a list of whole numbers. */
    public GgufMetadata numbers(String key, int... values) {
        array(key, ValueType.INT32, values.length);
        for (int value : values) {
            int32(out, value);
        }
        return this;
    }

    /** Adds a list of floats. */
    public GgufMetadata reals(String key, float... values) {
        array(key, ValueType.FLOAT32, values.length);
        for (float value : values) {
            int32(out, Float.floatToRawIntBits(value));
        }
        return this;
    }

    /** Adds a key with its type and value as they stand in another file. */
    GgufMetadata raw(byte[] bytes) {
        count++;
        out.writeBytes(bytes);
        return this;
    }

    int count() {
        return count;
    }

    byte[] bytes() {
        return out.toByteArray();
    }

    private void array(String key, ValueType type, int length) {
        key(key, ValueType.ARRAY);
        int32(out, type.id());
        int64(out, length);
    }

    private void key(String key, ValueType type) {
        count++;
        string(out, key);
        int32(out, type.id());
    }

    static void string(ByteArrayOutputStream out, String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        int64(out, bytes.length);
        out.writeBytes(bytes);
    }

    static void int32(ByteArrayOutputStream out, int value) {
        out.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    static void int64(ByteArrayOutputStream out, long value) {
        out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }
}
