/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Numbers, texts and memory over a socket between two processes of one machine, in its byte order. Counts that come in are
 * bounded by whoever reads them, since the other process may be broken. One thread reads and one writes.
 */
final class Wire implements AutoCloseable {

    private static final int BUFFER = 1 << 18;
    private static final int MOST_TEXT = 1 << 20;
    private static final long NANOS = 1_000_000;

    private final SocketChannel channel;
    private final @Nullable Selector selector;
    private final Duration silence;
    private final ByteBuffer in = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.nativeOrder()).limit(0);
    private final ByteBuffer out = ByteBuffer.allocateDirect(BUFFER).order(ByteOrder.nativeOrder());
    private Duration limit = Duration.ZERO;
    private long begun;
    private long heard;
    private boolean interrupted;

    private Wire(SocketChannel channel, @Nullable Selector selector, Duration silence) {
        this.channel = channel;
        this.selector = selector;
        this.silence = silence;
    }

    /** The end that waits for as long as it takes. */
    static Wire patient(SocketChannel channel) {
        return new Wire(channel, null, Duration.ZERO);
    }

    /**
     * The end that does not.
     *
     * @param silence how long the other end may say nothing at all
     */
    static Wire watched(SocketChannel channel, Duration silence) throws IOException {
        channel.configureBlocking(false);
        Selector selector = Selector.open();
        try {
            channel.register(selector, 0);
            return new Wire(channel, selector, silence);
        } catch (IOException | RuntimeException | Error e) {
            selector.close();
            throw e;
        }
    }

    /** A question begins, whose answer may take so long. Interrupts are kept until {@link #end}: they would close the socket. */
    void begin(Duration most) {
        interrupted = Thread.interrupted();
        limit = most;
        begun = System.nanoTime();
        heard = begun;
    }

    void end() {
        if (interrupted) {
            interrupted = false;
            Thread.currentThread().interrupt();
        }
    }

    // ---- out

    Wire put(int value) throws IOException {
        room(Integer.BYTES);
        out.putInt(value);
        return this;
    }

    Wire put(long value) throws IOException {
        room(Long.BYTES);
        out.putLong(value);
        return this;
    }

    Wire put(double value) throws IOException {
        return put(Double.doubleToRawLongBits(value));
    }

    Wire put(boolean value) throws IOException {
        return put((byte) (value ? 1 : 0));
    }

    Wire put(byte value) throws IOException {
        room(Byte.BYTES);
        out.put(value);
        return this;
    }

    @SuppressWarnings("EnumOrdinal") // both ends run the same classes
    Wire put(Enum<?> value) throws IOException {
        return put((byte) value.ordinal());
    }

    Wire put(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MOST_TEXT) {
            throw new IOException("a text has " + bytes.length + " bytes, more than fit");
        }
        put(bytes.length);
        put(MemorySegment.ofArray(bytes));
        return this;
    }

    void put(float[] values, int count) throws IOException {
        put(MemorySegment.ofArray(values).asSlice(0, (long) count * Float.BYTES));
    }

    void put(MemorySegment memory) throws IOException {
        for (long at = 0; at < memory.byteSize();) {
            room(Byte.BYTES);
            int count = (int) Math.min(memory.byteSize() - at, out.remaining());
            MemorySegment.copy(memory, at, MemorySegment.ofBuffer(out), 0, count);
            out.position(out.position() + count);
            at += count;
        }
    }

    private void room(int bytes) throws IOException {
        if (out.remaining() < bytes) {
            flush();
        }
    }

    void flush() throws IOException {
        out.flip();
        try {
            while (out.hasRemaining()) {
                heard(channel.write(out), SelectionKey.OP_WRITE);
            }
        } finally {
            out.clear();
        }
    }

    // ---- in

    byte getByte() throws IOException {
        await(Byte.BYTES);
        return in.get();
    }

    boolean getBoolean() throws IOException {
        return getByte() != 0;
    }

    int getInt() throws IOException {
        await(Integer.BYTES);
        return in.getInt();
    }

    long getLong() throws IOException {
        await(Long.BYTES);
        return in.getLong();
    }

    double getDouble() throws IOException {
        return Double.longBitsToDouble(getLong());
    }

    /** A number from 0 to the most. */
    int getCount(int most) throws IOException {
        int count = getInt();
        if (count < 0 || count > most) {
            throw new IOException("it says " + count + " where 0 to " + most + " can be");
        }
        return count;
    }

    <T extends Enum<T>> T getEnum(T[] values) throws IOException {
        int ordinal = getByte();
        if (ordinal < 0 || ordinal >= values.length) {
            throw new IOException("it says " + ordinal + " where 0 to " + (values.length - 1) + " can be");
        }
        return values[ordinal];
    }

    String getText() throws IOException {
        byte[] bytes = new byte[getCount(MOST_TEXT)];
        get(MemorySegment.ofArray(bytes));
        return new String(bytes, StandardCharsets.UTF_8);
    }

    int[] getInts(int most) throws IOException {
        int[] values = new int[getCount(most)];
        get(MemorySegment.ofArray(values));
        return values;
    }

    void get(float[] values, int count) throws IOException {
        get(MemorySegment.ofArray(values).asSlice(0, (long) count * Float.BYTES));
    }

    void get(MemorySegment memory) throws IOException {
        for (long at = 0; at < memory.byteSize();) {
            await(Byte.BYTES);
            int count = (int) Math.min(memory.byteSize() - at, in.remaining());
            MemorySegment.copy(MemorySegment.ofBuffer(in), 0, memory, at, count);
            in.position(in.position() + count);
            at += count;
        }
    }

    private void await(int bytes) throws IOException {
        while (in.remaining() < bytes) {
            in.compact();
            int count;
            try {
                count = channel.read(in);
            } finally {
                in.flip();
            }
            if (count < 0) {
                throw new EOFException("it has closed the connection");
            }
            heard(count, SelectionKey.OP_READ);
        }
    }

    /** So many bytes went through; if none did, waits until some can. */
    private void heard(int bytes, int operation) throws IOException {
        if (selector == null) {
            return;
        }
        long now = System.nanoTime();
        if (bytes > 0) {
            heard = now;
            return;
        }
        long untilSilent = silence.toNanos() - (now - heard);
        long untilLate = limit.toNanos() - (now - begun);
        if (untilLate <= 0) {
            throw new SocketTimeoutException("it has not answered for " + seconds(limit));
        }
        if (untilSilent <= 0) {
            throw new SocketTimeoutException("it has given no sign of life for " + seconds(silence));
        }
        selector.keys().forEach(key -> key.interestOps(operation));
        selector.select(1 + Math.min(untilSilent, untilLate) / NANOS);
        selector.selectedKeys().clear();
        interrupted |= Thread.interrupted();
    }

    private static String seconds(Duration time) {
        return time.toSeconds() + (time.toSeconds() == 1 ? " second" : " seconds");
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            if (selector != null) {
                selector.close();
            }
        }
    }
}
