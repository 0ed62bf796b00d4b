/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.BackendException;
import dev.millrace.spi.Tensor;
import dev.millrace.spi.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Packs a stored tensor into the layout of the kernels, group by group on all workers. */
final class Packer {

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort HALF = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);

    /**
     * Bytes of codes put at a time. Files written in large pieces lie in the page cache in large pieces, too: mapped, they gave 24.9
     * to 26.6 tokens a second on two Zen 4 cores, written group by group (16 KiB) 24.2.
     */
    private static final int BATCH = 4 << 20;

    /** Takes packed bytes, from several threads. */
    @FunctionalInterface
    interface Out {
        /** Takes whole groups, which belong at an offset in the matrix. */
        void put(long offset, byte[] bytes);
    }

    private final Tensor tensor;
    private final TensorType type;
    private final Matrix matrix;
    private final Out out;
    private final int rowBytes;

    private Packer(Tensor tensor, Matrix matrix, Out out) {
        this.tensor = tensor;
        type = tensor.type();
        this.matrix = matrix;
        this.out = out;
        rowBytes = Math.toIntExact(type.bytes(tensor.columns()));
    }

    /** Packs into the memory of a matrix. See {@link #pack(Tensor, Matrix, Out, Workers)}. */
    static void pack(Tensor tensor, Matrix matrix, Workers workers) {
        pack(tensor, matrix, (offset, bytes) -> MemorySegment.copy(bytes, 0, matrix.data(), ValueLayout.JAVA_BYTE,
                offset, bytes.length), workers);
    }

    /**
     * Packs.
     *
     * @param tensor what to pack; mapped meanwhile and unmapped afterwards
     * @param shape a matrix of the same shape
     * @param out gets all bytes of the matrix
     * @param workers do the work
     * @throws BackendException if the tensor cannot be mapped, has fewer bytes than its shape needs, or holds values that are
     *             not finite
     */
    static void pack(Tensor tensor, Matrix shape, Out out, Workers workers) {
        Packer packer = new Packer(tensor, shape, out);
        try (Arena arena = Arena.ofShared()) {
            MemorySegment stored = tensor.map(arena);
            if (stored.byteSize() < (long) packer.rowBytes * shape.rows()) {
                throw new BackendException(tensor.name() + " has " + stored.byteSize() + " bytes, but "
                        + (long) packer.rowBytes * shape.rows() + " are needed; the model file is damaged.");
            }
            workers.run((worker, from, to) -> packer.groups(stored, from, to), shape.groups(),
                    100L * shape.columns());
        } catch (IOException e) {
            throw new BackendException("The weights cannot be read: " + e.getMessage(), e);
        }
    }

    private void groups(MemorySegment stored, int from, int to) {
        int bytes = matrix.groupBytes();
        int most = Math.clamp(BATCH / bytes, 1, to - from);
        byte[] raw = new byte[rowBytes * matrix.lanes()];
        RowCodes row = new RowCodes(type.isQuantised() ? matrix.columns() : 0);
        for (int first = from; first < to; first += most) {
            int count = Math.min(most, to - first);
            byte[] packed = new byte[count * bytes];
            for (int i = 0; i < count; i++) {
                group(stored, first + i, row, raw, MemorySegment.ofArray(packed).asSlice(i * (long) bytes, bytes));
            }
            out.put(matrix.offset(first, 0), packed);
        }
    }

    private void group(MemorySegment stored, int group, RowCodes row, byte[] raw, MemorySegment into) {
        int first = group * matrix.lanes();
        int rows = Math.clamp(matrix.rows() - (long) first, 0, matrix.lanes());
        if (rows > 0) {
            MemorySegment.copy(stored, ValueLayout.JAVA_BYTE, (long) first * rowBytes, raw, 0, rows * rowBytes);
        }
        for (int lane = 0; lane < rows; lane++) {
            if (type.isQuantised()) {
                row.read(type, raw, lane * rowBytes);
                scales(row, into, lane);
                codes(row, into, lane);
            } else {
                plain(raw, lane * rowBytes, into, lane);
            }
        }
    }

    private void scales(RowCodes row, MemorySegment into, int lane) {
        Packing packing = matrix.packing();
        for (int b = 0; b < matrix.blocks(); b++) {
            int column = b * packing.block();
            int in = column % packing.stretch() / packing.block();
            long at = at(packing.scaleLine(column), lane);
            long minimum = at + 4L * matrix.lanes();
            switch (packing.scales()) {
                case NONE -> throw new IllegalArgumentException(tensor.name() + " has no blocks");
                case HALF -> {
                    half(row.scales[b], into, at + 2L * in);
                    if (packing.minima()) {
                        half(row.minima[b], into, minimum + 2L * in);
                    }
                }
                case SUPER -> {
                    if (column % Packing.SUPER == 0) {
                        superBlock(row, column / Packing.SUPER, into, at(packing.superLine(column), lane));
                    }
                    into.set(ValueLayout.JAVA_BYTE, at + in, row.subScales[b]);
                    if (packing.minima()) {
                        into.set(ValueLayout.JAVA_BYTE, minimum + in, row.subMinima[b]);
                    }
                }
                case FLOAT -> {
                    finite(Float.isFinite(row.floatScales[b]));
                    into.set(FLOAT, at, row.floatScales[b]);
                }
            }
        }
    }

    private void superBlock(RowCodes row, int number, MemorySegment into, long at) {
        half(row.scales[number], into, at);
        if (matrix.packing().minima()) {
            half(row.minima[number], into, at + 2);
        }
    }

    /** Offset of an int in a group. */
    private long at(int line, int lane) {
        return 4L * line * matrix.lanes() + 4L * lane;
    }

    private void half(short value, MemorySegment into, long at) {
        finite(Float.isFinite(Float.float16ToFloat(value)));
        into.set(HALF, at, value);
    }

    private void codes(RowCodes row, MemorySegment into, int lane) {
        long stride = 4L * matrix.lanes();
        Packing packing = matrix.packing();
        Packing.Codes kind = packing.codes();
        int end;
        for (int first = 0; first < matrix.columns(); first = end) {
            end = Math.min(matrix.columns(), first + packing.together(first));
            long at = at(packing.line(first), lane);
            for (int column = first; column < end; column += kind.columns()) {
                switch (kind) {
                    case NIBBLES ->
                        into.set(INT, at, halves(nibbles(row.codes, column), nibbles(row.codes, column + 1)));
                    case BYTES -> into.set(INT, at, halves(bytes(row.codes, column), bytes(row.codes, column + 1)));
                    case SIXES -> {
                        for (int i = 0; i < 3; i++) {
                            into.set(INT, at + i * stride,
                                    halves(sixes(row.codes, column, i), sixes(row.codes, column + 1, i)));
                        }
                    }
                    case HALVES, BRAINS, FLOATS -> throw new IllegalArgumentException(tensor.name() + " has no codes");
                }
                at += kind.ints() * stride;
            }
        }
    }

    private static int halves(int even, int odd) {
        return even | (odd << 16);
    }

    private static int nibbles(byte[] codes, int at) {
        return codes[at] | (codes[at + 2] << 4) | (codes[at + 4] << 8) | (codes[at + 6] << 12);
    }

    private static int bytes(byte[] codes, int at) {
        return (codes[at] & 0xff) | ((codes[at + 2] & 0xff) << 8);
    }

    private static int sixes(byte[] codes, int at, int i) {
        int two = codes[at + 4 * i] | (codes[at + 4 * i + 2] << 6);
        int seventh = codes[at + 12];
        int eighth = codes[at + 14];
        return two | switch (i) {
            case 0 -> (seventh & 15) << 12;
            case 1 -> (eighth & 15) << 12;
            default -> (seventh >> 4 << 12) | (eighth >> 4 << 14);
        };
    }

    /** Values that are not quantised. */
    private void plain(byte[] raw, int from, MemorySegment into, int lane) {
        MemorySegment in = MemorySegment.ofArray(raw).asSlice(from, rowBytes);
        long stride = 4L * matrix.lanes();
        long at = 4L * lane;
        boolean widened = matrix.packing().codes() == Packing.Codes.FLOATS && type != TensorType.F32;
        for (int i = 0; i < (widened ? matrix.columns() : rowBytes / 4); i++) {
            int code = widened ? Float.floatToRawIntBits(widen(in.get(HALF, 2L * i))) : in.get(INT, 4L * i);
            finite(switch (type) {
                case F16 -> widened
                        ? Float.isFinite(Float.intBitsToFloat(code))
                        : exponent(code, 0x7c00) && exponent(code >>> 16, 0x7c00);
                case BF16 -> exponent(code >>> 16, 0x7f80) && (widened || exponent(code, 0x7f80));
                default -> Float.isFinite(Float.intBitsToFloat(code));
            });
            into.set(INT, at + stride * i, code);
        }
    }

    private float widen(short value) {
        return type == TensorType.F16 ? Float.float16ToFloat(value) : Float.intBitsToFloat(value << 16);
    }

    /** Whether an exponent is that of a number. */
    private static boolean exponent(int bits, int mask) {
        return (bits & mask) != mask;
    }

    private void finite(boolean holds) {
        if (!holds) {
            throw notFinite(tensor);
        }
    }

    /** What to throw for a tensor that holds something else than numbers. */
    static BackendException notFinite(Tensor tensor) {
        return new BackendException(tensor.name()
                + " holds weights that are infinite or no numbers; the model file is damaged or was converted badly.");
    }
}
