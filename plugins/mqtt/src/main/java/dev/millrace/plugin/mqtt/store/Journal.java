/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mqtt.store;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * A file of records that are added at its end and taken off by a further record. What a process that was killed had added is there
 * at the next start; a record that was cut off is dropped. After a loss of power the records of the last second may be missing.
 *
 * <p>
 * A record in the file: its length (4 bytes), its CRC-32 (4 bytes), and so many bytes: a kind (1 byte, 1 adds and 0 takes off), a
 * number (8 bytes), and the content. For one thread at a time. Not a channel: a thread that is
 * interrupted would close it.
 */
final class Journal implements AutoCloseable {

    private static final int ADDED = 1;
    private static final int TAKEN = 0;
    private static final int HEAD = 8;
    private static final int KIND_AND_NUMBER = 9;
    private static final int LONGEST = 1 << 26;
    /** A file is written anew when so much of it is of no use any more, and that is the larger part. */
    private static final long WASTE = 1 << 20;

    private final Path file;
    private final Map<Long, Integer> sizes = new LinkedHashMap<>();
    private RandomAccessFile out;
    private long next;
    private long live;
    private boolean dirty;

    private Journal(Path file, RandomAccessFile out) {
        this.file = file;
        this.out = out;
    }

    /** A journal, and what is in it by number, in its order. */
    record Opened(Journal journal, Map<Long, byte[]> content) {
    }

    /** Opens a file, or makes it. */
    static Opened open(Path file) throws IOException {
        Map<Long, byte[]> content = new LinkedHashMap<>();
        long[] next = {0};
        long good = read(file, content, next);
        RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw");
        boolean done = false;
        try {
            if (out.length() > good) {
                if (good + LONGEST < out.length() || hasMore(out, good)) {
                    // damage in the middle is worth a look by a person
                    Files.copy(file, file.resolveSibling(file.getFileName() + ".damaged"),
                            StandardCopyOption.REPLACE_EXISTING);
                }
                out.setLength(good);
            }
            out.seek(good);
            done = true;
        } finally {
            if (!done) {
                out.close();
            }
        }
        Journal journal = new Journal(file, out);
        journal.next = next[0];
        content.forEach((number, bytes) -> journal.count(number, bytes.length));
        return new Opened(journal, content);
    }

    /** Whether a whole record is there, so that the reason why it is no good is damage. */
    private static boolean hasMore(RandomAccessFile out, long at) throws IOException {
        if (out.length() - at < HEAD) {
            return false;
        }
        out.seek(at);
        int length = out.readInt();
        return length < KIND_AND_NUMBER || length > LONGEST || at + HEAD + length <= out.length();
    }

    private static long read(Path file, Map<Long, byte[]> content, long[] next) throws IOException {
        long good = 0;
        if (!Files.exists(file)) {
            return good;
        }
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
            while (true) {
                int length = in.readInt();
                int crc = in.readInt();
                if (length < KIND_AND_NUMBER || length > LONGEST) {
                    return good;
                }
                byte[] record = in.readNBytes(length);
                if (record.length < length || crc(record) != crc) {
                    return good;
                }
                ByteBuffer parts = ByteBuffer.wrap(record);
                int kind = parts.get();
                long number = parts.getLong();
                if (kind == ADDED) {
                    byte[] bytes = new byte[parts.remaining()];
                    parts.get(bytes);
                    content.put(number, bytes);
                } else {
                    content.remove(number);
                }
                next[0] = Math.max(next[0], number + 1);
                good += HEAD + length;
            }
        } catch (EOFException e) {
            return good; // the end, or a record that was cut off
        }
    }

    private static int crc(byte[] record) {
        CRC32 crc = new CRC32();
        crc.update(record);
        return (int) crc.getValue();
    }

    private void count(long number, int bytes) {
        sizes.put(number, bytes);
        live += bytes;
    }

    /** How many there are. */
    int size() {
        return sizes.size();
    }

    /** How many bytes they have. */
    long bytes() {
        return live;
    }

    /** Adds a record and gives its number, which is larger than all before. */
    long add(byte[] content) throws IOException {
        long number = next;
        write(ADDED, number, content);
        next++;
        count(number, content.length);
        return number;
    }

    /** Takes a record off. Nothing happens if it is not there. */
    void take(long number) throws IOException {
        Integer bytes = sizes.get(number);
        if (bytes == null) {
            return;
        }
        write(TAKEN, number, new byte[0]);
        sizes.remove(number);
        live -= bytes;
        if (sizes.isEmpty()
                || out.getFilePointer() > 2 * (live + sizes.size() * (long) (HEAD + KIND_AND_NUMBER)) + WASTE) {
            shrink();
        }
    }

    private void write(int kind, long number, byte[] content) throws IOException {
        long before = out.getFilePointer();
        try {
            out.write(record(kind, number, content));
            dirty = true;
        } catch (IOException e) {
            // half a record must not stand before whole ones
            out.setLength(before);
            out.seek(before);
            throw e;
        }
    }

    private static byte[] record(int kind, long number, byte[] content) throws IOException {
        byte[] record = ByteBuffer.allocate(KIND_AND_NUMBER + content.length).put((byte) kind).putLong(number)
                .put(content).array();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(HEAD + record.length);
        DataOutputStream whole = new DataOutputStream(bytes);
        whole.writeInt(record.length);
        whole.writeInt(crc(record));
        whole.write(record);
        return bytes.toByteArray();
    }

    /** Writes what is left into a new file. The number of the last record stays, so that none is given twice. */
    private void shrink() throws IOException {
        if (out.getFilePointer() <= WASTE) {
            return;
        }
        Map<Long, byte[]> content = new LinkedHashMap<>();
        read(file, content, new long[1]);
        Path part = file.resolveSibling(file.getFileName() + ".part");
        RandomAccessFile fresh = new RandomAccessFile(part.toFile(), "rw");
        try {
            fresh.setLength(0);
            fresh.write(record(TAKEN, next - 1, new byte[0]));
            for (Map.Entry<Long, byte[]> each : content.entrySet()) {
                fresh.write(record(ADDED, each.getKey(), each.getValue()));
            }
            fresh.getFD().sync();
            Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            fresh.close();
            throw e;
        }
        out.close();
        out = fresh;
    }

    /** Sees to it that the disk has all. */
    void flush() throws IOException {
        if (dirty) {
            out.getFD().sync();
            dirty = false;
        }
    }

    @Override
    public void close() throws IOException {
        try {
            flush();
        } finally {
            out.close();
        }
    }
}
