/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.backend.cpu.threads.Workers;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A packed copy while it is written: a temporary file that gets its name when it is whole, and is deleted otherwise. Written
 * through the channel and not through a mapping, because a full disk is an exception then and not the end of the virtual machine.
 *
 * <p>
 * Bytes are gathered in pieces as large as a huge page, and written piece by piece. Linux keeps what one call writes in one piece
 * of memory, and maps a whole piece at once: two Zen 4 cores read such a file at 36 GB/s, and at 31 where it was written in pieces
 * of some kilobytes. A thread of its own writes, while workers pack what comes next.
 */
final class PackedFile implements AutoCloseable {

    /** How names of temporary files end. */
    static final String ENDING = ".part";
    /** How they end before they are locked: for a moment, or for ever if their process was killed in it. */
    static final String UNLOCKED = ".new";

    /** A huge page of most processors. */
    private static final int PIECE = 2 << 20;
    /** Pieces that may wait to be written. */
    private static final int WAITING = 16;

    /** Bytes of the file, from an offset on. */
    private record Piece(long at, MemorySegment memory, AtomicInteger missing) {
    }

    /** Ends the writing. */
    private static final Piece END = new Piece(-1, MemorySegment.NULL, new AtomicInteger());

    private final Path part;
    private final FileChannel channel;
    private final long bytes;
    private final Arena arena = Arena.ofShared();
    private final Map<Long, Piece> open = new ConcurrentHashMap<>();
    private final Queue<MemorySegment> free = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Piece> full = new ArrayBlockingQueue<>(WAITING);
    private final Thread writer;
    private volatile @Nullable IOException failure;

    private PackedFile(Path part, FileChannel channel, long bytes) {
        this.part = part;
        this.channel = channel;
        this.bytes = bytes;
        writer = Thread.ofPlatform().daemon().name("millrace-cpu-writer").unstarted(this::write);
    }

    /**
     * A new file, locked, so that others see that somebody is writing it.
     *
     * @param beginning of its name
     * @param header what it begins with
     * @param bytes of the whole file, all of which must be put, each once
     */
    static PackedFile create(Path folder, String beginning, byte[] header, long bytes) throws IOException {
        Path created = Files.createTempFile(folder, beginning, UNLOCKED);
        Path part = created.resolveSibling(created.getFileName() + ENDING);
        FileChannel channel = null;
        try {
            channel = FileChannel.open(created, StandardOpenOption.READ, StandardOpenOption.WRITE);
            channel.lock();
            Files.move(created, part, StandardCopyOption.ATOMIC_MOVE); // seen by others only now that it is locked
        } catch (IOException | RuntimeException e) {
            if (channel != null) {
                channel.close();
            }
            Files.deleteIfExists(created);
            Files.deleteIfExists(part);
            throw e;
        }
        PackedFile file = new PackedFile(part, channel, bytes);
        file.writer.start();
        try {
            file.put(0, header);
            return file;
        } catch (RuntimeException e) {
            file.close();
            file.check();
            throw e;
        }
    }

    /**
     * Puts bytes. Safe for use from several threads; waits while the disk is too far behind.
     *
     * @throws UncheckedIOException if writing failed; {@link #check} throws the cause again
     */
    void put(long at, byte[] source) {
        for (int from = 0; from < source.length;) {
            long number = (at + from) / PIECE;
            Piece piece = open.computeIfAbsent(number, this::piece);
            long to = at + from - piece.at();
            int count = (int) Math.min(source.length - from, piece.memory().byteSize() - to);
            MemorySegment.copy(source, from, piece.memory(), ValueLayout.JAVA_BYTE, to, count);
            if (piece.missing().addAndGet(-count) == 0) {
                open.remove(number);
                pass(piece);
            }
            from += count;
        }
        IOException failed = failure;
        if (failed != null) {
            throw new UncheckedIOException(failed);
        }
    }

    /** Puts zeros. */
    void pad(long from, long to) {
        put(from, new byte[Math.toIntExact(to - from)]);
    }

    private Piece piece(long number) {
        long at = number * PIECE;
        int size = (int) Math.min(PIECE, bytes - at);
        MemorySegment memory = free.poll();
        return new Piece(at, (memory == null ? arena.allocate(PIECE, 64) : memory).asSlice(0, size),
                new AtomicInteger(size));
    }

    /** Passes a piece to the thread that writes. */
    private void pass(Piece piece) {
        boolean interrupted = false;
        while (true) {
            try {
                full.put(piece);
                break;
            } catch (InterruptedException e) {
                interrupted = true; // handed on below: half a file is of no use to anybody
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void write() {
        boolean ended = false;
        while (!ended) {
            try {
                Piece piece = full.take();
                ended = piece.at() < 0;
                if (!ended && failure == null) {
                    write(piece);
                }
            } catch (IOException e) {
                failure = e;
            } catch (InterruptedException e) {
                failure = new InterruptedIOException("writing was interrupted"); // by nobody that is known
            } catch (RuntimeException | Error e) {
                failure = new IOException("writing failed", e); // whoever puts bytes must not wait for a dead thread
            }
        }
    }

    private void write(Piece piece) throws IOException {
        ByteBuffer rest = piece.memory().asByteBuffer();
        while (rest.hasRemaining()) {
            channel.write(rest, piece.at() + rest.position());
        }
        if (piece.memory().byteSize() == PIECE) {
            free.add(piece.memory());
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
    MemorySegment complete(Path name, Arena owner) throws IOException {
        end();
        check();
        if (!open.isEmpty() || channel.size() != bytes) {
            throw new IOException("the file has " + channel.size() + " bytes instead of " + bytes);
        }
        channel.force(true);
        MemorySegment mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, bytes, owner);
        protect();
        Files.move(part, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        return mapped;
    }

    /** Lets nobody write to the file any more: machine code reads the mapping, and would end with its process if it became shorter. */
    private void protect() throws IOException {
        if (part.getFileSystem().supportedFileAttributeViews().contains("posix")) {
            Files.setPosixFilePermissions(part, Set.of(PosixFilePermission.OWNER_READ));
        }
    }

    /** Waits until everything is written that was passed on, and the thread is gone. Ending twice does nothing. */
    private void end() {
        if (writer.isAlive()) {
            pass(END);
        }
        Workers.join(writer);
    }

    /** Closes the file, and deletes it if it is not complete. No other thread may be putting bytes. */
    @Override
    public void close() throws IOException {
        end();
        arena.close();
        channel.close();
        Files.deleteIfExists(part);
    }
}
