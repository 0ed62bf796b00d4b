/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * SIMD by the Vector API, at any width. What the C2 compiler makes of these loops decides their speed, so they keep to what it
 * does well: one straight body without calls, few vectors alive, shifts in int lanes (those of short lanes take their count
 * from a register), and no more than one chunk of weights in a basic block, since it would hoist all loads and spill.
 */
final class VectorKernels implements Kernels {

    static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
    private static final int L = FLOATS.length();
    private static final long CHUNK = INTS.vectorByteSize();
    private static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    /**
     * All memory: loads from a segment without bounds and owner cost no checks. Callers hold the owner and check ranges once.
     */
    @SuppressWarnings("restricted") // addresses come from live segments, in ranges checked when they were packed
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /**
     * Vectors that a tile's inner loop takes at once: two sums each must stay in registers, of which x86 with 256 bits or fewer
     * has only 16.
     */
    private static final boolean WIDE = L == 16 || System.getProperty("os.arch").equals("aarch64");

    /** Binary16 exponents count from 15, binary32 exponents from 127. */
    private static final float HALF_TO_FLOAT = 0x1p112f;

    private final AttentionKernels attention = new VectorAttention();

    @Override
    public AttentionKernels attention() {
        return attention;
    }

    @Override
    public String description() {
        return "SIMD, " + FLOATS.vectorBitSize() + " bits";
    }

    @Override
    public int lanes() {
        return L;
    }

    @Override
    public void scales(Matrix matrix, int group, ScaleScratch own, int at) {
        Packing packing = matrix.packing();
        int ints = packing.scaleInts(matrix.columns());
        int blocks = matrix.blocks();
        int run = Math.max(1, Packing.SUPER / packing.block());
        long from = matrix.data().address() + matrix.offset(group);
        long minima = matrix.data().address() + matrix.minima(group);
        switch (packing.scales()) {
            case NONE -> {
                // nothing to decode
            }
            case HALF -> {
                halves(from, ints, own.scales, at);
                if (packing.minima()) {
                    halves(minima, ints, own.minima, at);
                }
            }
            case SUPER -> {
                halves(from, ints, own.supers, 0);
                subScales(from + CHUNK * ints, blocks, run, own.supers, 1, own.scales, at);
                if (packing.minima()) {
                    halves(minima, ints, own.supers, 0);
                    subScales(minima + CHUNK * ints, blocks, run, own.supers, -1, own.minima, at);
                }
            }
            case FLOAT -> {
                int guard = guard(from);
                for (int i = 0; i < ints; i++) {
                    IntVector.fromMemorySegment(INTS, MEMORY, from + i * CHUNK, LE).reinterpretAsFloats()
                            .intoArray(own.scales, at + guard + i * L);
                }
            }
        }
    }

    /** Two binary16 an int: the exponent is moved into place and multiplied to the right size, which is exact. */
    private static void halves(long from, int ints, float[] into, int at) {
        int guard = guard(from);
        for (int i = 0; i < ints; i++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, from + i * CHUNK, LE);
            x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT).intoArray(into, at + guard + 2 * i * L);
            x.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .intoArray(into, at + 2 * i * L + L);
        }
    }

    private static void subScales(long from, int blocks, int run, float[] supers, float sign, float[] into, int at) {
        int guard = guard(from);
        for (int b = 0; b < blocks; b += 4) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, from + b / 4 * CHUNK, LE);
            FloatVector scale = FloatVector.fromArray(FLOATS, supers, b / run * L).mul(sign);
            int to = at + guard + b * L;
            ((FloatVector) x.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale).intoArray(into, to);
            ((FloatVector) x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale).intoArray(into, to + L);
            ((FloatVector) x.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale).intoArray(into, to + 2 * L);
            ((FloatVector) x.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0)).mul(scale)
                    .intoArray(into, to + 3 * L);
        }
    }

    @Override
    public void quantise(float[] x, int from, Activations into, Activations.Place place, int vector, int[] own) {
        int width = place.width;
        int pair = place.pair(vector);
        int sum = place.sum(vector);
        int scale = place.scale(vector);
        int halves = Activations.BLOCK / place.block; // 1 or 2
        for (int b = 0; b < place.columns / Activations.BLOCK; b++) {
            float step = quantise(x, from + b * Activations.BLOCK, own);
            int even = 0;
            int odd = 0;
            for (int i = 0; i < 16; i++) {
                int e = (short) own[2 * i];
                int o = (short) own[2 * i + 1];
                into.pairs[pair + (16 * b + i) * width] = (e & 0xffff) | (o << 16);
                even += e;
                odd += o;
                if (i == 15 || (halves == 2 && i == 7)) {
                    int at = sum + (halves * b + halves * i / 16) * width;
                    into.sums[at] = (even & 0xffff) | (odd << 16);
                    into.totals[at] = (even + odd) * step;
                    even = 0;
                    odd = 0;
                }
            }
            into.scales[scale + b * width] = step;
        }
    }

    /** One block: adding a large number rounds, and leaves the integer in the low bits. */
    private static float quantise(float[] x, int from, int[] own) {
        FloatVector most = FloatVector.zero(FLOATS);
        for (int i = 0; i < Activations.BLOCK; i += L) {
            most = most.max(FloatVector.fromArray(FLOATS, x, from + i).abs());
        }
        float largest = most.reduceLanes(VectorOperators.MAX);
        float inverse = largest == 0 ? 0 : 127 / largest;
        for (int i = 0; i < Activations.BLOCK; i += L) {
            FloatVector.fromArray(FLOATS, x, from + i).mul(inverse).add(ScalarKernels.ROUND).reinterpretAsInts()
                    .intoArray(own, i);
        }
        return largest / 127;
    }

    @Override
    public void minima(Matrix matrix, float[] minima, int from, Activations x, Activations.Place place, int vector,
            float[] y, int at) {
        FloatVector low = FloatVector.zero(FLOATS);
        float[] totals = x.totals;
        int total = place.sum(vector);
        int width = place.width;
        int runs = matrix.packing().block() / place.block; // 1 or 2
        for (int run = 0; run < matrix.blocks() * runs; run++) {
            low = FloatVector.fromArray(FLOATS, minima, from + (run >> (runs - 1)) * L)
                    .fma(FloatVector.broadcast(FLOATS, totals[total + run * width]), low);
        }
        FloatVector.fromArray(FLOATS, y, at).add(low).intoArray(y, at);
    }

    @Override
    public void integers(Matrix matrix, int group, ScaleScratch own, Activations x, Activations.Place place,
            int vector, float[] y, int at) {
        Packing packing = matrix.packing();
        long codes = matrix.codes(group);
        int chunks = packing.chunks(matrix.columns());
        int pair = place.pair(vector);
        int sum = place.sum(vector);
        int step = place.scale(vector);
        short zero = (short) -packing.zero();
        if (packing.codes() == Packing.Codes.NIBBLES && packing.scales() == Packing.Scales.HALF && !packing.minima()) {
            halfNibbles(codes, chunks, matrix.data().address() + matrix.offset(group), x.pairs, pair, x.sums, sum,
                    x.scales, step, zero, y, at);
            return;
        }
        scales(matrix, group, own, 0);
        if (packing.codes() == Packing.Codes.BYTES) {
            bytes(codes, chunks, own.scales, packing.block() / 32, x.pairs, pair, x.sums, sum, x.scales, step, zero, y,
                    at);
        } else {
            nibbles(codes, chunks, own.scales, packing.block() / 16, x.pairs, pair, x.sums, sum, x.scales, step, zero,
                    y, at);
        }
        if (packing.minima()) {
            minima(matrix, own.minima, 0, x, place, vector, y, at);
        }
    }

    /**
     * Nibbles with a binary16 for 32 columns, which are 4 chunks; a lane adds up 16 products of at most 15 x 127. Scales are
     * decoded in step: decoded before, one core read 12 instead of 16 GB/s. Written out, since a helper that returns a vector is
     * not inlined in some runs, and then every scale is an object.
     */
    private static void halfNibbles(long codes, int chunks, long scales, int[] pairs, int pair, int[] sums, int sum,
            float[] steps, int step, short zero, float[] y, int at) {
        int guard = guard(codes);
        FloatVector result = FloatVector.zero(FLOATS);
        ShortVector a = IntVector.broadcast(INTS, sums[sum]).reinterpretAsShorts().mul(zero);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            a = x.and(0x000f000f).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 4 * c]).reinterpretAsShorts()).add(a);
            a = x.lanewise(VectorOperators.LSHR, 4).and(0x000f000f).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 4 * c + 1]).reinterpretAsShorts()).add(a);
            a = x.lanewise(VectorOperators.LSHR, 8).and(0x000f000f).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 4 * c + 2]).reinterpretAsShorts()).add(a);
            a = x.lanewise(VectorOperators.LSHR, 12).and(0x000f000f).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 4 * c + 3]).reinterpretAsShorts()).add(a);
            if ((c & 3) == 3) {
                int b = c >> 2;
                FloatVector scale = IntVector.fromMemorySegment(INTS, MEMORY, scales + (b >> 1) * CHUNK, LE)
                        .lanewise(VectorOperators.LSHL, 16 - 16 * (b & 1)).lanewise(VectorOperators.ASHR, 3)
                        .and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT);
                IntVector both = a.reinterpretAsInts();
                both = both.lanewise(VectorOperators.ASHR, 16)
                        .add(both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                result = ((FloatVector) both.convert(VectorOperators.I2F, 0)).mul(steps[step + b])
                        .fma(scale, result);
                a = IntVector.broadcast(INTS, sums[sum + b + 1]).reinterpretAsShorts().mul(zero);
            }
        }
        result.intoArray(y, at + guard);
    }

    /** Nibbles with decoded scales for 16 columns, which are 2 chunks, or for 32: as a shift, 1 or 2. */
    private static void nibbles(long codes, int chunks, float[] scales, int shift, int[] pairs, int pair, int[] sums,
            int sum, float[] steps, int step, short zero, float[] y, int at) {
        int guard = guard(codes);
        int last = (1 << shift) - 1;
        FloatVector result = FloatVector.zero(FLOATS);
        ShortVector a = IntVector.broadcast(INTS, sums[sum]).reinterpretAsShorts().mul(zero);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            a = x.and(0x000f000f).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 4 * c]).reinterpretAsShorts()).add(a);
            a = x.lanewise(VectorOperators.LSHR, 4).and(0x000f000f).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 4 * c + 1]).reinterpretAsShorts()).add(a);
            a = x.lanewise(VectorOperators.LSHR, 8).and(0x000f000f).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 4 * c + 2]).reinterpretAsShorts()).add(a);
            a = x.lanewise(VectorOperators.LSHR, 12).and(0x000f000f).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 4 * c + 3]).reinterpretAsShorts()).add(a);
            if ((c & last) == last) {
                int b = c >> shift;
                IntVector both = a.reinterpretAsInts();
                both = both.lanewise(VectorOperators.ASHR, 16)
                        .add(both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                result = ((FloatVector) both.convert(VectorOperators.I2F, 0)).mul(steps[step + (c >> 2)])
                        .fma(FloatVector.fromArray(FLOATS, scales, b * L), result);
                a = IntVector.broadcast(INTS, sums[sum + b + 1]).reinterpretAsShorts().mul(zero);
            }
        }
        result.intoArray(y, at + guard);
    }

    /** Bytes with decoded scales for 16 columns, or for 32 (wide); a lane adds up 8 products of at most 32 x 127. */
    private static void bytes(long codes, int chunks, float[] scales, int wide, int[] pairs, int pair, int[] sums,
            int sum, float[] steps, int step, short zero, float[] y, int at) {
        int guard = guard(codes);
        FloatVector result = FloatVector.zero(FLOATS);
        ShortVector a = IntVector.broadcast(INTS, sums[sum]).reinterpretAsShorts().mul(zero);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            a = x.and(0x00ff00ff).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 2 * c]).reinterpretAsShorts()).add(a);
            a = x.lanewise(VectorOperators.LSHR, 8).and(0x00ff00ff).reinterpretAsShorts()
                    .mul(IntVector.broadcast(INTS, pairs[pair + 2 * c + 1]).reinterpretAsShorts()).add(a);
            if ((c & 3) == 3) {
                int b = c >> 2;
                IntVector both = a.reinterpretAsInts();
                both = both.lanewise(VectorOperators.ASHR, 16)
                        .add(both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
                result = ((FloatVector) both.convert(VectorOperators.I2F, 0)).mul(steps[step + (c >> 3)])
                        .fma(FloatVector.fromArray(FLOATS, scales, (b >> wide) * L), result);
                a = IntVector.broadcast(INTS, sums[sum + b + 1]).reinterpretAsShorts().mul(zero);
            }
        }
        result.intoArray(y, at + guard);
    }

    /**
     * Zero, read in a way that the compiler must keep: one plain access to memory in a compiled method makes the JVM turn a fault
     * of any access in it into an error. Without it, a mapped file that somebody cuts off ends the process.
     */
    private static int guard(long codes) {
        return MEMORY.get(ValueLayout.JAVA_BYTE, codes) >>> 31 >>> 1;
    }

    @Override
    public void floats(Matrix matrix, int pair, ScaleScratch own, float[] x, int from, float[] y, int at) {
        scales(matrix, 2 * pair, own, 0);
        scales(matrix, 2 * pair + 1, own, matrix.blocks() * L);
        long codes0 = matrix.codes(2 * pair);
        long codes1 = matrix.codes(2 * pair + 1);
        int chunks = matrix.packing().chunks(matrix.columns());
        switch (matrix.packing().codes()) {
            case BYTES -> floatBytes(matrix, pair, own, x, from, y, at);
            case HALVES -> floatHalves(codes0, codes1, chunks, x, from, y, at);
            case BRAINS -> floatBrains(codes0, codes1, chunks, x, from, y, at);
            case FLOATS -> floatFloats(codes0, codes1, chunks, x, from, y, at);
            case NIBBLES -> throw new IllegalArgumentException("nibbles are unpacked to a panel");
        }
    }

    /** Bytes with a scale for 32 columns, which are 8 chunks, or for 16, which are 4. */
    private static void floatBytes(Matrix matrix, int pair, ScaleScratch own, float[] x, int from, float[] y, int at) {
        long codes0 = matrix.codes(2 * pair);
        long codes1 = matrix.codes(2 * pair + 1);
        int chunks = matrix.packing().chunks(matrix.columns());
        int shift = matrix.packing().block() / 16 + 1;
        int second = matrix.blocks() * L;
        float[] scales = own.scales;
        int guard = guard(codes0);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes0 + c * CHUNK, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes1 + c * CHUNK, LE);
            int block = c >> shift;
            FloatVector s = FloatVector.fromArray(FLOATS, scales, block * L);
            FloatVector t = FloatVector.fromArray(FLOATS, scales, second + block * L);
            v = v.lanewise(VectorOperators.XOR, 0x80808080);
            w = w.lanewise(VectorOperators.XOR, 0x80808080);
            a = ((FloatVector) v.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(s).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c]), a);
            b = ((FloatVector) w.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(t).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c]), b);
            a = ((FloatVector) v.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(s).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 1]), a);
            b = ((FloatVector) w.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(t).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 1]), b);
            a = ((FloatVector) v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(s).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 2]), a);
            b = ((FloatVector) w.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0))
                    .mul(t).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 2]), b);
            a = ((FloatVector) v.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                    .mul(s).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 3]), a);
            b = ((FloatVector) w.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0))
                    .mul(t).fma(FloatVector.broadcast(FLOATS, x[from + 4 * c + 3]), b);
        }
        a.intoArray(y, at + guard);
        b.intoArray(y, at + L);
    }

    /** Binary16: its exponent is moved into place and multiplied to the right size, which is exact, subnormals included. */
    private static void floatHalves(long codes0, long codes1, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(codes0);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes0 + c * CHUNK, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes1 + c * CHUNK, LE);
            a = v.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), a);
            b = w.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), b);
            a = v.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), a);
            b = w.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), b);
        }
        a.intoArray(y, at + guard);
        b.intoArray(y, at + L);
    }

    /** The upper halves of binary32. */
    private static void floatBrains(long codes0, long codes1, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(codes0);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes0 + c * CHUNK, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes1 + c * CHUNK, LE);
            a = v.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), a);
            b = w.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c]), b);
            a = v.and(0xffff0000).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), a);
            b = w.and(0xffff0000).reinterpretAsFloats()
                    .fma(FloatVector.broadcast(FLOATS, x[from + 2 * c + 1]), b);
        }
        a.intoArray(y, at + guard);
        b.intoArray(y, at + L);
    }

    /** Binary32. */
    private static void floatFloats(long codes0, long codes1, int chunks, float[] x, int from, float[] y, int at) {
        int guard = guard(codes0);
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = a;
        for (int c = 0; c < chunks; c++) {
            IntVector v = IntVector.fromMemorySegment(INTS, MEMORY, codes0 + c * CHUNK, LE);
            IntVector w = IntVector.fromMemorySegment(INTS, MEMORY, codes1 + c * CHUNK, LE);
            a = v.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, x[from + c]), a);
            b = w.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, x[from + c]), b);
        }
        a.intoArray(y, at + guard);
        b.intoArray(y, at + L);
    }

    @Override
    public void unpack(Matrix matrix, int pair, int first, int count, short[] panel) {
        Packing packing = matrix.packing();
        long offset = first / packing.codes().columns() * CHUNK;
        int chunks = count / packing.codes().columns();
        for (int half = 0; half < 2; half++) {
            long codes = matrix.codes(2 * pair + half) + offset;
            if (packing.codes() == Packing.Codes.NIBBLES) {
                unpackNibbles(codes, chunks, (short) packing.zero(), panel, half * 2 * L);
            } else {
                unpackBytes(codes, chunks, (short) packing.zero(), panel, half * 2 * L);
            }
        }
    }

    private static void unpackNibbles(long codes, int chunks, short zero, short[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            int to = at + guard + c * 4 * 4 * L;
            x.and(0x000f000f).reinterpretAsShorts().sub(zero).intoArray(panel, to);
            x.lanewise(VectorOperators.LSHR, 4).and(0x000f000f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 4 * L);
            x.lanewise(VectorOperators.LSHR, 8).and(0x000f000f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 8 * L);
            x.lanewise(VectorOperators.LSHR, 12).and(0x000f000f).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 12 * L);
        }
    }

    private static void unpackBytes(long codes, int chunks, short zero, short[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            int to = at + guard + c * 2 * 4 * L;
            x.and(0x00ff00ff).reinterpretAsShorts().sub(zero).intoArray(panel, to);
            x.lanewise(VectorOperators.LSHR, 8).and(0x00ff00ff).reinterpretAsShorts().sub(zero).intoArray(panel,
                    to + 4 * L);
        }
    }

    @Override
    public void unpack(Matrix matrix, int pair, ScaleScratch own, int first, int count, float[] panel) {
        Packing packing = matrix.packing();
        int per = packing.codes().columns();
        int chunks = count / per;
        int block = packing.block() / per;
        for (int half = 0; half < 2; half++) {
            long codes = matrix.codes(2 * pair + half) + first / per * CHUNK;
            int scale = (half * matrix.blocks() + first / packing.block()) * L;
            switch (packing.codes()) {
                case NIBBLES -> unpackNibbles(codes, chunks, block, packing.zero(), own.scales, scale, panel, half * L);
                case BYTES -> unpackBytes(codes, chunks, block, packing.zero(), own.scales, scale, panel, half * L);
                case HALVES -> unpackHalves(codes, chunks, panel, half * L);
                case BRAINS -> unpackBrains(codes, chunks, panel, half * L);
                case FLOATS -> unpackFloats(codes, chunks, panel, half * L);
            }
            if (packing.minima()) {
                addMinima(own.minima, scale, count, packing.block(), panel, half * L);
            }
        }
    }

    private static void addMinima(float[] minima, int from, int columns, int block, float[] panel, int at) {
        for (int column = 0; column < columns; column++) {
            int to = at + column * 2 * L;
            FloatVector.fromArray(FLOATS, panel, to)
                    .add(FloatVector.fromArray(FLOATS, minima, from + column / block * L)).intoArray(panel, to);
        }
    }

    private static void unpackNibbles(long codes, int chunks, int block, int zero, float[] scales, int scale,
            float[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            int to = at + guard + c * 8 * 2 * L;
            FloatVector s = FloatVector.fromArray(FLOATS, scales, scale + c / block * L);
            ((FloatVector) x.and(15).sub(zero).convert(VectorOperators.I2F, 0)).mul(s)
                    .intoArray(panel, to);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 16).and(15).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(s)
                    .intoArray(panel, to + 2 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 4).and(15).sub(zero).convert(VectorOperators.I2F, 0)).mul(s)
                    .intoArray(panel, to + 4 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 20).and(15).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(s)
                    .intoArray(panel, to + 6 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 8).and(15).sub(zero).convert(VectorOperators.I2F, 0)).mul(s)
                    .intoArray(panel, to + 8 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 24).and(15).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(s)
                    .intoArray(panel, to + 10 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 12).and(15).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(s)
                    .intoArray(panel, to + 12 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 28).and(15).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(s)
                    .intoArray(panel, to + 14 * L);
        }
    }

    private static void unpackBytes(long codes, int chunks, int block, int zero, float[] scales, int scale,
            float[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            int to = at + guard + c * 4 * 2 * L;
            FloatVector s = FloatVector.fromArray(FLOATS, scales, scale + c / block * L);
            ((FloatVector) x.and(255).sub(zero).convert(VectorOperators.I2F, 0)).mul(s)
                    .intoArray(panel, to);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 16).and(255).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(s)
                    .intoArray(panel, to + 2 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 8).and(255).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(s)
                    .intoArray(panel, to + 4 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHR, 24).and(255).sub(zero).convert(VectorOperators.I2F, 0))
                    .mul(s)
                    .intoArray(panel, to + 6 * L);
        }
    }

    private static void unpackHalves(long codes, int chunks, float[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            int to = at + guard + c * 2 * 2 * L;
            x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT).intoArray(panel, to);
            x.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .intoArray(panel, to + 2 * L);
        }
    }

    private static void unpackBrains(long codes, int chunks, float[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            int to = at + guard + c * 2 * 2 * L;
            x.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(panel, to);
            x.and(0xffff0000).reinterpretAsFloats().intoArray(panel, to + 2 * L);
        }
    }

    private static void unpackFloats(long codes, int chunks, float[] panel, int at) {
        int guard = guard(codes);
        for (int c = 0; c < chunks; c++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, codes + c * CHUNK, LE);
            int to = at + guard + c * 1 * 2 * L;
            x.reinterpretAsFloats().intoArray(panel, to);
        }
    }

    @Override
    public void tile(Matrix matrix, short[] panel, float[] scales, int first, int count, Activations x,
            Activations.Place place, int tile, int vectors, float[] y, int at) {
        Packing packing = matrix.packing();
        int second = matrix.blocks() * L;
        int run = place.block;
        int pairs = place.pair(tile * Activations.TILE);
        int steps = place.scale(tile * Activations.TILE);
        for (int column = first; column < first + count; column += run) {
            int pair = pairs + column / 2 * Activations.TILE;
            int step = steps + column / Activations.BLOCK * Activations.TILE;
            int scale = column / packing.block() * L;
            int from = (column - first) * 2 * L;
            if (WIDE && vectors > 4) {
                tile8(panel, from, run / 2, x.pairs, pair, x.scales, step, scales, scale, scale + second, y, at);
            } else {
                tile4(panel, from, run / 2, x.pairs, pair, x.scales, step, scales, scale, scale + second, y, at);
                if (vectors > 4) {
                    tile4(panel, from, run / 2, x.pairs, pair + 4, x.scales, step + 4, scales, scale, scale + second, y,
                            at + 8 * L);
                }
            }
        }
    }

    @Override
    public void tile(float[] panel, int count, Activations x, Activations.Place place, int tile, int first, int vectors,
            float[] y, int at) {
        int from = place.value(tile * Activations.TILE) + first * Activations.TILE;
        if (WIDE && vectors > 4) {
            tile8(panel, count, x.values, from, y, at);
        } else {
            tile4(panel, count, x.values, from, y, at);
            if (vectors > 4) {
                tile4(panel, count, x.values, from + 4, y, at + 8 * L);
            }
        }
    }

    /** Sums of 8 vectors over columns that share a scale, in 16 bits, then scaled and added to the results. */
    private static void tile8(short[] panel, int from, int pairs, int[] x, int pair, float[] steps, int step,
            float[] scales, int scale0, int scale1, float[] y, int at) {
        ShortVector a0 = ShortVector.zero(SHORTS);
        ShortVector b0 = a0;
        ShortVector a1 = a0;
        ShortVector b1 = a0;
        ShortVector a2 = a0;
        ShortVector b2 = a0;
        ShortVector a3 = a0;
        ShortVector b3 = a0;
        ShortVector a4 = a0;
        ShortVector b4 = a0;
        ShortVector a5 = a0;
        ShortVector b5 = a0;
        ShortVector a6 = a0;
        ShortVector b6 = a0;
        ShortVector a7 = a0;
        ShortVector b7 = a0;
        for (int k = 0; k < pairs; k++) {
            ShortVector v = ShortVector.fromArray(SHORTS, panel, from + k * 4 * L);
            ShortVector w = ShortVector.fromArray(SHORTS, panel, from + k * 4 * L + 2 * L);
            int p = pair + k * Activations.TILE;
            ShortVector t = IntVector.broadcast(INTS, x[p]).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            b0 = w.mul(t).add(b0);
            t = IntVector.broadcast(INTS, x[p + 1]).reinterpretAsShorts();
            a1 = v.mul(t).add(a1);
            b1 = w.mul(t).add(b1);
            t = IntVector.broadcast(INTS, x[p + 2]).reinterpretAsShorts();
            a2 = v.mul(t).add(a2);
            b2 = w.mul(t).add(b2);
            t = IntVector.broadcast(INTS, x[p + 3]).reinterpretAsShorts();
            a3 = v.mul(t).add(a3);
            b3 = w.mul(t).add(b3);
            t = IntVector.broadcast(INTS, x[p + 4]).reinterpretAsShorts();
            a4 = v.mul(t).add(a4);
            b4 = w.mul(t).add(b4);
            t = IntVector.broadcast(INTS, x[p + 5]).reinterpretAsShorts();
            a5 = v.mul(t).add(a5);
            b5 = w.mul(t).add(b5);
            t = IntVector.broadcast(INTS, x[p + 6]).reinterpretAsShorts();
            a6 = v.mul(t).add(a6);
            b6 = w.mul(t).add(b6);
            t = IntVector.broadcast(INTS, x[p + 7]).reinterpretAsShorts();
            a7 = v.mul(t).add(a7);
            b7 = w.mul(t).add(b7);
        }
        FloatVector s0 = FloatVector.fromArray(FLOATS, scales, scale0);
        FloatVector s1 = FloatVector.fromArray(FLOATS, scales, scale1);
        IntVector i;
        i = a0.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step]).fma(s0, FloatVector.fromArray(FLOATS, y, at))
                .intoArray(y, at);
        i = b0.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + L)).intoArray(y, at + L);
        i = a1.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 1])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 2 * L)).intoArray(y, at + 2 * L);
        i = b1.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 1])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 2 * L + L)).intoArray(y, at + 2 * L + L);
        i = a2.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 2])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 4 * L)).intoArray(y, at + 4 * L);
        i = b2.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 2])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 4 * L + L)).intoArray(y, at + 4 * L + L);
        i = a3.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 3])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 6 * L)).intoArray(y, at + 6 * L);
        i = b3.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 3])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 6 * L + L)).intoArray(y, at + 6 * L + L);
        i = a4.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 4])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 8 * L)).intoArray(y, at + 8 * L);
        i = b4.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 4])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 8 * L + L)).intoArray(y, at + 8 * L + L);
        i = a5.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 5])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 10 * L)).intoArray(y, at + 10 * L);
        i = b5.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 5])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 10 * L + L)).intoArray(y, at + 10 * L + L);
        i = a6.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 6])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 12 * L)).intoArray(y, at + 12 * L);
        i = b6.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 6])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 12 * L + L)).intoArray(y, at + 12 * L + L);
        i = a7.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 7])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 14 * L)).intoArray(y, at + 14 * L);
        i = b7.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 7])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 14 * L + L)).intoArray(y, at + 14 * L + L);
    }

    /** Sums of 4 vectors over columns that share a scale, in 16 bits, then scaled and added to the results. */
    private static void tile4(short[] panel, int from, int pairs, int[] x, int pair, float[] steps, int step,
            float[] scales, int scale0, int scale1, float[] y, int at) {
        ShortVector a0 = ShortVector.zero(SHORTS);
        ShortVector b0 = a0;
        ShortVector a1 = a0;
        ShortVector b1 = a0;
        ShortVector a2 = a0;
        ShortVector b2 = a0;
        ShortVector a3 = a0;
        ShortVector b3 = a0;
        for (int k = 0; k < pairs; k++) {
            ShortVector v = ShortVector.fromArray(SHORTS, panel, from + k * 4 * L);
            ShortVector w = ShortVector.fromArray(SHORTS, panel, from + k * 4 * L + 2 * L);
            int p = pair + k * Activations.TILE;
            ShortVector t = IntVector.broadcast(INTS, x[p]).reinterpretAsShorts();
            a0 = v.mul(t).add(a0);
            b0 = w.mul(t).add(b0);
            t = IntVector.broadcast(INTS, x[p + 1]).reinterpretAsShorts();
            a1 = v.mul(t).add(a1);
            b1 = w.mul(t).add(b1);
            t = IntVector.broadcast(INTS, x[p + 2]).reinterpretAsShorts();
            a2 = v.mul(t).add(a2);
            b2 = w.mul(t).add(b2);
            t = IntVector.broadcast(INTS, x[p + 3]).reinterpretAsShorts();
            a3 = v.mul(t).add(a3);
            b3 = w.mul(t).add(b3);
        }
        FloatVector s0 = FloatVector.fromArray(FLOATS, scales, scale0);
        FloatVector s1 = FloatVector.fromArray(FLOATS, scales, scale1);
        IntVector i;
        i = a0.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step]).fma(s0, FloatVector.fromArray(FLOATS, y, at))
                .intoArray(y, at);
        i = b0.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + L)).intoArray(y, at + L);
        i = a1.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 1])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 2 * L)).intoArray(y, at + 2 * L);
        i = b1.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 1])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 2 * L + L)).intoArray(y, at + 2 * L + L);
        i = a2.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 2])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 4 * L)).intoArray(y, at + 4 * L);
        i = b2.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 2])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 4 * L + L)).intoArray(y, at + 4 * L + L);
        i = a3.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 3])
                .fma(s0, FloatVector.fromArray(FLOATS, y, at + 6 * L)).intoArray(y, at + 6 * L);
        i = b3.reinterpretAsInts();
        i = i.lanewise(VectorOperators.ASHR, 16)
                .add(i.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16));
        ((FloatVector) i.convert(VectorOperators.I2F, 0)).mul(steps[step + 3])
                .fma(s1, FloatVector.fromArray(FLOATS, y, at + 6 * L + L)).intoArray(y, at + 6 * L + L);
    }

    private static void tile8(float[] panel, int count, float[] x, int from, float[] y, int at) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, y, at);
        FloatVector b0 = FloatVector.fromArray(FLOATS, y, at + L);
        FloatVector a1 = FloatVector.fromArray(FLOATS, y, at + 2 * L);
        FloatVector b1 = FloatVector.fromArray(FLOATS, y, at + 2 * L + L);
        FloatVector a2 = FloatVector.fromArray(FLOATS, y, at + 4 * L);
        FloatVector b2 = FloatVector.fromArray(FLOATS, y, at + 4 * L + L);
        FloatVector a3 = FloatVector.fromArray(FLOATS, y, at + 6 * L);
        FloatVector b3 = FloatVector.fromArray(FLOATS, y, at + 6 * L + L);
        FloatVector a4 = FloatVector.fromArray(FLOATS, y, at + 8 * L);
        FloatVector b4 = FloatVector.fromArray(FLOATS, y, at + 8 * L + L);
        FloatVector a5 = FloatVector.fromArray(FLOATS, y, at + 10 * L);
        FloatVector b5 = FloatVector.fromArray(FLOATS, y, at + 10 * L + L);
        FloatVector a6 = FloatVector.fromArray(FLOATS, y, at + 12 * L);
        FloatVector b6 = FloatVector.fromArray(FLOATS, y, at + 12 * L + L);
        FloatVector a7 = FloatVector.fromArray(FLOATS, y, at + 14 * L);
        FloatVector b7 = FloatVector.fromArray(FLOATS, y, at + 14 * L + L);
        for (int k = 0; k < count; k++) {
            FloatVector v = FloatVector.fromArray(FLOATS, panel, k * 2 * L);
            FloatVector w = FloatVector.fromArray(FLOATS, panel, k * 2 * L + L);
            int i = from + k * Activations.TILE;
            FloatVector t = FloatVector.broadcast(FLOATS, x[i]);
            a0 = v.fma(t, a0);
            b0 = w.fma(t, b0);
            t = FloatVector.broadcast(FLOATS, x[i + 1]);
            a1 = v.fma(t, a1);
            b1 = w.fma(t, b1);
            t = FloatVector.broadcast(FLOATS, x[i + 2]);
            a2 = v.fma(t, a2);
            b2 = w.fma(t, b2);
            t = FloatVector.broadcast(FLOATS, x[i + 3]);
            a3 = v.fma(t, a3);
            b3 = w.fma(t, b3);
            t = FloatVector.broadcast(FLOATS, x[i + 4]);
            a4 = v.fma(t, a4);
            b4 = w.fma(t, b4);
            t = FloatVector.broadcast(FLOATS, x[i + 5]);
            a5 = v.fma(t, a5);
            b5 = w.fma(t, b5);
            t = FloatVector.broadcast(FLOATS, x[i + 6]);
            a6 = v.fma(t, a6);
            b6 = w.fma(t, b6);
            t = FloatVector.broadcast(FLOATS, x[i + 7]);
            a7 = v.fma(t, a7);
            b7 = w.fma(t, b7);
        }
        a0.intoArray(y, at);
        b0.intoArray(y, at + L);
        a1.intoArray(y, at + 2 * L);
        b1.intoArray(y, at + 2 * L + L);
        a2.intoArray(y, at + 4 * L);
        b2.intoArray(y, at + 4 * L + L);
        a3.intoArray(y, at + 6 * L);
        b3.intoArray(y, at + 6 * L + L);
        a4.intoArray(y, at + 8 * L);
        b4.intoArray(y, at + 8 * L + L);
        a5.intoArray(y, at + 10 * L);
        b5.intoArray(y, at + 10 * L + L);
        a6.intoArray(y, at + 12 * L);
        b6.intoArray(y, at + 12 * L + L);
        a7.intoArray(y, at + 14 * L);
        b7.intoArray(y, at + 14 * L + L);
    }

    private static void tile4(float[] panel, int count, float[] x, int from, float[] y, int at) {
        FloatVector a0 = FloatVector.fromArray(FLOATS, y, at);
        FloatVector b0 = FloatVector.fromArray(FLOATS, y, at + L);
        FloatVector a1 = FloatVector.fromArray(FLOATS, y, at + 2 * L);
        FloatVector b1 = FloatVector.fromArray(FLOATS, y, at + 2 * L + L);
        FloatVector a2 = FloatVector.fromArray(FLOATS, y, at + 4 * L);
        FloatVector b2 = FloatVector.fromArray(FLOATS, y, at + 4 * L + L);
        FloatVector a3 = FloatVector.fromArray(FLOATS, y, at + 6 * L);
        FloatVector b3 = FloatVector.fromArray(FLOATS, y, at + 6 * L + L);
        for (int k = 0; k < count; k++) {
            FloatVector v = FloatVector.fromArray(FLOATS, panel, k * 2 * L);
            FloatVector w = FloatVector.fromArray(FLOATS, panel, k * 2 * L + L);
            int i = from + k * Activations.TILE;
            FloatVector t = FloatVector.broadcast(FLOATS, x[i]);
            a0 = v.fma(t, a0);
            b0 = w.fma(t, b0);
            t = FloatVector.broadcast(FLOATS, x[i + 1]);
            a1 = v.fma(t, a1);
            b1 = w.fma(t, b1);
            t = FloatVector.broadcast(FLOATS, x[i + 2]);
            a2 = v.fma(t, a2);
            b2 = w.fma(t, b2);
            t = FloatVector.broadcast(FLOATS, x[i + 3]);
            a3 = v.fma(t, a3);
            b3 = w.fma(t, b3);
        }
        a0.intoArray(y, at);
        b0.intoArray(y, at + L);
        a1.intoArray(y, at + 2 * L);
        b1.intoArray(y, at + 2 * L + L);
        a2.intoArray(y, at + 4 * L);
        b2.intoArray(y, at + 4 * L + L);
        a3.intoArray(y, at + 6 * L);
        b3.intoArray(y, at + 6 * L + L);
    }

    @Override
    public void gate(float[] gate, int gateAt, float[] up, int upAt, int n) {
        int i = 0;
        for (; i <= n - L; i += L) {
            FloatVector g = FloatVector.fromArray(FLOATS, gate, gateAt + i);
            FloatVector silu = g.div(exp(g.neg()).add(1));
            silu.mul(FloatVector.fromArray(FLOATS, up, upAt + i)).intoArray(gate, gateAt + i);
        }
        for (; i < n; i++) {
            gate[gateAt + i] = ScalarKernels.silu(gate[gateAt + i]) * up[upAt + i];
        }
    }

    /** The same steps as {@link ScalarKernels#exp(float)}, and so the same bits. */
    private static FloatVector exp(FloatVector x) {
        FloatVector cut = x.min(88f).max(-87f);
        FloatVector k = cut.mul(ScalarKernels.LOG2_E).add(ScalarKernels.ROUND).sub(ScalarKernels.ROUND);
        FloatVector r = cut.sub(k.mul(ScalarKernels.LN2_HIGH)).sub(k.mul(ScalarKernels.LN2_LOW));
        FloatVector p = r.mul(ScalarKernels.C5).add(ScalarKernels.C4);
        p = p.mul(r).add(ScalarKernels.C3);
        p = p.mul(r).add(ScalarKernels.C2);
        p = p.mul(r).add(ScalarKernels.C1);
        p = p.mul(r).add(ScalarKernels.C0);
        p = p.mul(r).mul(r).add(r).add(1);
        IntVector power = ((IntVector) k.convertShape(VectorOperators.F2I, INTS, 0)).add(127)
                .lanewise(VectorOperators.LSHL, 23);
        return p.mul(power.reinterpretAsFloats());
    }
}
