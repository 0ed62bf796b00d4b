/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.ModelFormatException;
import dev.millrace.formats.tensor.WeightFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Reads the front of a file piece by piece and never beyond its end, whatever the lengths in it claim. */
final class HeaderBytes {

    /** Real headers have some ten megabytes, most of it vocabulary. */
    private static final long MAX_HEADER = 128L << 20;
    private static final int WINDOW = 1 << 16;
    private static final int ZEROS = 512;

    private final WeightFile file;
    private final long limit;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    private long fetched;

    HeaderBytes(WeightFile file) {
        this.file = file;
        this.limit = Math.min(file.size(), MAX_HEADER);
    }

    long position() {
        return fetched - window.remaining();
    }

    long remaining() {
        return limit - position();
    }

    int int32(String what) {
        need(4, what);
        return window.getInt();
    }

    long int64(String what) {
        need(8, what);
        return window.getLong();
    }

    /** A count, of things that take at least so many bytes each in the file. */
    int count(String what, int bytesEach) {
        long count = int64(what);
        if (count < 0 || count > remaining() / bytesEach) {
            throw wrong(what,
                    "announces " + Long.toUnsignedString(count) + " of them, more than the file has room for");
        }
        return Math.toIntExact(count);
    }

    Object plain(ValueType type, String what) {
        need(type.bytes(), what);
        Object value = PlainArray.value(type, window, window.position());
        window.position(window.position() + type.bytes());
        return value;
    }

    String string(String what) {
        // what is no UTF-8 becomes U+FFFD: names of people and places come in all encodings
        return new String(bytes(count(what, 1), what), StandardCharsets.UTF_8);
    }

    byte[] bytes(int length, String what) {
        if (length > remaining()) {
            throw ends(what);
        }
        byte[] bytes = new byte[length];
        int have = Math.min(length, window.remaining());
        window.get(bytes, 0, have);
        if (have < length) {
            fetch(ByteBuffer.wrap(bytes, have, length - have), what);
        }
        return bytes;
    }

    /**
     * The last long run of zeros up to where reading stands, and a little behind it. No header needs one, but for the scores of
     * some vocabularies.
     *
     * @return the first and the last byte, for people; empty if there is none
     */
    Optional<String> zeros() {
        byte[] front = new byte[(int) Math.min(limit, position() + WINDOW)];
        try {
            file.read(0, ByteBuffer.wrap(front));
        } catch (IOException e) {
            return Optional.empty(); // what cannot be read is told as it is
        }
        int run = 0;
        int end = 0;
        for (int i = 0, length = 0; i < front.length; i++) {
            length = front[i] == 0 ? length + 1 : 0;
            if (length >= ZEROS) {
                run = length;
                end = i;
            }
        }
        return run == 0 ? Optional.empty() : Optional.of((end - run + 1) + " to " + end);
    }

    private void need(int count, String what) {
        if (window.remaining() >= count) {
            return;
        }
        if (count > remaining()) {
            throw ends(what);
        }
        window.compact();
        window.limit((int) Math.min(WINDOW, window.position() + (limit - fetched)));
        fetch(window, what);
        window.flip();
    }

    private void fetch(ByteBuffer into, String what) {
        int count = into.remaining();
        try {
            file.read(fetched, into);
        } catch (IOException e) {
            throw new ModelFormatException(file.path(), what, "cannot be read: " + e.getMessage(), e);
        }
        fetched += count;
    }

    private ModelFormatException ends(String what) {
        return limit < file.size()
                ? wrong(what, "lies behind the first " + (MAX_HEADER >> 20)
                        + " MiB, which is more than a header may take")
                : wrong(what, "is cut off: the file ends after " + file.size() + " bytes");
    }

    ModelFormatException wrong(String what, String problem) {
        return new ModelFormatException(file.path(), what, problem);
    }
}
