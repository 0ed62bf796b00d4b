/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.weights;

import dev.millrace.api.BackendException;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.spi.model.Tensor;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Packs a stored tensor into the layout of the kernels, group by group on all workers. */
public final class Packer {

    private static final VarHandle EIGHT = view(long[].class);
    private static final VarHandle INT = view(int[].class);
    private static final VarHandle HALF = view(short[].class);
    private static final VarHandle FLOAT = view(float[].class);

    /** Bytes that a worker packs at a time. */
    private static final int BATCH = 256 << 10;

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
    /** Bytes of a line. */
    private final int stride;
    /** The line with the scales of each block. */
    private final int[] scaleLines;

    private Packer(Tensor tensor, Matrix matrix, Out out) {
        this.tensor = tensor;
        type = tensor.type();
        this.matrix = matrix;
        this.out = out;
        rowBytes = Math.toIntExact(type.bytes(tensor.columns()));
        stride = Integer.BYTES * matrix.lanes();
        scaleLines = new int[matrix.blocks()];
        Arrays.setAll(scaleLines, b -> matrix.packing().scaleLine(b * matrix.packing().block()));
    }

    private static VarHandle view(Class<?> array) {
        return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.LITTLE_ENDIAN);
    }

    /** Packs into the memory of a matrix. See {@link #pack(Tensor, Matrix, Out, Workers)}. */
    public static void pack(Tensor tensor, Matrix matrix, Workers workers) {
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
    public static void pack(Tensor tensor, Matrix shape, Out out, Workers workers) {
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
                group(stored, first + i, row, raw, packed, i * bytes);
            }
            out.put(matrix.offset(first, 0), packed);
        }
    }

    /** Packs a group into an array, from an index on. */
    private void group(MemorySegment stored, int group, RowCodes row, byte[] raw, byte[] into, int at) {
        int first = group * matrix.lanes();
        int rows = Math.clamp(matrix.rows() - (long) first, 0, matrix.lanes());
        if (rows > 0) {
            MemorySegment.copy(stored, ValueLayout.JAVA_BYTE, (long) first * rowBytes, raw, 0, rows * rowBytes);
        }
        for (int lane = 0; lane < rows; lane++) {
            int to = at + Integer.BYTES * lane;
            if (type.isQuantised()) {
                row.read(type, raw, lane * rowBytes);
                scales(row, into, to);
                codes(row, into, to);
            } else {
                plain(raw, lane * rowBytes, into, to);
            }
        }
    }

    private void scales(RowCodes row, byte[] into, int lane) {
        Packing packing = matrix.packing();
        boolean minima = packing.minima();
        int each = packing.section() / packing.block();
        for (int b = 0; b < scaleLines.length; b++) {
            int in = b % each;
            int at = lane + scaleLines[b] * stride;
            switch (packing.scales()) {
                case NONE -> throw new IllegalArgumentException(tensor.name() + " has no blocks");
                case HALF -> {
                    half(row.scales[b], into, at + 2 * in);
                    if (minima) {
                        half(row.minima[b], into, at + stride + 2 * in);
                    }
                }
                case SUPER -> {
                    into[at + in] = row.subScales[b];
                    if (minima) {
                        into[at + stride + in] = row.subMinima[b];
                    }
                }
                case FLOAT -> {
                    finite(Float.isFinite(row.floatScales[b]));
                    FLOAT.set(into, at, row.floatScales[b]);
                }
            }
        }
        for (int s = 0; packing.scales() == Packing.Scales.SUPER && s < matrix.columns() / Packing.SUPER; s++) {
            int at = lane + packing.superLine(s * Packing.SUPER) * stride;
            half(row.scales[s], into, at);
            if (minima) {
                half(row.minima[s], into, at + 2);
            }
        }
    }

    private void half(short value, byte[] into, int at) {
        finite(Float.isFinite(Float.float16ToFloat(value)));
        HALF.set(into, at, value);
    }

    private void codes(RowCodes row, byte[] into, int lane) {
        Packing packing = matrix.packing();
        int end;
        for (int first = 0; first < matrix.columns(); first = end) {
            end = Math.min(matrix.columns(), first + packing.together(first));
            int at = lane + packing.line(first) * stride;
            switch (packing.codes()) {
                case NIBBLES -> nibbles(row.codes, first, end, into, at);
                case BYTES -> bytes(row.codes, first, end, into, at);
                case SIX_BITS -> sixBits(row.codes, first, end, into, at);
                case FLOAT16, BFLOAT16, FLOATS -> throw new IllegalArgumentException(tensor.name() + " has no codes");
            }
        }
    }

    private void nibbles(byte[] codes, int first, int end, byte[] into, int at) {
        for (int column = first; column < end; column += 8) {
            long eight = (long) EIGHT.get(codes, column);
            INT.set(into, at, nibbles(eight) | (nibbles(eight >>> 8) << 16));
            at += stride;
        }
    }

    /** Bytes 0, 2, 4 and 6, four bits of each, in 16 bits. */
    private static int nibbles(long eight) {
        long two = eight & 0x000f000f000f000fL;
        two |= two >>> 12;
        return (int) (two & 0xff) | (int) ((two >>> 24) & 0xff00);
    }

    private void bytes(byte[] codes, int first, int end, byte[] into, int at) {
        for (int column = first; column < end; column += 4) {
            int four = (int) INT.get(codes, column);
            INT.set(into, at, (four & 0xff0000ff) | ((four >>> 8) & 0xff00) | ((four & 0xff00) << 8));
            at += stride;
        }
    }

    private void sixBits(byte[] codes, int first, int end, byte[] into, int at) {
        for (int column = first; column < end; column += 16) {
            for (int i = 0; i < 3; i++) {
                INT.set(into, at, halves(sixBits(codes, column, i), sixBits(codes, column + 1, i)));
                at += stride;
            }
        }
    }

    private static int halves(int even, int odd) {
        return even | (odd << 16);
    }

    private static int sixBits(byte[] codes, int at, int i) {
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
    private void plain(byte[] raw, int from, byte[] into, int at) {
        boolean widened = matrix.packing().codes() == Packing.Codes.FLOATS && type != TensorType.F32;
        for (int i = 0; i < (widened ? matrix.columns() : rowBytes / 4); i++) {
            int code = widened
                    ? Float.floatToRawIntBits(widen((short) HALF.get(raw, from + 2 * i)))
                    : (int) INT.get(raw, from + 4 * i);
            finite(switch (type) {
                case F16 -> widened
                        ? Float.isFinite(Float.intBitsToFloat(code))
                        : exponent(code, 0x7c00) && exponent(code >>> 16, 0x7c00);
                case BF16 -> exponent(code >>> 16, 0x7f80) && (widened || exponent(code, 0x7f80));
                default -> Float.isFinite(Float.intBitsToFloat(code));
            });
            INT.set(into, at + stride * i, code);
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
    public static BackendException notFinite(Tensor tensor) {
        return new BackendException(tensor.name()
                + " holds weights that are infinite or no numbers; the model file is damaged or was converted badly.");
    }
}
