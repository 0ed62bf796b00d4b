/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.vector;

import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOATS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INTS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.L;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LE;
import static dev.millrace.backend.cpu.kv.KvLayout.HALF_PAGE;
import static dev.millrace.backend.cpu.kv.KvLayout.PAGE;

import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.PowersOfTwo;
import dev.millrace.backend.cpu.kernels.WeightedSums;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvPage;
import dev.millrace.backend.cpu.kv.KvType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * SIMD by the Vector API. Loaded only where the module {@code jdk.incubator.vector} is.
 *
 * <p>
 * Scores and weighted sums are the same product, of queries with keys and of weights with values. Each element is one chain of
 * fused multiply-adds from the first row to the last, whether rows come unpacked or as codes and however many columns are
 * computed together, so a token gets the same bits alone as among others.
 */
public final class VectorAttention implements AttentionKernels {

    /** A quarter of a vector of floats, or half of one where there is no shorter vector. */
    private static final VectorSpecies<Byte> BYTES = L == 16 ? ByteVector.SPECIES_128 : ByteVector.SPECIES_64;
    /** Half of a vector of floats. */
    private static final VectorSpecies<Short> HALF_SHORTS = VectorSpecies.of(short.class,
            VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

    /** Whether there are registers for four by four vectors of sums: not with AVX2. */
    private static final boolean WIDE = L != 8;

    /**
     * The bits of this number plus those of a small integer are the bits of their sum. Codes become floats by it, since C2 takes a
     * conversion for cheap enough to be repeated at each use, in some runs 13 times instead of 4 in a row of a page, but not a
     * difference of two operands.
     */
    private static final float WHOLE = 0x1.8p23f;
    private static final int WHOLE_BITS = 0x4b40_0000;

    /** Queries up to which codes are not unpacked into memory first. */
    private static final int FEW = 8;

    @Override
    public void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch scratch, int first, int vectors,
            int group, int oldest, int visible, float softcap) {
        MemorySegment data = page.data();
        int width = layer.width();
        int filled = AttentionScratch.filled(vectors);
        if (layer.type() == KvType.Q8) {
            unpackScales(data, layer.keyScale(head, 0), scratch.scales, 0);
            unpackScales(data, layer.valueScale(head, 0), scratch.scales, PAGE);
        }
        boolean codes = layer.type() == KvType.Q8 && vectors <= FEW;
        if (!codes) {
            unpack(layer.type(), data, layer.keys(head), PAGE * width, scratch.tile);
        }
        for (int v = 0; v < filled; v += AttentionScratch.TILE) {
            if (codes) {
                multiplyCodes(data, layer.keys(head), width, PAGE, scratch.queries, (first + v) * width, scratch.scores,
                        v * PAGE, scratch.scales, 0, false);
            } else {
                multiply(scratch.tile, width, PAGE, scratch.queries, (first + v) * width, scratch.scores, v * PAGE,
                        scratch.scales, 0,
                        false);
            }
            for (int i = v; i < Math.min(vectors, v + AttentionScratch.TILE); i++) {
                soften(scratch, first, i, oldest + i / group, visible + i / group, softcap);
            }
        }
        if (!codes) {
            unpack(layer.type(), data, layer.values(head), PAGE * width, scratch.tile);
        }
        for (int v = 0; v < filled; v += AttentionScratch.TILE) {
            if (codes) {
                multiplyCodes(data, layer.values(head), PAGE, width, scratch.scores, v * PAGE, scratch.met.sums,
                        (first + v) * width, scratch.fade, v, true);
            } else {
                multiply(scratch.tile, PAGE, width, scratch.scores, v * PAGE, scratch.met.sums, (first + v) * width,
                        scratch.fade, v,
                        true);
            }
        }
    }

    /**
     * {@code y = (x . m) * scale} with a scale for each column, or {@code y = y * fade + x . m} with one for each vector, for
     * {@link AttentionScratch#TILE} vectors x of {@code rows} and y of {@code columns}.
     */
    private static void multiply(float[] m, int rows, int columns, float[] x, int from, float[] y, int to, float[] by,
            int factor, boolean add) {
        int c = 0;
        if (WIDE) {
            for (; c + 4 * L <= columns; c += 4 * L) {
                multiply4(m, c, rows, columns, x, from, y, to + c, by, add ? factor : factor + c, add);
            }
        }
        for (; c < columns; c += 2 * L) {
            multiply2(m, c, rows, columns, x, from, y, to + c, by, add ? factor : factor + c, add);
        }
    }

    /** The same, with rows as codes. */
    private static void multiplyCodes(MemorySegment m, long at, int rows, int columns, float[] x, int from, float[] y,
            int to, float[] by, int factor, boolean add) {
        int c = 0;
        if (WIDE) {
            for (; c + 4 * L <= columns; c += 4 * L) {
                multiplyCodes4(m, at + c, rows, columns, x, from, y, to + c, by, add ? factor : factor + c, add);
            }
        }
        for (; c < columns; c += 2 * L) {
            multiplyCodes2(m, at + c, rows, columns, x, from, y, to + c, by, add ? factor : factor + c, add);
        }
    }

    /** Four vectors of columns, whose 16 sums need more than 16 registers. */
    private static void multiply4(float[] m, int at, int rows, int columns, float[] x, int x0, float[] y,
            int to, float[] by, int factor, boolean add) {
        int x1 = x0 + rows;
        int x2 = x1 + rows;
        int x3 = x2 + rows;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector b0 = a0;
        FloatVector c0 = a0;
        FloatVector d0 = a0;
        FloatVector a1 = a0;
        FloatVector b1 = a0;
        FloatVector c1 = a0;
        FloatVector d1 = a0;
        FloatVector a2 = a0;
        FloatVector b2 = a0;
        FloatVector c2 = a0;
        FloatVector d2 = a0;
        FloatVector a3 = a0;
        FloatVector b3 = a0;
        FloatVector c3 = a0;
        FloatVector d3 = a0;
        for (int r = 0; r < rows; r++) {
            int place = at + r * columns;
            FloatVector a = FloatVector.fromArray(FLOATS, m, place);
            FloatVector b = FloatVector.fromArray(FLOATS, m, place + L);
            FloatVector c = FloatVector.fromArray(FLOATS, m, place + 2 * L);
            FloatVector d = FloatVector.fromArray(FLOATS, m, place + 3 * L);
            FloatVector f = FloatVector.broadcast(FLOATS, x[x0 + r]);
            a0 = a.fma(f, a0);
            b0 = b.fma(f, b0);
            c0 = c.fma(f, c0);
            d0 = d.fma(f, d0);
            f = FloatVector.broadcast(FLOATS, x[x1 + r]);
            a1 = a.fma(f, a1);
            b1 = b.fma(f, b1);
            c1 = c.fma(f, c1);
            d1 = d.fma(f, d1);
            f = FloatVector.broadcast(FLOATS, x[x2 + r]);
            a2 = a.fma(f, a2);
            b2 = b.fma(f, b2);
            c2 = c.fma(f, c2);
            d2 = d.fma(f, d2);
            f = FloatVector.broadcast(FLOATS, x[x3 + r]);
            a3 = a.fma(f, a3);
            b3 = b.fma(f, b3);
            c3 = c.fma(f, c3);
            d3 = d.fma(f, d3);
        }
        int to1 = to + columns;
        int to2 = to1 + columns;
        int to3 = to2 + columns;
        if (add) {
            FloatVector f = FloatVector.broadcast(FLOATS, by[factor]);
            a0 = FloatVector.fromArray(FLOATS, y, to).fma(f, a0);
            b0 = FloatVector.fromArray(FLOATS, y, to + L).fma(f, b0);
            c0 = FloatVector.fromArray(FLOATS, y, to + 2 * L).fma(f, c0);
            d0 = FloatVector.fromArray(FLOATS, y, to + 3 * L).fma(f, d0);
            f = FloatVector.broadcast(FLOATS, by[factor + 1]);
            a1 = FloatVector.fromArray(FLOATS, y, to1).fma(f, a1);
            b1 = FloatVector.fromArray(FLOATS, y, to1 + L).fma(f, b1);
            c1 = FloatVector.fromArray(FLOATS, y, to1 + 2 * L).fma(f, c1);
            d1 = FloatVector.fromArray(FLOATS, y, to1 + 3 * L).fma(f, d1);
            f = FloatVector.broadcast(FLOATS, by[factor + 2]);
            a2 = FloatVector.fromArray(FLOATS, y, to2).fma(f, a2);
            b2 = FloatVector.fromArray(FLOATS, y, to2 + L).fma(f, b2);
            c2 = FloatVector.fromArray(FLOATS, y, to2 + 2 * L).fma(f, c2);
            d2 = FloatVector.fromArray(FLOATS, y, to2 + 3 * L).fma(f, d2);
            f = FloatVector.broadcast(FLOATS, by[factor + 3]);
            a3 = FloatVector.fromArray(FLOATS, y, to3).fma(f, a3);
            b3 = FloatVector.fromArray(FLOATS, y, to3 + L).fma(f, b3);
            c3 = FloatVector.fromArray(FLOATS, y, to3 + 2 * L).fma(f, c3);
            d3 = FloatVector.fromArray(FLOATS, y, to3 + 3 * L).fma(f, d3);
        } else {
            FloatVector f = FloatVector.fromArray(FLOATS, by, factor);
            a0 = a0.mul(f);
            a1 = a1.mul(f);
            a2 = a2.mul(f);
            a3 = a3.mul(f);
            f = FloatVector.fromArray(FLOATS, by, factor + L);
            b0 = b0.mul(f);
            b1 = b1.mul(f);
            b2 = b2.mul(f);
            b3 = b3.mul(f);
            f = FloatVector.fromArray(FLOATS, by, factor + 2 * L);
            c0 = c0.mul(f);
            c1 = c1.mul(f);
            c2 = c2.mul(f);
            c3 = c3.mul(f);
            f = FloatVector.fromArray(FLOATS, by, factor + 3 * L);
            d0 = d0.mul(f);
            d1 = d1.mul(f);
            d2 = d2.mul(f);
            d3 = d3.mul(f);
        }
        a0.intoArray(y, to);
        b0.intoArray(y, to + L);
        c0.intoArray(y, to + 2 * L);
        d0.intoArray(y, to + 3 * L);
        a1.intoArray(y, to1);
        b1.intoArray(y, to1 + L);
        c1.intoArray(y, to1 + 2 * L);
        d1.intoArray(y, to1 + 3 * L);
        a2.intoArray(y, to2);
        b2.intoArray(y, to2 + L);
        c2.intoArray(y, to2 + 2 * L);
        d2.intoArray(y, to2 + 3 * L);
        a3.intoArray(y, to3);
        b3.intoArray(y, to3 + L);
        c3.intoArray(y, to3 + 2 * L);
        d3.intoArray(y, to3 + 3 * L);
    }

    /** Two vectors of columns. */
    private static void multiply2(float[] m, int at, int rows, int columns, float[] x, int x0, float[] y,
            int to, float[] by, int factor, boolean add) {
        int x1 = x0 + rows;
        int x2 = x1 + rows;
        int x3 = x2 + rows;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector b0 = a0;
        FloatVector a1 = a0;
        FloatVector b1 = a0;
        FloatVector a2 = a0;
        FloatVector b2 = a0;
        FloatVector a3 = a0;
        FloatVector b3 = a0;
        for (int r = 0; r < rows; r++) {
            int place = at + r * columns;
            FloatVector a = FloatVector.fromArray(FLOATS, m, place);
            FloatVector b = FloatVector.fromArray(FLOATS, m, place + L);
            FloatVector f = FloatVector.broadcast(FLOATS, x[x0 + r]);
            a0 = a.fma(f, a0);
            b0 = b.fma(f, b0);
            f = FloatVector.broadcast(FLOATS, x[x1 + r]);
            a1 = a.fma(f, a1);
            b1 = b.fma(f, b1);
            f = FloatVector.broadcast(FLOATS, x[x2 + r]);
            a2 = a.fma(f, a2);
            b2 = b.fma(f, b2);
            f = FloatVector.broadcast(FLOATS, x[x3 + r]);
            a3 = a.fma(f, a3);
            b3 = b.fma(f, b3);
        }
        int to1 = to + columns;
        int to2 = to1 + columns;
        int to3 = to2 + columns;
        if (add) {
            FloatVector f = FloatVector.broadcast(FLOATS, by[factor]);
            a0 = FloatVector.fromArray(FLOATS, y, to).fma(f, a0);
            b0 = FloatVector.fromArray(FLOATS, y, to + L).fma(f, b0);
            f = FloatVector.broadcast(FLOATS, by[factor + 1]);
            a1 = FloatVector.fromArray(FLOATS, y, to1).fma(f, a1);
            b1 = FloatVector.fromArray(FLOATS, y, to1 + L).fma(f, b1);
            f = FloatVector.broadcast(FLOATS, by[factor + 2]);
            a2 = FloatVector.fromArray(FLOATS, y, to2).fma(f, a2);
            b2 = FloatVector.fromArray(FLOATS, y, to2 + L).fma(f, b2);
            f = FloatVector.broadcast(FLOATS, by[factor + 3]);
            a3 = FloatVector.fromArray(FLOATS, y, to3).fma(f, a3);
            b3 = FloatVector.fromArray(FLOATS, y, to3 + L).fma(f, b3);
        } else {
            FloatVector f = FloatVector.fromArray(FLOATS, by, factor);
            a0 = a0.mul(f);
            a1 = a1.mul(f);
            a2 = a2.mul(f);
            a3 = a3.mul(f);
            f = FloatVector.fromArray(FLOATS, by, factor + L);
            b0 = b0.mul(f);
            b1 = b1.mul(f);
            b2 = b2.mul(f);
            b3 = b3.mul(f);
        }
        a0.intoArray(y, to);
        b0.intoArray(y, to + L);
        a1.intoArray(y, to1);
        b1.intoArray(y, to1 + L);
        a2.intoArray(y, to2);
        b2.intoArray(y, to2 + L);
        a3.intoArray(y, to3);
        b3.intoArray(y, to3 + L);
    }

    /** Four vectors of columns: all of the page if they are 512 bits wide, so that it is read from front to back. */
    private static void multiplyCodes4(MemorySegment m, long at, int rows, int columns, float[] x, int x0,
            float[] y, int to, float[] by, int factor, boolean add) {
        int x1 = x0 + rows;
        int x2 = x1 + rows;
        int x3 = x2 + rows;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector b0 = a0;
        FloatVector c0 = a0;
        FloatVector d0 = a0;
        FloatVector a1 = a0;
        FloatVector b1 = a0;
        FloatVector c1 = a0;
        FloatVector d1 = a0;
        FloatVector a2 = a0;
        FloatVector b2 = a0;
        FloatVector c2 = a0;
        FloatVector d2 = a0;
        FloatVector a3 = a0;
        FloatVector b3 = a0;
        FloatVector c3 = a0;
        FloatVector d3 = a0;
        for (int r = 0; r < rows; r++) {
            long place = at + (long) r * columns;
            ByteVector codes = ByteVector.fromMemorySegment(BYTES, m, place, LE);
            FloatVector a = ((IntVector) codes.convertShape(VectorOperators.B2I, INTS, 0)).add(WHOLE_BITS)
                    .reinterpretAsFloats().sub(WHOLE);
            FloatVector b = ((IntVector) (L == 4
                    ? codes.convertShape(VectorOperators.B2I, INTS, 1)
                    : ByteVector.fromMemorySegment(BYTES, m, place + L, LE)
                            .convertShape(VectorOperators.B2I, INTS, 0)))
                    .add(WHOLE_BITS).reinterpretAsFloats().sub(WHOLE);
            codes = ByteVector.fromMemorySegment(BYTES, m, place + 2L * L, LE);
            FloatVector c = ((IntVector) codes.convertShape(VectorOperators.B2I, INTS, 0)).add(WHOLE_BITS)
                    .reinterpretAsFloats().sub(WHOLE);
            FloatVector d = ((IntVector) (L == 4
                    ? codes.convertShape(VectorOperators.B2I, INTS, 1)
                    : ByteVector.fromMemorySegment(BYTES, m, place + 3L * L, LE)
                            .convertShape(VectorOperators.B2I, INTS, 0)))
                    .add(WHOLE_BITS).reinterpretAsFloats().sub(WHOLE);
            FloatVector f = FloatVector.broadcast(FLOATS, x[x0 + r]);
            a0 = a.fma(f, a0);
            b0 = b.fma(f, b0);
            c0 = c.fma(f, c0);
            d0 = d.fma(f, d0);
            f = FloatVector.broadcast(FLOATS, x[x1 + r]);
            a1 = a.fma(f, a1);
            b1 = b.fma(f, b1);
            c1 = c.fma(f, c1);
            d1 = d.fma(f, d1);
            f = FloatVector.broadcast(FLOATS, x[x2 + r]);
            a2 = a.fma(f, a2);
            b2 = b.fma(f, b2);
            c2 = c.fma(f, c2);
            d2 = d.fma(f, d2);
            f = FloatVector.broadcast(FLOATS, x[x3 + r]);
            a3 = a.fma(f, a3);
            b3 = b.fma(f, b3);
            c3 = c.fma(f, c3);
            d3 = d.fma(f, d3);
        }
        int to1 = to + columns;
        int to2 = to1 + columns;
        int to3 = to2 + columns;
        if (add) {
            FloatVector f = FloatVector.broadcast(FLOATS, by[factor]);
            a0 = FloatVector.fromArray(FLOATS, y, to).fma(f, a0);
            b0 = FloatVector.fromArray(FLOATS, y, to + L).fma(f, b0);
            c0 = FloatVector.fromArray(FLOATS, y, to + 2 * L).fma(f, c0);
            d0 = FloatVector.fromArray(FLOATS, y, to + 3 * L).fma(f, d0);
            f = FloatVector.broadcast(FLOATS, by[factor + 1]);
            a1 = FloatVector.fromArray(FLOATS, y, to1).fma(f, a1);
            b1 = FloatVector.fromArray(FLOATS, y, to1 + L).fma(f, b1);
            c1 = FloatVector.fromArray(FLOATS, y, to1 + 2 * L).fma(f, c1);
            d1 = FloatVector.fromArray(FLOATS, y, to1 + 3 * L).fma(f, d1);
            f = FloatVector.broadcast(FLOATS, by[factor + 2]);
            a2 = FloatVector.fromArray(FLOATS, y, to2).fma(f, a2);
            b2 = FloatVector.fromArray(FLOATS, y, to2 + L).fma(f, b2);
            c2 = FloatVector.fromArray(FLOATS, y, to2 + 2 * L).fma(f, c2);
            d2 = FloatVector.fromArray(FLOATS, y, to2 + 3 * L).fma(f, d2);
            f = FloatVector.broadcast(FLOATS, by[factor + 3]);
            a3 = FloatVector.fromArray(FLOATS, y, to3).fma(f, a3);
            b3 = FloatVector.fromArray(FLOATS, y, to3 + L).fma(f, b3);
            c3 = FloatVector.fromArray(FLOATS, y, to3 + 2 * L).fma(f, c3);
            d3 = FloatVector.fromArray(FLOATS, y, to3 + 3 * L).fma(f, d3);
        } else {
            FloatVector f = FloatVector.fromArray(FLOATS, by, factor);
            a0 = a0.mul(f);
            a1 = a1.mul(f);
            a2 = a2.mul(f);
            a3 = a3.mul(f);
            f = FloatVector.fromArray(FLOATS, by, factor + L);
            b0 = b0.mul(f);
            b1 = b1.mul(f);
            b2 = b2.mul(f);
            b3 = b3.mul(f);
            f = FloatVector.fromArray(FLOATS, by, factor + 2 * L);
            c0 = c0.mul(f);
            c1 = c1.mul(f);
            c2 = c2.mul(f);
            c3 = c3.mul(f);
            f = FloatVector.fromArray(FLOATS, by, factor + 3 * L);
            d0 = d0.mul(f);
            d1 = d1.mul(f);
            d2 = d2.mul(f);
            d3 = d3.mul(f);
        }
        a0.intoArray(y, to);
        b0.intoArray(y, to + L);
        c0.intoArray(y, to + 2 * L);
        d0.intoArray(y, to + 3 * L);
        a1.intoArray(y, to1);
        b1.intoArray(y, to1 + L);
        c1.intoArray(y, to1 + 2 * L);
        d1.intoArray(y, to1 + 3 * L);
        a2.intoArray(y, to2);
        b2.intoArray(y, to2 + L);
        c2.intoArray(y, to2 + 2 * L);
        d2.intoArray(y, to2 + 3 * L);
        a3.intoArray(y, to3);
        b3.intoArray(y, to3 + L);
        c3.intoArray(y, to3 + 2 * L);
        d3.intoArray(y, to3 + 3 * L);
    }

    /** Two vectors of columns. */
    private static void multiplyCodes2(MemorySegment m, long at, int rows, int columns, float[] x, int x0,
            float[] y, int to, float[] by, int factor, boolean add) {
        int x1 = x0 + rows;
        int x2 = x1 + rows;
        int x3 = x2 + rows;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector b0 = a0;
        FloatVector a1 = a0;
        FloatVector b1 = a0;
        FloatVector a2 = a0;
        FloatVector b2 = a0;
        FloatVector a3 = a0;
        FloatVector b3 = a0;
        for (int r = 0; r < rows; r++) {
            long place = at + (long) r * columns;
            ByteVector codes = ByteVector.fromMemorySegment(BYTES, m, place, LE);
            FloatVector a = ((IntVector) codes.convertShape(VectorOperators.B2I, INTS, 0)).add(WHOLE_BITS)
                    .reinterpretAsFloats().sub(WHOLE);
            FloatVector b = ((IntVector) (L == 4
                    ? codes.convertShape(VectorOperators.B2I, INTS, 1)
                    : ByteVector.fromMemorySegment(BYTES, m, place + L, LE)
                            .convertShape(VectorOperators.B2I, INTS, 0)))
                    .add(WHOLE_BITS).reinterpretAsFloats().sub(WHOLE);
            FloatVector f = FloatVector.broadcast(FLOATS, x[x0 + r]);
            a0 = a.fma(f, a0);
            b0 = b.fma(f, b0);
            f = FloatVector.broadcast(FLOATS, x[x1 + r]);
            a1 = a.fma(f, a1);
            b1 = b.fma(f, b1);
            f = FloatVector.broadcast(FLOATS, x[x2 + r]);
            a2 = a.fma(f, a2);
            b2 = b.fma(f, b2);
            f = FloatVector.broadcast(FLOATS, x[x3 + r]);
            a3 = a.fma(f, a3);
            b3 = b.fma(f, b3);
        }
        int to1 = to + columns;
        int to2 = to1 + columns;
        int to3 = to2 + columns;
        if (add) {
            FloatVector f = FloatVector.broadcast(FLOATS, by[factor]);
            a0 = FloatVector.fromArray(FLOATS, y, to).fma(f, a0);
            b0 = FloatVector.fromArray(FLOATS, y, to + L).fma(f, b0);
            f = FloatVector.broadcast(FLOATS, by[factor + 1]);
            a1 = FloatVector.fromArray(FLOATS, y, to1).fma(f, a1);
            b1 = FloatVector.fromArray(FLOATS, y, to1 + L).fma(f, b1);
            f = FloatVector.broadcast(FLOATS, by[factor + 2]);
            a2 = FloatVector.fromArray(FLOATS, y, to2).fma(f, a2);
            b2 = FloatVector.fromArray(FLOATS, y, to2 + L).fma(f, b2);
            f = FloatVector.broadcast(FLOATS, by[factor + 3]);
            a3 = FloatVector.fromArray(FLOATS, y, to3).fma(f, a3);
            b3 = FloatVector.fromArray(FLOATS, y, to3 + L).fma(f, b3);
        } else {
            FloatVector f = FloatVector.fromArray(FLOATS, by, factor);
            a0 = a0.mul(f);
            a1 = a1.mul(f);
            a2 = a2.mul(f);
            a3 = a3.mul(f);
            f = FloatVector.fromArray(FLOATS, by, factor + L);
            b0 = b0.mul(f);
            b1 = b1.mul(f);
            b2 = b2.mul(f);
            b3 = b3.mul(f);
        }
        a0.intoArray(y, to);
        b0.intoArray(y, to + L);
        a1.intoArray(y, to1);
        b1.intoArray(y, to1 + L);
        a2.intoArray(y, to2);
        b2.intoArray(y, to2 + L);
        a3.intoArray(y, to3);
        b3.intoArray(y, to3 + L);
    }

    /** Unpacks values into floats. */
    private static void unpack(KvType type, MemorySegment data, long at, int values, float[] into) {
        switch (type) {
            case F32 -> unpackF32(data, at, values, into);
            case F16 -> unpackF16(data, at, values, into);
            case Q8 -> unpackQ8(data, at, values, into);
        }
    }

    /** Two bfloat16 an int, the one of the second half of the page in its upper half. */
    private static void unpackScales(MemorySegment data, long at, float[] into, int to) {
        for (int i = 0; i < HALF_PAGE; i += L) {
            IntVector two = IntVector.fromMemorySegment(INTS, data, at + 4L * i, LE);
            two.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(into, to + i);
            two.and(0xffff0000).reinterpretAsFloats().intoArray(into, to + HALF_PAGE + i);
        }
    }

    private static void unpackF32(MemorySegment data, long at, int values, float[] into) {
        for (int i = 0; i < values; i += L) {
            FloatVector.fromMemorySegment(FLOATS, data, at + 4L * i, LE).intoArray(into, i);
        }
    }

    private static void unpackF16(MemorySegment data, long at, int values, float[] into) {
        for (int i = 0; i < values; i += L) {
            half((IntVector) ShortVector.fromMemorySegment(HALF_SHORTS, data, at + 2L * i, LE)
                    .convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0)).intoArray(into, i);
        }
    }

    /** Moves exponents from float16's range to float's; zero and subnormals are left to a subtraction, which is exact. */
    private static FloatVector half(IntVector stored) {
        IntVector magnitude = stored.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
        IntVector normal = magnitude.add(112 << 23);
        normal = normal.add(112 << 23, magnitude.compare(VectorOperators.GE, 0x7c00 << 13));
        IntVector small = magnitude.add(113 << 23).reinterpretAsFloats().sub(0x1p-14f).reinterpretAsInts();
        IntVector bits = normal.blend(small, magnitude.compare(VectorOperators.LT, 0x0400 << 13));
        return bits.or(stored.and(0x8000).lanewise(VectorOperators.LSHL, 16)).reinterpretAsFloats();
    }

    private static void unpackQ8(MemorySegment data, long at, int values, float[] into) {
        for (int i = 0; i < values; i += 2 * L) {
            ByteVector codes = ByteVector.fromMemorySegment(BYTES, data, at + i, LE);
            ((FloatVector) codes.convertShape(VectorOperators.B2F, FLOATS, 0)).intoArray(into, i);
            ((FloatVector) (L == 4
                    ? codes.convertShape(VectorOperators.B2F, FLOATS, 1)
                    : ByteVector.fromMemorySegment(BYTES, data, at + i + L, LE)
                            .convertShape(VectorOperators.B2F, FLOATS, 0)))
                    .intoArray(into, i + L);
        }
    }

    /** Turns a query's scores into weights, against the largest score so far; tokens after the query get none, nor those before
     * its window. */
    private static void soften(AttentionScratch scratch, int first, int v, int oldest, int seen, float softcap) {
        int row = v * PAGE;
        scratch.fade[v] = 1;
        if (seen <= 0 || oldest >= Math.min(seen, PAGE)) {
            Arrays.fill(scratch.scores, row, row + PAGE, 0);
            return;
        }
        if (softcap != 0) {
            cap(scratch.scores, row, softcap);
        }
        if (oldest > 0) {
            Arrays.fill(scratch.scores, row, row + oldest, Float.NEGATIVE_INFINITY);
        }
        if (seen < PAGE) {
            Arrays.fill(scratch.scores, row + seen, row + PAGE, Float.NEGATIVE_INFINITY);
        }
        float most = scratch.met.largest[first + v];
        if (isAbove(scratch.scores, row, most)) {
            float before = most;
            most = largest(scratch.scores, row);
            scratch.met.largest[first + v] = most;
            scratch.fade[v] = PowersOfTwo.exp2(before - most);
        }
        weights(scratch.scores, row, scratch.scales, most, scratch.met.totals, (first + v) * WeightedSums.TOTALS,
                scratch.fade[v]);
    }

    /** {@code bound * tanh(score)}. */
    private static void cap(float[] scores, int row, float bound) {
        for (int t = 0; t < PAGE; t += L) {
            VectorActivations.tanh(FloatVector.fromArray(FLOATS, scores, row + t)).mul(bound).intoArray(scores,
                    row + t);
        }
    }

    /** Whether there is a new largest score: not in most pages of a long context, and cheaper to know than which it is. */
    private static boolean isAbove(float[] scores, int row, float most) {
        for (int t = 0; t < PAGE; t += L) {
            if (FloatVector.fromArray(FLOATS, scores, row + t).compare(VectorOperators.GT, most).anyTrue()) {
                return true;
            }
        }
        return false;
    }

    /**
     * The largest score of a row. The order in which lanes are compared does not matter. Not by {@code FloatVector.max}, whose
     * care for zeros and NaN takes several instructions on x86.
     */
    private static float largest(float[] scores, int row) {
        FloatVector most = FloatVector.fromArray(FLOATS, scores, row);
        for (int t = L; t < PAGE; t += L) {
            FloatVector score = FloatVector.fromArray(FLOATS, scores, row + t);
            most = most.blend(score, most.compare(VectorOperators.LT, score));
        }
        // as integers that are ordered as the floats are
        IntVector bits = most.reinterpretAsInts();
        int key = bits.lanewise(VectorOperators.XOR, bits.lanewise(VectorOperators.ASHR, 31).and(0x7fff_ffff))
                .reduceLanes(VectorOperators.MAX);
        return Float.intBitsToFloat(key ^ (key >> 31 & 0x7fff_ffff));
    }

    /** Weights of every 16th token are summed up in one total; here with {@link PowersOfTwo#exp2} in fused inputScales. */
    private static void weights(float[] scores, int row, float[] scales, float most, float[] totals, int at,
            float fade) {
        for (int i = 0; i < WeightedSums.TOTALS; i += L) {
            FloatVector total = FloatVector.fromArray(FLOATS, totals, at + i).mul(fade);
            for (int t = i; t < PAGE; t += WeightedSums.TOTALS) {
                FloatVector x = FloatVector.fromArray(FLOATS, scores, row + t).sub(most);
                FloatVector shifted = x.add(PowersOfTwo.ROUND);
                FloatVector f = x.sub(shifted.sub(PowersOfTwo.ROUND));
                FloatVector p = f.fma(FloatVector.broadcast(FLOATS, PowersOfTwo.C5),
                        FloatVector.broadcast(FLOATS, PowersOfTwo.C4));
                p = p.fma(f, FloatVector.broadcast(FLOATS, PowersOfTwo.C3));
                p = p.fma(f, FloatVector.broadcast(FLOATS, PowersOfTwo.C2));
                p = p.fma(f, FloatVector.broadcast(FLOATS, PowersOfTwo.C1));
                p = p.fma(f, FloatVector.broadcast(FLOATS, 1));
                p = p.reinterpretAsInts().add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                        .reinterpretAsFloats().blend(0, x.compare(VectorOperators.LT, PowersOfTwo.LOWEST));
                total = total.add(p);
                p.mul(FloatVector.fromArray(FLOATS, scales, PAGE + t)).intoArray(scores, row + t);
            }
            total.intoArray(totals, at + i);
        }
    }
}
