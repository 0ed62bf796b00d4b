/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.spi.model.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Where packed matrices lie in a file: a header, then one matrix after the other, each on a page of memory.
 *
 * <p>
 * The header, little-endian: magic number (8 bytes), version of the packing (4), rows in a group (4), fingerprint (32), length of
 * the file (8), number of matrices (4), offset and length of each (8 and 8), CRC-32C of all that (4).
 *
 * @param form how the kernels want weights
 * @param entries the matrices
 * @param bytes length of the file
 */
public record PackedLayout(WeightForm form, List<Entry> entries, long bytes) {

    /** Counts up with every change of {@link Packing} or of this layout, so that older files are not used. */
    static final int VERSION = 5;

    private static final long MAGIC = 0x44454B4341504C4DL;
    private static final int FIXED = 8 + 4 + 4 + Fingerprint.BYTES + 8 + 4;
    private static final int ENTRY = 8 + 8;
    private static final int PAGE = 4096;

    /**
     * A matrix in the file.
     *
     * @param tensor what is packed
     * @param shape its shape; without data
     * @param offset of its first byte
     * @param bytes that it takes
     */
    record Entry(Tensor tensor, Matrix shape, long offset, long bytes) {

        /** The matrix with data. */
        Matrix with(MemorySegment data) {
            return new Matrix(shape.name(), shape.rows(), shape.columns(), shape.packing(), shape.lanes(), data);
        }
    }

    /** The layout of a file of these matrices. */
    public static PackedLayout of(List<Tensor> tensors, WeightForm form) {
        int lanes = form.lanes();
        List<Entry> entries = new ArrayList<>(tensors.size());
        long at = page(headerBytes(tensors.size()));
        long end = at;
        for (Tensor tensor : tensors) {
            int columns = Math.toIntExact(tensor.columns());
            Packing packing = form.packing(tensor.type(), columns);
            long bytes = Matrix.bytes(tensor.rows(), columns, packing, lanes);
            entries.add(new Entry(tensor, new Matrix(tensor.name(), Math.toIntExact(tensor.rows()), columns, packing,
                    lanes, MemorySegment.NULL), at, bytes));
            end = at + bytes;
            at = page(end);
        }
        return new PackedLayout(form, List.copyOf(entries), end);
    }

    private static long page(long offset) {
        return (offset + PAGE - 1) / PAGE * PAGE;
    }

    private static int headerBytes(int matrices) {
        return Math.addExact(Math.multiplyExact(matrices, ENTRY), FIXED + Integer.BYTES);
    }

    /** Bytes of the header. */
    int headerBytes() {
        return headerBytes(entries.size());
    }

    /** The header that a whole file of these very weights begins with. */
    byte[] header(byte[] fingerprint) {
        ByteBuffer header = ByteBuffer.allocate(headerBytes(entries.size())).order(ByteOrder.LITTLE_ENDIAN);
        header.putLong(MAGIC).putInt(VERSION).putInt(form.lanes()).put(fingerprint).putLong(bytes)
                .putInt(entries.size());
        for (Entry entry : entries) {
            header.putLong(entry.offset()).putLong(entry.bytes());
        }
        CRC32C checksum = new CRC32C();
        checksum.update(header.array(), 0, header.position());
        return header.putInt((int) checksum.getValue()).array();
    }
}
