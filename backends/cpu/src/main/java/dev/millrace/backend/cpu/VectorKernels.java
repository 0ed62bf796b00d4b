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
    static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
    static final int L = FLOATS.length();
    static final long CHUNK = INTS.vectorByteSize();
    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;

    /**
     * All memory: loads from a segment without bounds and owner cost no checks. Callers hold the owner and check ranges once.
     */
    @SuppressWarnings("restricted") // addresses come from live segments, in ranges checked when they were packed
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /**
     * Vectors that a tile's inner loop takes at once: two sums each must stay in registers, of which x86 with 256 bits or fewer
     * has only 16.
     */
    private static final boolean WIDE = L == 16 || System.getProperty("os.arch").equals("aarch64");

    /** Binary16 exponents count from 15, binary32 exponents from 127. */
    static final float HALF_TO_FLOAT = 0x1p112f;

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
    public boolean digits() {
        return true;
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
        for (int b = 0; b < place.columns / Activations.BLOCK; b++) {
            float step = quantise(x, from + b * Activations.BLOCK, own);
            for (int i = 0; i < 16; i++) {
                own[i] = (own[2 * i] & 0xffff) | (own[2 * i + 1] << 16);
            }
            into.put(place, vector, b, own, step);
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
        int total = place.total(vector);
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
        int columns = matrix.columns();
        long codes = matrix.codes(group);
        int units = columns / packing.codes().columns();
        long scales = matrix.data().address() + matrix.offset(group);
        long minima = matrix.data().address() + matrix.minima(group);
        long subs = CHUNK * packing.scaleInts(columns);
        long digits = x.digits.address() + 4L * place.pair(vector);
        long sums = x.digits.address() + 4L * place.sum(vector);
        long totals = x.digits.address() + 4L * place.total(vector);
        long steps = x.digits.address() + 4L * place.scale(vector);
        short zero = (short) -packing.zero();
        if (packing.codes() == Packing.Codes.NIBBLES && packing.scales() == Packing.Scales.HALF && !packing.minima()) {
            VectorDots.halfNibbles(codes, units, scales, digits, sums, steps, zero, y, at);
        } else if (packing.codes() == Packing.Codes.NIBBLES && packing.minima() && packing.block() == 32
                && packing.scales() == Packing.Scales.SUPER) {
            VectorDots.superNibbles(codes, units, scales, scales + subs, minima, minima + subs, digits, totals, steps,
                    y, at);
        } else if (packing.codes() == Packing.Codes.SIXES && !packing.minima() && packing.block() == 16) {
            VectorDots.superSixes(codes, units, scales, scales + subs, digits, sums, steps, zero, y, at);
        } else {
            scales(matrix, group, own, 0);
            if (packing.codes() == Packing.Codes.NIBBLES) {
                VectorDots.nibbles(codes, units, own.scales, packing.block() / 16, digits, sums, steps, zero, y, at);
            } else {
                VectorDots.sixes(codes, units, own.scales, packing.block() / 32, digits, sums, steps, zero, y, at);
            }
            if (packing.minima()) {
                VectorDots.minima(own.minima, columns / place.block, packing.block() / place.block - 1, totals, y, at);
            }
        }
    }

    /**
     * Zero, read in a way that the compiler must keep: one plain access to memory in a compiled method makes the JVM turn a fault
     * of any access in it into an error. Without it, a mapped file that somebody cuts off ends the process.
     */
    static int guard(long codes) {
        return MEMORY.get(ValueLayout.JAVA_BYTE, codes) >>> 31 >>> 1;
    }

    @Override
    public void floats(Matrix matrix, int pair, ScaleScratch own, float[] x, int from, float[] y, int at) {
        long codes0 = matrix.codes(2 * pair);
        long codes1 = matrix.codes(2 * pair + 1);
        int units = matrix.columns() / matrix.packing().codes().columns();
        switch (matrix.packing().codes()) {
            case BYTES -> {
                scales(matrix, 2 * pair, own, 0);
                scales(matrix, 2 * pair + 1, own, matrix.blocks() * L);
                VectorDots.floatBytes(codes0, codes1, units, own.scales, matrix.blocks() * L, x, from, y, at);
            }
            case HALVES -> VectorDots.floatHalves(codes0, codes1, units, x, from, y, at);
            case BRAINS -> VectorDots.floatBrains(codes0, codes1, units, x, from, y, at);
            case FLOATS -> VectorDots.floatFloats(codes0, codes1, units, x, from, y, at);
            case NIBBLES, SIXES -> throw new IllegalArgumentException(matrix.name() + " is unpacked to a panel");
        }
    }

    @Override
    public void unpack(Matrix matrix, int pair, int first, int count, short[] panel) {
        Packing packing = matrix.packing();
        int units = count / packing.codes().columns();
        for (int half = 0; half < 2; half++) {
            long codes = matrix.codes(2 * pair + half) + packing.codes().ints(first) * CHUNK;
            if (packing.codes() == Packing.Codes.NIBBLES) {
                VectorPanels.nibbles(codes, units, (short) packing.zero(), panel, half * 2 * L);
            } else {
                VectorPanels.sixes(codes, units, (short) packing.zero(), panel, half * 2 * L);
            }
        }
    }

    @Override
    public void unpack(Matrix matrix, int pair, int first, int count, short[] own, float[] panel) {
        Packing packing = matrix.packing();
        if (packing.integers()) {
            unpack(matrix, pair, first, count, own);
            VectorPanels.widen(own, count, panel);
            return;
        }
        int units = count / packing.codes().columns();
        for (int half = 0; half < 2; half++) {
            long codes = matrix.codes(2 * pair + half) + packing.codes().ints(first) * CHUNK;
            switch (packing.codes()) {
                case BYTES -> VectorPanels.bytes(codes, units, packing.zero(), panel, half * L);
                case HALVES -> VectorPanels.halves(codes, units, panel, half * L);
                case BRAINS -> VectorPanels.brains(codes, units, panel, half * L);
                case FLOATS -> VectorPanels.floats(codes, units, panel, half * L);
                case NIBBLES, SIXES -> throw new IllegalStateException("unpacked above");
            }
        }
    }

    @Override
    public void scale(Matrix matrix, ScaleScratch own, int first, int count, float[] panel) {
        Packing packing = matrix.packing();
        for (int half = 0; half < 2; half++) {
            int from = (half * matrix.blocks() + first / packing.block()) * L;
            VectorPanels.scale(own.scales, from, count, packing.block(), panel, half * L);
            if (packing.minima()) {
                VectorPanels.addMinima(own.minima, from, count, packing.block(), panel, half * L);
            }
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
                VectorTiles.tile8(panel, from, run / 2, x.pairs, pair, x.scales, step, scales, scale, scale + second, y,
                        at);
            } else {
                VectorTiles.tile4(panel, from, run / 2, x.pairs, pair, x.scales, step, scales, scale, scale + second, y,
                        at);
                if (vectors > 4) {
                    VectorTiles.tile4(panel, from, run / 2, x.pairs, pair + 4, x.scales, step + 4, scales, scale,
                            scale + second, y,
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
            VectorTiles.tile8(panel, count, x.values, from, y, at);
        } else {
            VectorTiles.tile4(panel, count, x.values, from, y, at);
            if (vectors > 4) {
                VectorTiles.tile4(panel, count, x.values, from + 4, y, at + 8 * L);
            }
        }
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
