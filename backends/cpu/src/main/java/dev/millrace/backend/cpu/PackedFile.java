/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A packed copy while it is written: a temporary file that gets its name when it is whole, and is deleted otherwise. Written
 * through the channel and not through a mapping, because a full disk is an exception then and not the end of the virtual machine.
 */
final class PackedFile implements AutoCloseable {

    /** How names of temporary files end. */
    static final String ENDING = ".part";
    /** How they end before they are locked: for a moment, or for ever if their process was killed in it. */
    static final String UNLOCKED = ".new";

    private final Path part;
    private final FileChannel channel;
    private volatile @Nullable IOException failure;

    private PackedFile(Path part, FileChannel channel) {
        this.part = part;
        this.channel = channel;
    }

    /**
     * A new file, locked, so that others see that somebody is writing it.
     *
     * @param beginning of its name
     * @param header what it begins with
     */
    static PackedFile create(Path folder, String beginning, byte[] header) throws IOException {
        Path created = Files.createTempFile(folder, beginning, UNLOCKED);
        Path part = created.resolveSibling(created.getFileName() + ENDING);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(created, StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel.lock();
            Files.move(created, part, StandardCopyOption.ATOMIC_MOVE); // seen by others only now that it is locked
            PackedFile file = new PackedFile(part, channel);
            file.write(0, header);
            return file;
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            Files.deleteIfExists(created);
            Files.deleteIfExists(part);
            throw e;
        }
    }

    /**
     * Writes bytes. Safe for use from several threads.
     *
     * @throws UncheckedIOException if that fails; {@link #check} throws the cause again
     */
    void put(long at, byte[] bytes) {
        try {
            write(at, bytes);
        } catch (IOException e) {
            failure = e;
            throw new UncheckedIOException(e);
        }
    }

    private void write(long at, byte[] bytes) throws IOException {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
            channel.write(rest, at + rest.position());
        }
    }

    /** Throws what writing failed with, if it did. */
    void check() throws IOException {
        IOException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    /** Maps what was written, gives the file its name, and puts everything on the disk before. */
    MemorySegment complete(Path name, long bytes, Arena arena) throws IOException {
        if (channel.size() != bytes) {
            throw new IOException("the file has " + channel.size() + " bytes instead of " + bytes);
        }
        channel.force(true);
        MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, arena);
        Files.move(part, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return mapped;
    }

    /** Closes the file, and deletes it if it is not complete. */
    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(part);
    }
}
