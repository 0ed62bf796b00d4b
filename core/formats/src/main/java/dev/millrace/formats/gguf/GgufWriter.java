/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.gguf;

import dev.millrace.api.MillraceException;
import dev.millrace.api.Progress;
import dev.millrace.machine.PartFile;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Writes GGUF version 3. The same input gives the same bytes. A few rows of one tensor are held at a time; the target
 * appears as a whole or not at all.
 */
public final class GgufWriter {

    private static final int ALIGNMENT = GgufReader.DEFAULT_ALIGNMENT;
    /** Encoded at a time: little enough that whoever asks for the end does not wait for it. */
    private static final int BAND_VALUES = 1 << 18;

    private final FileChannel channel;
    private final RowEncoder encoder;
    private final int threads;
    private final Progress progress;
    private final long total;
    /** Used again: as garbage they would fill the heap, whatever its size, before Java collects what is old. */
    private final Queue<float[]> spareFloats = new ConcurrentLinkedQueue<>();
    private final Queue<ByteBuffer> spareBytes = new ConcurrentLinkedQueue<>();
    private long written;

    private GgufWriter(FileChannel channel, RowEncoder encoder, int threads, Progress progress, long total) {
        this.channel = channel;
        this.encoder = encoder;
        this.threads = threads;
        this.progress = progress;
        this.total = total;
    }

    /**
     * Writes a file.
     *
     * @param target replaced if it exists
     * @param metadata keys and values
     * @param tensors in order
     * @param check sees the whole file before it takes the target's place; may refuse it by throwing
     * @param progress told of every few rows; may stop the work by throwing
     * @throws MillraceException if a tensor cannot be read or the file not be written; the target is then as before
     */
    public static void write(Path target, GgufMetadata metadata, List<OutgoingTensor> tensors, Consumer<Path> check,
            Progress progress) {
        write(target, metadata, tensors, RowEncoder.PLAIN, 1, check, progress);
    }

    /**
     * Writes a file, encoding on several threads.
     *
     * @param target replaced if it exists
     * @param metadata keys and values
     * @param tensors in order
     * @param encoder makes rows of the types in the file
     * @param threads that encode, 1 or more; they end with this call
     * @param check sees the whole file before it takes the target's place; may refuse it by throwing
     * @param progress told of every few rows; may stop the work by throwing
     * @throws MillraceException if a tensor cannot be read or the file not be written; the target is then as before
     */
    public static void write(Path target, GgufMetadata metadata, List<OutgoingTensor> tensors, RowEncoder encoder,
            int threads, Consumer<Path> check, Progress progress) {
        try (PartFile part = PartFile.of(target)) {
            long total = tensors.stream().mapToLong(OutgoingTensor::byteSize).sum();
            new GgufWriter(part.channel(), encoder, threads, progress, total).write(metadata, tensors);
            check.accept(part.path());
            part.keep();
        } catch (ClosedByInterruptException e) {
            throw cancelled(e);
        } catch (IOException e) {
            throw new MillraceException(target + " cannot be written: " + PartFile.reason(e) + ".", e);
        }
    }

    private static CancellationException cancelled(Exception cause) {
        CancellationException cancelled = new CancellationException("Cancelled.");
        cancelled.initCause(cause);
        return cancelled;
    }

    private void write(GgufMetadata metadata, List<OutgoingTensor> tensors) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        GgufMetadata.int32(header, GgufReader.MAGIC);
        GgufMetadata.int32(header, 3);
        GgufMetadata.int64(header, tensors.size());
        GgufMetadata.int64(header, metadata.count());
        header.writeBytes(metadata.bytes());
        long offset = 0;
        for (OutgoingTensor tensor : tensors) {
            GgufMetadata.string(header, tensor.name());
            GgufMetadata.int32(header, tensor.shape().length);
            for (int d = tensor.shape().length - 1; d >= 0; d--) {
                GgufMetadata.int64(header, tensor.shape()[d]);
            }
            GgufMetadata.int32(header, GgufTensorTypes.id(tensor.type()));
            GgufMetadata.int64(header, offset);
            offset += Math.ceilDiv(tensor.byteSize(), ALIGNMENT) * ALIGNMENT;
        }
        put(ByteBuffer.wrap(header.toByteArray()));
        pad();
        try (ExecutorService workers = Executors.newFixedThreadPool(threads)) {
            try {
                for (OutgoingTensor tensor : tensors) {
                    long start = channel.position();
                    rows(tensor, workers);
                    if (channel.position() - start != tensor.byteSize()) {
                        throw new IllegalArgumentException(tensor.name() + " has parts of "
                                + (channel.position() - start) + " bytes, expected " + tensor.byteSize());
                    }
                    pad();
                }
            } catch (IOException | RuntimeException | Error e) {
                workers.shutdownNow();
                throw e;
            }
        }
    }

    /** Rows that are being encoded. */
    private record Band(Future<ByteBuffer> bytes, long size) {
    }

    /** Bands are encoded side by side and written in order; two per thread are in memory. */
    private void rows(OutgoingTensor tensor, ExecutorService workers) throws IOException {
        Deque<Band> bands = new ArrayDeque<>();
        long first = 0;
        for (Tensor part : tensor.parts()) {
            long band = Math.max(1, BAND_VALUES / part.columns());
            for (long row = 0; row < part.rows(); row += band) {
                int count = (int) Math.min(band, part.rows() - row);
                if (part.type() == tensor.type()) {
                    written(tensor, bands, 0);
                    try (Arena arena = Arena.ofConfined()) {
                        put(part.slice(row, count).map(arena).asByteBuffer());
                    }
                    told(tensor, tensor.type().bytes(count * part.columns()));
                } else {
                    long at = row;
                    long place = first + row;
                    bands.add(new Band(workers.submit(() -> encoded(tensor, part, at, place, count)),
                            tensor.type().bytes(count * part.columns())));
                    written(tensor, bands, 2 * threads - 1);
                }
            }
            first += part.rows();
        }
        written(tensor, bands, 0);
    }

    /** Writes bands from the first on, until so many are left. */
    private void written(OutgoingTensor tensor, Deque<Band> bands, int left) throws IOException {
        while (bands.size() > left) {
            Band band = bands.remove();
            try {
                ByteBuffer bytes = band.bytes.get();
                put(bytes);
                spareBytes.add(bytes);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw cancelled(e);
            } catch (ExecutionException e) {
                switch (e.getCause()) {
                    case IOException cause -> throw cause;
                    case RuntimeException cause -> throw cause;
                    case Error cause -> throw cause;
                    case null, default -> throw new IllegalStateException(e);
                }
            }
            told(tensor, band.size);
        }
    }

    private void told(OutgoingTensor tensor, long bytes) {
        written += bytes;
        progress.update(tensor.name(), (double) written / (double) total);
    }

    private ByteBuffer encoded(OutgoingTensor tensor, Tensor part, long row, long place, int count)
            throws IOException {
        TensorType type = tensor.type();
        int values = Math.toIntExact(count * part.columns());
        float[] floats = floats(values);
        part.read(row, count, floats, 0);
        ByteBuffer bytes = bytes(Math.toIntExact(type.bytes(values)));
        try {
            encoder.encode(tensor, place, floats, values, bytes);
        } catch (ArithmeticException e) {
            throw new MillraceException(part.name() + " cannot be stored as " + type + ": " + e.getMessage() + ".", e);
        }
        spareFloats.add(floats);
        return bytes.flip();
    }

    private float[] floats(int values) {
        float[] spare = spareFloats.poll();
        return spare != null && spare.length >= values ? spare : new float[values];
    }

    private ByteBuffer bytes(int size) {
        ByteBuffer spare = spareBytes.poll();
        return spare != null && spare.capacity() >= size ? spare.clear().limit(size) : ByteBuffer.allocate(size);
    }

    private void pad() throws IOException {
        put(ByteBuffer.allocate((int) (Math.ceilDiv(channel.position(), ALIGNMENT) * ALIGNMENT - channel.position())));
    }

    private void put(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
