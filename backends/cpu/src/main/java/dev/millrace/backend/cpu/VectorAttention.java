/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static dev.millrace.backend.cpu.KvLayout.PAGE;
import static dev.millrace.backend.cpu.KvLayout.STRIPE;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * SIMD by the Vector API. Loaded only where the module {@code jdk.incubator.vector} is.
 *
 * <p>
 * Scores and weighted sums are the same product, of queries with keys and of weights with values. Each element is one chain of
 * fused multiply-adds from the first row to the last, whether rows come unpacked or as codes, so a token gets the same bits
 * alone as among others.
 */
final class VectorAttention implements AttentionKernels {

    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED.length() > 16
            ? FloatVector.SPECIES_512
            : FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, FLOATS.vectorShape());
    private static final int L = FLOATS.length();

    private static final float LN2 = 0.6931472f;

    /** Queries up to which codes are not unpacked into memory first. */
    private static final int FEW = 8;

    @Override
    public void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch own, int first, int vectors,
            int group, int visible) {
        MemorySegment data = page.data();
        int width = layer.width();
        int filled = AttentionScratch.filled(vectors);
        if (layer.type() == KvType.Q8) {
            unpack(KvType.F32, data, layer.scales(head), 2 * PAGE, own.scales);
        }
        if (layer.type() == KvType.Q8 && vectors <= FEW) {
            multiplyCodes(data, layer.keys(head), width, PAGE, own.queries, first, own.scores, 0, filled,
                    own.fade, false);
            soften(own, first, vectors, group, visible);
            multiplyCodes(data, layer.values(head), PAGE, width, own.scores, 0, own.met.sums, first, filled,
                    own.fade, true);
        } else {
            unpack(layer.type(), data, layer.keys(head), PAGE * width, own.tile);
            multiply(own.tile, width, PAGE, own.queries, first, own.scores, 0, filled,
                    own.fade, false);
            soften(own, first, vectors, group, visible);
            unpack(layer.type(), data, layer.values(head), PAGE * width, own.tile);
            multiply(own.tile, PAGE, width, own.scores, 0, own.met.sums, first, filled,
                    own.fade, true);
        }
    }

    /** {@code y = x . m}, or {@code y = y * fade + x . m}, for vectors x of {@code rows} and y of {@code columns}, both from a first
     * one on. */
    private static void multiply(float[] m, int rows, int columns, float[] x, int xFirst, float[] y, int yFirst,
            int count, float[] fade, boolean add) {
        for (int c = 0; c < columns; c += 2 * L) {
            int i = 0;
            for (; i + 8 <= count; i += 8) {
                multiply8(m, stripe(c, rows), rows, columns, x, (xFirst + i) * rows, y, (yFirst + i) * columns + c,
                        fade, i, add);
            }
            for (; i < count; i += 4) {
                multiply4(m, stripe(c, rows), rows, columns, x, (xFirst + i) * rows, y, (yFirst + i) * columns + c,
                        fade, i, add);
            }
        }
    }

    /** Where a column begins in a matrix of stripes, in lanes. */
    private static int stripe(int column, int rows) {
        return column / STRIPE * STRIPE * rows + column % STRIPE;
    }

    private static void multiply8(float[] m, int from, int rows, int columns, float[] x, int x0, float[] y, int to,
            float[] fade, int i, boolean add) {
        int x1 = x0 + rows;
        int x2 = x1 + rows;
        int x3 = x2 + rows;
        int x4 = x3 + rows;
        int x5 = x4 + rows;
        int x6 = x5 + rows;
        int x7 = x6 + rows;
        FloatVector a0 = FloatVector.zero(FLOATS);
        FloatVector b0 = a0;
        FloatVector a1 = a0;
        FloatVector b1 = a0;
        FloatVector a2 = a0;
        FloatVector b2 = a0;
        FloatVector a3 = a0;
        FloatVector b3 = a0;
        FloatVector a4 = a0;
        FloatVector b4 = a0;
        FloatVector a5 = a0;
        FloatVector b5 = a0;
        FloatVector a6 = a0;
        FloatVector b6 = a0;
        FloatVector a7 = a0;
        FloatVector b7 = a0;
        for (int r = 0; r < rows; r++) {
            FloatVector a = FloatVector.fromArray(FLOATS, m, from + r * STRIPE);
            FloatVector b = FloatVector.fromArray(FLOATS, m, from + r * STRIPE + L);
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
            f = FloatVector.broadcast(FLOATS, x[x4 + r]);
            a4 = a.fma(f, a4);
            b4 = b.fma(f, b4);
            f = FloatVector.broadcast(FLOATS, x[x5 + r]);
            a5 = a.fma(f, a5);
            b5 = b.fma(f, b5);
            f = FloatVector.broadcast(FLOATS, x[x6 + r]);
            a6 = a.fma(f, a6);
            b6 = b.fma(f, b6);
            f = FloatVector.broadcast(FLOATS, x[x7 + r]);
            a7 = a.fma(f, a7);
            b7 = b.fma(f, b7);
        }
        if (add) {
            a0 = FloatVector.fromArray(FLOATS, y, to).mul(fade[i]).add(a0);
            b0 = FloatVector.fromArray(FLOATS, y, to + L).mul(fade[i]).add(b0);
            a1 = FloatVector.fromArray(FLOATS, y, to + columns).mul(fade[i + 1]).add(a1);
            b1 = FloatVector.fromArray(FLOATS, y, to + columns + L).mul(fade[i + 1]).add(b1);
            a2 = FloatVector.fromArray(FLOATS, y, to + 2 * columns).mul(fade[i + 2]).add(a2);
            b2 = FloatVector.fromArray(FLOATS, y, to + 2 * columns + L).mul(fade[i + 2]).add(b2);
            a3 = FloatVector.fromArray(FLOATS, y, to + 3 * columns).mul(fade[i + 3]).add(a3);
            b3 = FloatVector.fromArray(FLOATS, y, to + 3 * columns + L).mul(fade[i + 3]).add(b3);
            a4 = FloatVector.fromArray(FLOATS, y, to + 4 * columns).mul(fade[i + 4]).add(a4);
            b4 = FloatVector.fromArray(FLOATS, y, to + 4 * columns + L).mul(fade[i + 4]).add(b4);
            a5 = FloatVector.fromArray(FLOATS, y, to + 5 * columns).mul(fade[i + 5]).add(a5);
            b5 = FloatVector.fromArray(FLOATS, y, to + 5 * columns + L).mul(fade[i + 5]).add(b5);
            a6 = FloatVector.fromArray(FLOATS, y, to + 6 * columns).mul(fade[i + 6]).add(a6);
            b6 = FloatVector.fromArray(FLOATS, y, to + 6 * columns + L).mul(fade[i + 6]).add(b6);
            a7 = FloatVector.fromArray(FLOATS, y, to + 7 * columns).mul(fade[i + 7]).add(a7);
            b7 = FloatVector.fromArray(FLOATS, y, to + 7 * columns + L).mul(fade[i + 7]).add(b7);
        }
        a0.intoArray(y, to);
        b0.intoArray(y, to + L);
        a1.intoArray(y, to + columns);
        b1.intoArray(y, to + columns + L);
        a2.intoArray(y, to + 2 * columns);
        b2.intoArray(y, to + 2 * columns + L);
        a3.intoArray(y, to + 3 * columns);
        b3.intoArray(y, to + 3 * columns + L);
        a4.intoArray(y, to + 4 * columns);
        b4.intoArray(y, to + 4 * columns + L);
        a5.intoArray(y, to + 5 * columns);
        b5.intoArray(y, to + 5 * columns + L);
        a6.intoArray(y, to + 6 * columns);
        b6.intoArray(y, to + 6 * columns + L);
        a7.intoArray(y, to + 7 * columns);
        b7.intoArray(y, to + 7 * columns + L);
    }

    private static void multiply4(float[] m, int from, int rows, int columns, float[] x, int x0, float[] y, int to,
            float[] fade, int i, boolean add) {
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
            FloatVector a = FloatVector.fromArray(FLOATS, m, from + r * STRIPE);
            FloatVector b = FloatVector.fromArray(FLOATS, m, from + r * STRIPE + L);
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
        if (add) {
            a0 = FloatVector.fromArray(FLOATS, y, to).mul(fade[i]).add(a0);
            b0 = FloatVector.fromArray(FLOATS, y, to + L).mul(fade[i]).add(b0);
            a1 = FloatVector.fromArray(FLOATS, y, to + columns).mul(fade[i + 1]).add(a1);
            b1 = FloatVector.fromArray(FLOATS, y, to + columns + L).mul(fade[i + 1]).add(b1);
            a2 = FloatVector.fromArray(FLOATS, y, to + 2 * columns).mul(fade[i + 2]).add(a2);
            b2 = FloatVector.fromArray(FLOATS, y, to + 2 * columns + L).mul(fade[i + 2]).add(b2);
            a3 = FloatVector.fromArray(FLOATS, y, to + 3 * columns).mul(fade[i + 3]).add(a3);
            b3 = FloatVector.fromArray(FLOATS, y, to + 3 * columns + L).mul(fade[i + 3]).add(b3);
        }
        a0.intoArray(y, to);
        b0.intoArray(y, to + L);
        a1.intoArray(y, to + columns);
        b1.intoArray(y, to + columns + L);
        a2.intoArray(y, to + 2 * columns);
        b2.intoArray(y, to + 2 * columns + L);
        a3.intoArray(y, to + 3 * columns);
        b3.intoArray(y, to + 3 * columns + L);
    }

    /** The same, with rows as codes: four to a lane. */
    private static void multiplyCodes(MemorySegment data, long at, int rows, int columns, float[] x, int xFirst,
            float[] y, int yFirst, int count, float[] fade, boolean add) {
        for (int i = 0; i < count; i += 4) {
            for (int c = 0; c < columns; c += 2 * L) {
                multiplyCodes4(data, at + stripe(c, rows / 4) * 4L, rows, columns, x, (xFirst + i) * rows, y,
                        (yFirst + i) * columns + c, fade, i, add);
            }
        }
    }

    private static void multiplyCodes4(MemorySegment data, long at, int rows, int columns, float[] x, int x0,
            float[] y, int to, float[] fade, int i, boolean add) {
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
        for (int r = 0; r < rows; r += 4) {
            long place = at + (long) r * STRIPE;
            IntVector lanesA = IntVector.fromMemorySegment(INTS, data, place, ByteOrder.LITTLE_ENDIAN);
            IntVector lanesB = IntVector.fromMemorySegment(INTS, data, place + 4L * L, ByteOrder.LITTLE_ENDIAN);
            FloatVector a = (FloatVector) lanesA.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
            FloatVector b = (FloatVector) lanesB.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
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
            a = (FloatVector) lanesA.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
            b = (FloatVector) lanesB.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
            f = FloatVector.broadcast(FLOATS, x[x0 + r + 1]);
            a0 = a.fma(f, a0);
            b0 = b.fma(f, b0);
            f = FloatVector.broadcast(FLOATS, x[x1 + r + 1]);
            a1 = a.fma(f, a1);
            b1 = b.fma(f, b1);
            f = FloatVector.broadcast(FLOATS, x[x2 + r + 1]);
            a2 = a.fma(f, a2);
            b2 = b.fma(f, b2);
            f = FloatVector.broadcast(FLOATS, x[x3 + r + 1]);
            a3 = a.fma(f, a3);
            b3 = b.fma(f, b3);
            a = (FloatVector) lanesA.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
            b = (FloatVector) lanesB.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convertShape(VectorOperators.I2F, FLOATS, 0);
            f = FloatVector.broadcast(FLOATS, x[x0 + r + 2]);
            a0 = a.fma(f, a0);
            b0 = b.fma(f, b0);
            f = FloatVector.broadcast(FLOATS, x[x1 + r + 2]);
            a1 = a.fma(f, a1);
            b1 = b.fma(f, b1);
            f = FloatVector.broadcast(FLOATS, x[x2 + r + 2]);
            a2 = a.fma(f, a2);
            b2 = b.fma(f, b2);
            f = FloatVector.broadcast(FLOATS, x[x3 + r + 2]);
            a3 = a.fma(f, a3);
            b3 = b.fma(f, b3);
            a = (FloatVector) lanesA.lanewise(VectorOperators.ASHR, 24).convertShape(VectorOperators.I2F, FLOATS, 0);
            b = (FloatVector) lanesB.lanewise(VectorOperators.ASHR, 24).convertShape(VectorOperators.I2F, FLOATS, 0);
            f = FloatVector.broadcast(FLOATS, x[x0 + r + 3]);
            a0 = a.fma(f, a0);
            b0 = b.fma(f, b0);
            f = FloatVector.broadcast(FLOATS, x[x1 + r + 3]);
            a1 = a.fma(f, a1);
            b1 = b.fma(f, b1);
            f = FloatVector.broadcast(FLOATS, x[x2 + r + 3]);
            a2 = a.fma(f, a2);
            b2 = b.fma(f, b2);
            f = FloatVector.broadcast(FLOATS, x[x3 + r + 3]);
            a3 = a.fma(f, a3);
            b3 = b.fma(f, b3);
        }
        if (add) {
            a0 = FloatVector.fromArray(FLOATS, y, to).mul(fade[i]).add(a0);
            b0 = FloatVector.fromArray(FLOATS, y, to + L).mul(fade[i]).add(b0);
            a1 = FloatVector.fromArray(FLOATS, y, to + columns).mul(fade[i + 1]).add(a1);
            b1 = FloatVector.fromArray(FLOATS, y, to + columns + L).mul(fade[i + 1]).add(b1);
            a2 = FloatVector.fromArray(FLOATS, y, to + 2 * columns).mul(fade[i + 2]).add(a2);
            b2 = FloatVector.fromArray(FLOATS, y, to + 2 * columns + L).mul(fade[i + 2]).add(b2);
            a3 = FloatVector.fromArray(FLOATS, y, to + 3 * columns).mul(fade[i + 3]).add(a3);
            b3 = FloatVector.fromArray(FLOATS, y, to + 3 * columns + L).mul(fade[i + 3]).add(b3);
        }
        a0.intoArray(y, to);
        b0.intoArray(y, to + L);
        a1.intoArray(y, to + columns);
        b1.intoArray(y, to + columns + L);
        a2.intoArray(y, to + 2 * columns);
        b2.intoArray(y, to + 2 * columns + L);
        a3.intoArray(y, to + 3 * columns);
        b3.intoArray(y, to + 3 * columns + L);
    }

    /** Unpacks lanes into floats: each row of a stripe becomes as many rows as there are values in a lane. */
    private static void unpack(KvType type, MemorySegment data, long at, int values, float[] into) {
        switch (type) {
            case F32 -> unpackF32(data, at, values, into);
            case F16 -> unpackF16(data, at, values, into);
            case Q8 -> unpackQ8(data, at, values, into);
        }
    }

    private static void unpackF32(MemorySegment data, long at, int values, float[] into) {
        for (int i = 0; i < values; i += L) {
            FloatVector.fromMemorySegment(FLOATS, data, at + 4L * i, ByteOrder.LITTLE_ENDIAN).intoArray(into, i);
        }
    }

    private static void unpackF16(MemorySegment data, long at, int values, float[] into) {
        for (int row = 0; row < values; row += 2 * STRIPE) {
            for (int c = row; c < row + STRIPE; c += L) {
                IntVector lanes = IntVector.fromMemorySegment(INTS, data, at + 2L * row + 4L * (c - row),
                        ByteOrder.LITTLE_ENDIAN);
                half(lanes.and(0xffff)).intoArray(into, c);
                half(lanes.lanewise(VectorOperators.LSHR, 16)).intoArray(into, c + STRIPE);
            }
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
        for (int row = 0; row < values; row += 4 * STRIPE) {
            for (int c = row; c < row + STRIPE; c += L) {
                IntVector lanes = IntVector.fromMemorySegment(INTS, data, at + row + 4L * (c - row),
                        ByteOrder.LITTLE_ENDIAN);
                ((FloatVector) lanes.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                        .convertShape(VectorOperators.I2F, FLOATS, 0)).intoArray(into, c);
                ((FloatVector) lanes.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                        .convertShape(VectorOperators.I2F, FLOATS, 0)).intoArray(into, c + STRIPE);
                ((FloatVector) lanes.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                        .convertShape(VectorOperators.I2F, FLOATS, 0)).intoArray(into, c + 2 * STRIPE);
                ((FloatVector) lanes.lanewise(VectorOperators.ASHR, 24).convertShape(VectorOperators.I2F, FLOATS, 0))
                        .intoArray(into, c + 3 * STRIPE);
            }
        }
    }

    /** Turns scores into weights, against the largest score so far; tokens after a query get none. */
    private static void soften(AttentionScratch own, int first, int vectors, int group, int visible) {
        for (int v = 0; v < vectors; v++) {
            int seen = visible + v / group;
            int row = v * PAGE;
            if (seen <= 0) {
                own.fade[v] = 1;
                Arrays.fill(own.scores, row, row + PAGE, 0);
                continue;
            }
            float before = own.met.largest[first + v];
            float most = Math.max(before, largest(own.scores, row, own.scales, seen));
            own.fade[v] = before == most ? 1 : ScalarAttention.exp(before - most);
            own.met.largest[first + v] = most;
            weights(own.scores, row, own.scales, most, own.met.totals, (first + v) * WeightedSums.TOTALS, own.fade[v]);
        }
    }

    /**
     * Scales the scores of a row, hides those after the query, and finds the largest. The order in which lanes are compared
     * does not matter. Not by {@code FloatVector.max}, whose care for zeros and NaN takes several instructions on x86.
     */
    private static float largest(float[] scores, int row, float[] scales, int seen) {
        FloatVector most = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int t = 0; t < PAGE; t += L) {
            FloatVector score = FloatVector.fromArray(FLOATS, scores, row + t)
                    .mul(FloatVector.fromArray(FLOATS, scales, t));
            score.intoArray(scores, row + t);
            most = most.blend(score, most.compare(VectorOperators.LT, score));
        }
        if (seen < PAGE) {
            Arrays.fill(scores, row + seen, row + PAGE, Float.NEGATIVE_INFINITY);
            most = FloatVector.fromArray(FLOATS, scores, row);
            for (int t = L; t < PAGE; t += L) {
                FloatVector score = FloatVector.fromArray(FLOATS, scores, row + t);
                most = most.blend(score, most.compare(VectorOperators.LT, score));
            }
        }
        // as integers that are ordered as the floats are
        IntVector bits = most.reinterpretAsInts();
        int key = bits.lanewise(VectorOperators.XOR, bits.lanewise(VectorOperators.ASHR, 31).and(0x7fff_ffff))
                .reduceLanes(VectorOperators.MAX);
        return Float.intBitsToFloat(key ^ (key >> 31 & 0x7fff_ffff));
    }

    private static void weights(float[] scores, int row, float[] scales, float most, float[] totals, int at,
            float fade) {
        for (int i = 0; i < WeightedSums.TOTALS; i += L) {
            FloatVector total = FloatVector.fromArray(FLOATS, totals, at + i).mul(fade);
            for (int t = i; t < PAGE; t += WeightedSums.TOTALS) {
                FloatVector weight = exp(FloatVector.fromArray(FLOATS, scores, row + t).sub(most));
                total = total.add(weight);
                weight.mul(FloatVector.fromArray(FLOATS, scales, PAGE + t)).intoArray(scores, row + t);
            }
            total.intoArray(totals, at + i);
        }
    }

    /** As {@link ScalarAttention#exp}, with fused steps, so that ln 2 need not be in two parts. */
    private static FloatVector exp(FloatVector x) {
        FloatVector shifted = x.fma(FloatVector.broadcast(FLOATS, ScalarAttention.LOG2_E),
                FloatVector.broadcast(FLOATS, ScalarAttention.ROUND));
        FloatVector k = shifted.sub(ScalarAttention.ROUND);
        FloatVector r = k.fma(FloatVector.broadcast(FLOATS, -LN2), x);
        FloatVector p = r.fma(FloatVector.broadcast(FLOATS, ScalarAttention.C5),
                FloatVector.broadcast(FLOATS, ScalarAttention.C4));
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarAttention.C3));
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarAttention.C2));
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarAttention.C1));
        p = p.fma(r, FloatVector.broadcast(FLOATS, ScalarAttention.C0));
        p = p.mul(r).fma(r, r).add(1);
        return p.reinterpretAsInts().add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                .reinterpretAsFloats().blend(0, x.compare(VectorOperators.LT, ScalarAttention.LOWEST));
    }
}
