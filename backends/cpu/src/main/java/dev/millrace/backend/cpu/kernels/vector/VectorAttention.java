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
 * Scores and weighted sums are the same product, of queries with keys and of weights with values, both unpacked to floats once for
 * all queries of a call. Each element is one chain of fused multiply-adds from the first row to the last, so a token gets the same
 * bits alone as among others. With codes of 8 bits these are sums of integers.
 */
public final class VectorAttention implements AttentionKernels {

    /** Half of a vector of floats. */
    private static final VectorSpecies<Short> HALF_SHORTS = VectorSpecies.of(short.class,
            VectorShape.forBitSize(FLOATS.vectorBitSize() / 2));

    /** Whether there are registers for four by four vectors of sums: not with AVX2. */
    private static final boolean WIDE = L != 8;

    @Override
    public void attend(KvPage page, KvLayout.Layer layer, int head, AttentionScratch scratch, int first, int vectors,
            int group, int oldest, int visible, float softcap) {
        MemorySegment data = page.data();
        int width = layer.width();
        int filled = AttentionScratch.filled(vectors);
        boolean codes = layer.type() == KvType.Q8;
        // a single tile takes codes as they are: to unpack them costs more than it saves
        boolean single = codes && filled == AttentionScratch.TILE;
        if (codes) {
            unpackScales(data, layer.keyScale(head, 0), scratch.scales, 0);
            unpackScales(data, layer.valueScale(head, 0), scratch.scales, PAGE);
        }
        if (single) {
            multiplyCodes(data, layer.keys(head), width / 4, PAGE, 4, 1, 2, scratch.queries, first * width,
                    scratch.scores);
        } else if (codes) {
            unpackCodes(data, layer.keys(head), width / 4, PAGE, 4, 1, 2, scratch.tile);
        } else {
            unpack(layer.type(), data, layer.keys(head), PAGE * width, scratch.tile);
        }
        for (int v = 0; v < filled; v += AttentionScratch.TILE) {
            if (!single) {
                multiply(scratch.tile, width, PAGE, scratch.queries, (first + v) * width, scratch.scores, v * PAGE);
            }
            for (int i = v; i < Math.min(vectors, v + AttentionScratch.TILE); i++) {
                soften(scratch, first, i, oldest + i / group, visible + i / group, softcap);
                if (codes) {
                    roundWeights(scratch, i);
                }
            }
        }
        if (single) {
            multiplyCodes(data, layer.values(head), KvLayout.QUARTER_PAGE, width, 1, 2 * KvLayout.QUARTER_PAGE,
                    KvLayout.QUARTER_PAGE, scratch.scores, 0, scratch.parts);
        } else if (codes) {
            unpackCodes(data, layer.values(head), KvLayout.QUARTER_PAGE, width, 1, 2 * KvLayout.QUARTER_PAGE,
                    KvLayout.QUARTER_PAGE, scratch.tile);
        } else {
            unpack(layer.type(), data, layer.values(head), PAGE * width, scratch.tile);
        }
        for (int v = 0; v < filled; v += AttentionScratch.TILE) {
            if (!single) {
                multiply(scratch.tile, PAGE, width, scratch.scores, v * PAGE, scratch.parts, 0);
            }
            for (int i = v; i < Math.min(vectors, v + AttentionScratch.TILE); i++) {
                add(scratch.parts, (i - v) * width, scratch.steps[i], scratch.met.sums, (first + i) * width,
                        scratch.fade[i], width);
            }
        }
    }

    /** {@code sums = sums * fade + parts * step}. */
    private static void add(float[] parts, int from, float step, float[] sums, int to, float fade, int width) {
        for (int c = 0; c < width; c += L) {
            FloatVector part = FloatVector.fromArray(FLOATS, parts, from + c).mul(step);
            FloatVector.fromArray(FLOATS, sums, to + c).mul(fade).add(part).intoArray(sums, to + c);
        }
    }

    /** {@code y = x . m} for {@link AttentionScratch#TILE} vectors x of {@code rows} and y of {@code columns}. */
    private static void multiply(float[] m, int rows, int columns, float[] x, int from, float[] y, int to) {
        int c = 0;
        if (WIDE) {
            for (; c + 4 * L <= columns; c += 4 * L) {
                multiply4(m, c, rows, columns, x, from, y, to + c);
            }
        }
        for (; c < columns; c += 2 * L) {
            multiply2(m, c, rows, columns, x, from, y, to + c);
        }
    }

    /** Four vectors of columns, whose 16 sums need more than 16 registers. */
    private static void multiply4(float[] m, int at, int rows, int columns, float[] x, int x0, float[] y,
            int to) {
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
            int to) {
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
        a0.intoArray(y, to);
        b0.intoArray(y, to + L);
        a1.intoArray(y, to1);
        b1.intoArray(y, to1 + L);
        a2.intoArray(y, to2);
        b2.intoArray(y, to2 + L);
        a3.intoArray(y, to3);
        b3.intoArray(y, to3 + L);
    }

    /**
     * The product of one tile with codes as {@link #unpackCodes} reads them. All sums are exact, so their order does not count: one
     * pass for each of the four codes of an int.
     */
    private static void multiplyCodes(MemorySegment data, long at, int rows, int columns, int from, int first,
            int second, float[] x, int x0, float[] y) {
        Arrays.fill(y, 0, AttentionScratch.TILE * columns, 0);
        for (int c = 0; c < columns; c += 2 * L) {
            long place = at + 4L * c;
            multiplyCode(data, place, 24, rows, columns, x, x0, from, y, c);
            multiplyCode(data, place, 16, rows, columns, x, x0 + first, from, y, c);
            multiplyCode(data, place, 8, rows, columns, x, x0 + second, from, y, c);
            multiplyCode(data, place, 0, rows, columns, x, x0 + first + second, from, y, c);
        }
    }

    /** Adds the products with one code of each int, the one that so many bits move to the top, for two vectors of columns. */
    private static void multiplyCode(MemorySegment data, long at, int bits, int rows, int columns, float[] x, int x0,
            int step, float[] y, int to) {
        int to1 = to + columns;
        int to2 = to1 + columns;
        int to3 = to2 + columns;
        FloatVector a0 = FloatVector.fromArray(FLOATS, y, to);
        FloatVector b0 = FloatVector.fromArray(FLOATS, y, to + L);
        FloatVector a1 = FloatVector.fromArray(FLOATS, y, to1);
        FloatVector b1 = FloatVector.fromArray(FLOATS, y, to1 + L);
        FloatVector a2 = FloatVector.fromArray(FLOATS, y, to2);
        FloatVector b2 = FloatVector.fromArray(FLOATS, y, to2 + L);
        FloatVector a3 = FloatVector.fromArray(FLOATS, y, to3);
        FloatVector b3 = FloatVector.fromArray(FLOATS, y, to3 + L);
        int length = 4 * rows;
        for (int r = 0; r < rows; r++) {
            long place = at + 4L * r * columns;
            FloatVector a = code(IntVector.fromMemorySegment(INTS, data, place, LE).lanewise(VectorOperators.LSHL,
                    bits));
            FloatVector b = code(IntVector.fromMemorySegment(INTS, data, place + 4L * L, LE)
                    .lanewise(VectorOperators.LSHL, bits));
            int q = x0 + r * step;
            FloatVector f = FloatVector.broadcast(FLOATS, x[q]);
            a0 = a.fma(f, a0);
            b0 = b.fma(f, b0);
            f = FloatVector.broadcast(FLOATS, x[q + length]);
            a1 = a.fma(f, a1);
            b1 = b.fma(f, b1);
            f = FloatVector.broadcast(FLOATS, x[q + 2 * length]);
            a2 = a.fma(f, a2);
            b2 = b.fma(f, b2);
            f = FloatVector.broadcast(FLOATS, x[q + 3 * length]);
            a3 = a.fma(f, a3);
            b3 = b.fma(f, b3);
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
            case Q8 -> throw new IllegalArgumentException("codes are unpacked with an order of rows");
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

    /**
     * Unpacks ints of four codes. The first of row r goes to row {@code r * from}, the others are {@code first}, {@code second} and
     * both of them rows on, by the two bits of their place.
     */
    private static void unpackCodes(MemorySegment data, long at, int rows, int columns, int from, int first, int second,
            float[] into) {
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c += L) {
                IntVector four = IntVector.fromMemorySegment(INTS, data, at + 4L * (r * columns + c), LE);
                int to = r * from * columns + c;
                code(four.lanewise(VectorOperators.LSHL, 24)).intoArray(into, to);
                code(four.lanewise(VectorOperators.LSHL, 16)).intoArray(into, to + first * columns);
                code(four.lanewise(VectorOperators.LSHL, 8)).intoArray(into, to + second * columns);
                code(four).intoArray(into, to + (first + second) * columns);
            }
        }
    }

    /** The highest byte of ints. */
    private static FloatVector code(IntVector x) {
        return (FloatVector) x.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0);
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
        scale(scratch.scores, row, scratch.scales, scratch.queryScales[first + v]);
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
            scratch.fade[v] = PowersOfTwo.exp2(before - Math.max(most, WeightedSums.LEAST));
        }
        most = Math.max(most, WeightedSums.LEAST);
        weights(scratch.scores, row, scratch.scales, most, scratch.met.totals, (first + v) * WeightedSums.TOTALS,
                scratch.fade[v]);
    }

    /** Multiplies scores with the scales of keys and of the query. */
    private static void scale(float[] scores, int row, float[] scales, float query) {
        for (int t = 0; t < PAGE; t += L) {
            FloatVector.fromArray(FLOATS, scores, row + t).mul(FloatVector.fromArray(FLOATS, scales, t)).mul(query)
                    .intoArray(scores, row + t);
        }
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

    /** Weights of every 16th token are summed up in one total. They are powers by {@link PowersOfTwo#exp2}, bit by bit. */
    private static void weights(float[] scores, int row, float[] scales, float most, float[] totals, int at,
            float fade) {
        for (int i = 0; i < WeightedSums.TOTALS; i += L) {
            FloatVector total = FloatVector.fromArray(FLOATS, totals, at + i).mul(fade);
            for (int t = i; t < PAGE; t += WeightedSums.TOTALS) {
                FloatVector x = FloatVector.fromArray(FLOATS, scores, row + t).sub(most);
                x = x.blend(PowersOfTwo.LOWEST, x.compare(VectorOperators.LT, PowersOfTwo.LOWEST));
                FloatVector shifted = x.add(PowersOfTwo.ROUND);
                FloatVector f = x.sub(shifted.sub(PowersOfTwo.ROUND));
                FloatVector p = f.mul(PowersOfTwo.C5).add(PowersOfTwo.C4);
                p = p.mul(f).add(PowersOfTwo.C3);
                p = p.mul(f).add(PowersOfTwo.C2);
                p = p.mul(f).add(PowersOfTwo.C1);
                p = p.mul(f).add(1);
                p = p.reinterpretAsInts().add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23))
                        .reinterpretAsFloats();
                total = total.add(p);
                p.mul(FloatVector.fromArray(FLOATS, scales, PAGE + t)).intoArray(scores, row + t);
            }
            total.intoArray(totals, at + i);
        }
    }

    /** Makes a query's weights integers, as {@link AttentionScratch#LARGEST_CODE} says. */
    private static void roundWeights(AttentionScratch scratch, int v) {
        float most = Math.max(AttentionScratch.SMALLEST, largest(scratch.scores, v * PAGE));
        float factor = AttentionScratch.LARGEST_CODE / most;
        for (int i = v * PAGE; i < (v + 1) * PAGE; i += L) {
            FloatVector.fromArray(FLOATS, scratch.scores, i).mul(factor).add(PowersOfTwo.ROUND).sub(PowersOfTwo.ROUND)
                    .intoArray(scratch.scores, i);
        }
        scratch.steps[v] = most * AttentionScratch.CODE;
    }
}
