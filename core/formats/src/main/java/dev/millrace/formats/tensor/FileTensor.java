/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A tensor as it lies in a file.
 *
 * @param name in the file
 * @param type how it is stored
 * @param rows 1 or more
 * @param columns 1 or more, a multiple of the type's block size
 * @param file where it lies
 * @param offset of its first byte; the caller has checked that it lies inside the file
 */
public record FileTensor(String name, TensorType type, long rows, long columns, WeightFile file,
        long offset) implements Tensor {

    private static final int CHUNK_BYTES = 1 << 16;

    @Override
    public MemorySegment map(Arena arena) throws IOException {
        return file.map(offset, byteSize(), arena);
    }

    @Override
    public void read(long firstRow, int count, float[] into, int at) throws IOException {
        Objects.checkFromIndexSize(firstRow, count, rows);
        long values = Math.multiplyExact(count, columns);
        Objects.checkFromIndexSize((long) at, values, (long) into.length);
        long blocks = values / type.blockSize();
        int blocksAtOnce = (int) Math.min(Math.max(blocks, 1), CHUNK_BYTES / type.blockBytes());
        byte[] bytes = new byte[blocksAtOnce * type.blockBytes()];
        long from = offset + type.bytes(firstRow * columns);
        int to = at;
        while (blocks > 0) {
            int now = (int) Math.min(blocks, blocksAtOnce);
            file.read(from, ByteBuffer.wrap(bytes, 0, now * type.blockBytes()));
            BlockDecoder.decode(type, bytes, 0, now, into, to);
            from += (long) now * type.blockBytes();
            to += now * type.blockSize();
            blocks -= now;
        }
    }

    @Override
    public Tensor slice(long firstRow, long count) {
        Slices.check(this, firstRow, count);
        return new FileTensor(Slices.name(this, firstRow, count), type, count, columns, file,
                offset + type.bytes(firstRow * columns));
    }
}
