/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store.fetch;

import dev.millrace.api.MillraceException;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * Fetches files in chunks over several connections. What has arrived stays, and a later download goes on with it.
 */
public final class Download {

    /** Large enough that asking takes no time beside it, small enough that a broken connection costs little. */
    public static final int CHUNK = 8 << 20;

    /** Told of bytes that have arrived, by one thread at a time. May stop the work by throwing. */
    @FunctionalInterface
    public interface Arrivals {

        /**
         * More is here.
         *
         * @param bytes how many; negative if some have to be fetched again
         */
        void add(long bytes);

        /**
         * It is going to try again, not at once.
         *
         * @param why for people, beginning with "waiting"
         */
        default void waits(String why) {
        }
    }

    private final Http http;
    private final Throttle throttle;
    private final int connections;
    private final int chunk;
    private final Arrivals arrivals;

    /**
     * Downloads.
     *
     * @param http asks the servers
     * @param bytesPerSecond the most, 0 for no limit
     * @param connections how many at a time
     * @param chunk size of a chunk in bytes, {@link #CHUNK} but in tests
     * @param arrivals told how far it is
     */
    public Download(Http http, long bytesPerSecond, int connections, int chunk, Arrivals arrivals) {
        this.http = http;
        this.throttle = new Throttle(bytesPerSecond);
        this.connections = connections;
        this.chunk = chunk;
        this.arrivals = arrivals;
    }

    /**
     * Fetches a file.
     *
     * @param place where it is
     * @param size its size, which is checked
     * @param tag what the server's ETag must be, or null
     * @param data gets the content; goes on with what it holds if the journal says so
     * @param journal beside it
     * @throws Refusal if the server says no
     * @throws MillraceException if it failed too often
     * @throws IOException if it cannot be written here
     */
    public void fetch(URI place, long size, @Nullable String tag, Path data, Path journal)
            throws IOException, InterruptedException {
        int chunks = Math.toIntExact(Math.ceilDiv(size, chunk));
        try (ChunkJournal known = ChunkJournal.open(data, journal, "1 " + size + " " + chunk + " " + tag(tag), chunks);
                FileChannel file = FileChannel.open(data, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            ConcurrentLinkedQueue<Integer> missing = new ConcurrentLinkedQueue<>();
            for (int i = 0; i < chunks; i++) {
                if (known.has(i)) {
                    arrived(length(i, size));
                } else {
                    missing.add(i);
                }
            }
            try {
                inParallel(missing, chunkNumber -> {
                    one(place, chunkNumber, size, tag, file);
                    known.add(chunkNumber);
                });
            } catch (WholeOnly e) {
                http.persist(Http.shown(place), this::waits, () -> {
                    whole(place, size, file, known);
                    return true;
                });
            }
            if (size == 0) {
                file.truncate(0);
            }
            file.force(true);
        }
    }

    private static String tag(@Nullable String tag) {
        return tag == null ? "-" : tag.replaceAll("[^ -~]", "?");
    }

    private int length(int number, long size) {
        return (int) Math.min(chunk, size - (long) number * chunk);
    }

    private synchronized void arrived(long bytes) {
        arrivals.add(bytes);
    }

    private synchronized void waits(String why) {
        arrivals.waits(why);
    }

    @FunctionalInterface
    private interface Work {

        void on(int chunk) throws IOException, InterruptedException;
    }

    private void inParallel(ConcurrentLinkedQueue<Integer> missing, Work work)
            throws IOException, InterruptedException {
        int workers = Math.min(connections, missing.size());
        Throwable failure = null;
        List<Future<?>> running = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < workers; i++) {
                running.add(threads.submit(() -> {
                    Integer next = missing.poll();
                    while (next != null) {
                        work.on(next);
                        next = missing.poll();
                    }
                    return null;
                }));
            }
            for (Future<?> each : running) {
                try {
                    each.get();
                } catch (ExecutionException e) {
                    failure = failure == null ? e.getCause() : failure;
                } catch (CancellationException e) {
                    failure = failure == null ? e : failure;
                } catch (InterruptedException e) {
                    threads.shutdownNow();
                    throw e;
                }
                if (failure != null) {
                    // the others would fail likewise, or work for nothing
                    threads.shutdownNow();
                }
            }
        }
        switch (failure) {
            case null -> {
            }
            case IOException e -> throw e;
            case RuntimeException e -> throw e;
            case InterruptedException e -> throw e;
            case Error e -> throw e;
            case Throwable e -> throw new IllegalStateException(e);
        }
    }

    /** Fetches a chunk, in several pieces if the connection breaks. */
    private void one(URI place, int number, long size, @Nullable String tag, FileChannel file)
            throws IOException, InterruptedException {
        long start = (long) number * chunk;
        int length = length(number, size);
        int[] got = new int[1];
        while (got[0] < length) {
            http.persist(Http.shown(place), this::waits, () -> {
                int before = got[0];
                try (Http.Reply reply = http.open(place, start + got[0], start + length - 1)) {
                    check(reply, place, start + got[0], start + length - 1, size, tag);
                    piece(reply, place, start, length, got, file);
                } catch (Refusal | WholeOnly | DiskException e) {
                    throw e;
                } catch (IOException e) {
                    if (got[0] - before < Body.LEAST) {
                        throw e;
                    }
                    // much came, so it is not over: the loop asks for the rest
                    if (Thread.currentThread().isInterrupted()) {
                        throw new CancellationException("Cancelled.");
                    }
                    Thread.sleep(http.patience().pause(1));
                }
                return true;
            });
        }
    }

    private void piece(Http.Reply reply, URI place, long start, int length, int[] got, FileChannel file)
            throws IOException, InterruptedException {
        ByteBuffer bytes = reply.body().next();
        while (bytes != null && got[0] < length) {
            if (bytes.remaining() > length - got[0]) {
                throw Refusal.wrong(Http.shown(place) + " is longer than its server says; nothing of this was kept.");
            }
            int count = bytes.remaining();
            put(file, bytes, start + got[0]);
            got[0] += count;
            arrived(count);
            throttle.passed(count);
            if (got[0] == length) {
                return;
            }
            bytes = reply.body().next();
        }
        if (got[0] < length) {
            throw new IOException("the connection ended after " + got[0] + " of " + length + " bytes");
        }
    }

    private static void put(FileChannel file, ByteBuffer bytes, long at) throws IOException {
        long to = at;
        try {
            while (bytes.hasRemaining()) {
                to += file.write(bytes, to);
            }
        } catch (IOException e) {
            throw new DiskException(e);
        }
    }

    private static void check(Http.Reply reply, URI place, long from, long to, long size, @Nullable String tag)
            throws IOException {
        if (reply.status() == 200) {
            throw new WholeOnly();
        }
        Optional<String> stated = reply.headers().firstValue("ETag");
        if (tag != null && stated.isPresent() && !stated.get().equals(tag)) {
            throw Refusal.wrong(Http.shown(place) + " has changed on its server meanwhile; run the command again.");
        }
        String range = reply.headers().firstValue("Content-Range").orElse("");
        if (!range.equals("bytes " + from + "-" + to + "/" + size)
                && !range.equals("bytes " + from + "-" + to + "/*")) {
            throw Refusal.wrong(Http.shown(place) + " was asked for the bytes " + from + " to " + to + " of " + size
                    + ", and its server gives " + (range.isEmpty() ? "others" : range) + ".");
        }
    }

    /** All of a file over one connection, from its first byte. */
    private void whole(URI place, long size, FileChannel file, ChunkJournal known)
            throws IOException, InterruptedException {
        long at = 0;
        long counted = 0;
        try (Http.Reply reply = http.open(place, -1, -1)) {
            ByteBuffer bytes = reply.body().next();
            while (bytes != null) {
                int count = bytes.remaining();
                if (at + count > size) {
                    throw Refusal.wrong(Http.shown(place) + " is longer than the " + size + " bytes that were told.");
                }
                put(file, bytes, at);
                at += count;
                arrived(count);
                counted += count;
                throttle.passed(count);
                bytes = reply.body().next();
            }
        } finally {
            if (at < size) {
                arrived(-counted);
            }
        }
        if (at < size) {
            throw new IOException("the connection ended after " + at + " of " + size + " bytes");
        }
        for (int i = 0; (long) i * chunk < size; i++) {
            known.add(i);
        }
    }

    /**
     * How far a download has come.
     *
     * @param size of the whole file in bytes
     * @param arrived bytes that need not be fetched again
     */
    public record Arrived(long size, long arrived) {
    }

    /**
     * How far a download has come that has not ended.
     *
     * @param journal beside its content
     * @return empty if the journal says nothing
     * @throws IOException if it cannot be read
     */
    public static Optional<Arrived> arrived(Path journal) throws IOException {
        return ChunkJournal.arrived(journal);
    }

    /**
     * Removes what is left of a download.
     *
     * @param data its content
     * @param journal beside it
     * @throws IOException if it cannot be removed
     */
    public static void forget(Path data, Path journal) throws IOException {
        Files.deleteIfExists(journal);
        Files.deleteIfExists(data);
    }
}
