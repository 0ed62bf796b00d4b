/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.tensor;

import dev.millrace.api.ModelFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Comparator;
import java.util.List;

/**
 * Looks for regions of zeros among weights. Programs that fetch a file in pieces give it its full size first; where they were
 * stopped, zeros stay. A matrix that is zero as a whole, or has some rows of zeros, may be meant so; zeros that cut a row or run
 * over several matrices are not. Reads a few bytes of each matrix, some thousand times in a large file.
 */
public final class Holes {

    /** Shorter regions say nothing. */
    private static final int LEAST = 1024;
    private static final int PROBE = 64;
    private static final long STRIDE = 4L << 20;
    private static final int PROBES = 4;
    private static final int CHUNK = 1 << 16;
    private static final long FARTHEST = 64L << 20;
    /** Values beside a region may end in a few bytes of zero by chance. */
    private static final int CHANCE = 16;

    private Holes() {
    }

    /**
     * Looks at the weights of a model.
     *
     * @param tensors that the model computes with
     * @throws ModelFormatException if there is a region that a broken download has left
     */
    public static void check(List<FileTensor> tensors) {
        List<FileTensor> matrices = tensors.stream().filter(tensor -> tensor.rows() > 1 && tensor.byteSize() >= PROBE)
                .sorted(Comparator.comparing((FileTensor tensor) -> tensor.file().path())
                        .thenComparingLong(FileTensor::offset))
                .toList();
        for (int i = 0; i < matrices.size(); i++) {
            FileTensor tensor = matrices.get(i);
            try {
                check(tensor, matrices);
            } catch (IOException e) {
                throw new ModelFormatException(tensor.file().path(), tensor.name(), "cannot be read: " + e.getMessage(),
                        e);
            }
        }
    }

    private static void check(FileTensor tensor, List<FileTensor> matrices) throws IOException {
        long size = tensor.byteSize();
        long stride = Math.clamp(size / PROBES, PROBE, STRIDE);
        for (long at = stride / 2; at + PROBE <= size; at += stride) {
            Region zeros = Region.around(tensor.file(), tensor.offset() + at);
            if (zeros.length() >= LEAST && isHole(zeros, matrices)) {
                throw new ModelFormatException(tensor.file().path(), tensor.name(), "is damaged: bytes " + zeros.from
                        + " to " + zeros.to
                        + " of the file are zeros, as a broken download leaves them; fetch it again");
            }
            at = Math.max(at, zeros.to - tensor.offset() - stride);
        }
    }

    private static boolean isHole(Region zeros, List<FileTensor> matrices) {
        int touched = 0;
        for (FileTensor matrix : matrices) {
            long begin = Math.max(zeros.from, matrix.offset());
            long end = Math.min(zeros.to, matrix.offset() + matrix.byteSize());
            if (!matrix.file().equals(zeros.file) || begin >= end) {
                continue;
            }
            if (end - begin >= LEAST) {
                touched++;
            }
            if (!isRow(matrix, begin, CHANCE) || !isRow(matrix, end, -CHANCE)) {
                return true;
            }
        }
        return touched > 1;
    }

    /** Whether a row begins at a byte of the file, or a little behind it. */
    private static boolean isRow(FileTensor matrix, long at, int chance) {
        long row = matrix.byteSize() / matrix.rows();
        long within = at - matrix.offset();
        return within % row == 0 || within / row != (within + chance) / row;
    }

    /**
     * Bytes of zero, as many as there are.
     *
     * @param file where they are
     * @param from the first
     * @param to one past the last
     */
    private record Region(WeightFile file, long from, long to) {

        long length() {
            return to - from;
        }

        static Region around(WeightFile file, long at) throws IOException {
            byte[] probe = new byte[PROBE];
            file.read(at, ByteBuffer.wrap(probe));
            for (byte b : probe) {
                if (b != 0) {
                    return new Region(file, at, at);
                }
            }
            return new Region(file, start(file, at), end(file, at + PROBE));
        }

        private static long start(WeightFile file, long at) throws IOException {
            long from = at;
            byte[] chunk = new byte[CHUNK];
            while (from > 0 && at - from < FARTHEST) {
                int count = (int) Math.min(CHUNK, from);
                file.read(from - count, ByteBuffer.wrap(chunk, 0, count));
                for (int i = count - 1; i >= 0; i--) {
                    if (chunk[i] != 0) {
                        return from - count + i + 1;
                    }
                }
                from -= count;
            }
            return from;
        }

        private static long end(WeightFile file, long at) throws IOException {
            long to = at;
            byte[] chunk = new byte[CHUNK];
            while (to < file.size() && to - at < FARTHEST) {
                int count = (int) Math.min(CHUNK, file.size() - to);
                file.read(to, ByteBuffer.wrap(chunk, 0, count));
                for (int i = 0; i < count; i++) {
                    if (chunk[i] != 0) {
                        return to + i;
                    }
                }
                to += count;
            }
            return to;
        }
    }
}
