/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;

/** An open file with weights. Safe for use from any thread. */
public final class WeightFile implements AutoCloseable {

    private final Path path;
    private final BasicFileAttributes opened;
    private FileChannel channel;
    private boolean closed;

    /**
     * Opens a file.
     *
     * @param path a regular file
     * @throws IOException if it cannot be opened
     */
    public WeightFile(Path path) throws IOException {
        this.path = path;
        if (Files.exists(path) && !Files.isRegularFile(path)) {
            // a pipe would not even open before somebody writes to it
            throw new IOException(path + " is not a regular file.");
        }
        this.channel = FileChannel.open(path, StandardOpenOption.READ);
        try {
            this.opened = Files.readAttributes(path, BasicFileAttributes.class);
            if (!opened.isRegularFile()) {
                throw new IOException(path + " is not a regular file.");
            }
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Where it is.
     *
     * @return the file
     */
    public Path path() {
        return path;
    }

    /**
     * How long it was when it was opened.
     *
     * @return bytes
     */
    public long size() {
        return opened.size();
    }

    /**
     * Maps a part.
     *
     * @param offset first byte
     * @param count bytes
     * @param arena owner of the mapping
     * @return the part, read-only
     * @throws IOException if the file is closed, has become shorter, or cannot be mapped
     */
    public MemorySegment map(long offset, long count, Arena arena) throws IOException {
        FileChannel open = channel();
        Objects.checkFromIndexSize(offset, count, size());
        try {
            // pages behind the end of a shortened file would stop the whole virtual machine when touched
            if (open.size() < size()) {
                throw new IOException(path + " has become shorter since it was opened: " + open.size() + " of "
                        + size() + " bytes are left; open the model again.");
            }
            return open.map(FileChannel.MapMode.READ_ONLY, offset, count, arena);
        } catch (ClosedChannelException e) {
            throw ended(e);
        }
    }

    /**
     * Reads a part.
     *
     * @param offset first byte
     * @param into filled from position to limit
     * @throws IOException if the file is closed, ends before, or cannot be read
     */
    public void read(long offset, ByteBuffer into) throws IOException {
        FileChannel open = channel();
        long at = offset;
        try {
            while (into.hasRemaining()) {
                int count = open.read(into, at);
                if (count < 0) {
                    throw new EOFException(path + " ends at byte " + at + ".");
                }
                at += count;
            }
        } catch (ClosedChannelException e) {
            throw ended(e);
        }
    }

    /** Java says nothing where a channel ends while it is used. */
    private IOException ended(ClosedChannelException e) {
        if (e instanceof ClosedByInterruptException) {
            IOException interrupted = new InterruptedIOException("the thread that reads " + path + " was interrupted.");
            interrupted.initCause(e);
            return interrupted;
        }
        return new IOException(path + " was closed while it was in use; open the model again.", e);
    }

    /** An interrupted thread closes the channel that it reads from: others get a new one, if the file is still the same. */
    private synchronized FileChannel channel() throws IOException {
        if (closed) {
            throw new IOException(path + " is closed; open the model again.");
        }
        if (!channel.isOpen()) {
            BasicFileAttributes now = Files.readAttributes(path, BasicFileAttributes.class);
            if (now.size() != opened.size() || !now.lastModifiedTime().equals(opened.lastModifiedTime())
                    || !Objects.equals(now.fileKey(), opened.fileKey())) {
                throw new IOException(path + " has changed since it was opened; open the model again.");
            }
            channel = FileChannel.open(path, StandardOpenOption.READ);
        }
        return channel;
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        channel.close();
    }
}
