/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.vector;

import static dev.millrace.backend.cpu.kernels.vector.Simd.VECTOR_BYTES;
import static dev.millrace.backend.cpu.kernels.vector.Simd.FLOATS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.HALF_TO_FLOAT;
import static dev.millrace.backend.cpu.kernels.vector.Simd.INTS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.L;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LE;
import static dev.millrace.backend.cpu.kernels.vector.Simd.LINE;
import static dev.millrace.backend.cpu.kernels.vector.Simd.MEMORY;
import static dev.millrace.backend.cpu.kernels.vector.Simd.SHORTS;
import static dev.millrace.backend.cpu.kernels.vector.Simd.guard;

import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.kernels.ScaleScratch;
import dev.millrace.backend.cpu.kernels.scalar.ScalarActivations;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;

/**
 * SIMD by the Vector API, at any width. What the C2 compiler makes of these loops decides their speed, so they keep to what it
 * does well: one straight body without calls, few vectors alive, shifts in int lanes (those of short lanes take their count
 * from a register), and no more than one chunk of weights in a basic block, since it would hoist all loads and spill.
 */
public final class VectorKernels implements Kernels {

    /**
     * Whether the inner loop of a tile of floats takes all its vectors at once: two sums each must stay in registers, of which x86 with
     * 256 bits or fewer has only 16.
     */
    private static final boolean WIDE = L == 16 || System.getProperty("os.arch").equals("aarch64");

    /** What {@link #deltas} multiplies the delta before with. */
    private static final short[] BEFORE = new short[2 * L];

    static {
        for (int i = 0; i < BEFORE.length; i++) {
            BEFORE[i] = (short) (i % 8 < 2 ? 0 : -16);
        }
    }

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
    public void rehearse() {
        Simd.rehearse();
    }

    @Override
    public int lanes() {
        return 2 * L;
    }

    @Override
    public Packing packing(TensorType type, int columns) {
        return Packing.of(type, columns);
    }

    @Override
    public void row(Matrix matrix, int row, ScaleScratch scratch, float[] into, int at) {
        ScalarKernels.decodeRow(matrix, row, scratch, into, at);
    }

    /**
     * Where unpacking codes to a panel pays is measured. Of nibbles eight vectors took 1.12 times as long with one, on a Zen 4 core; of
     * 6-bit codes 0.82 times.
     */
    @Override
    public Activations.Form form(Packing packing, int count) {
        int many = packing.codes() == Packing.Codes.NIBBLES ? 9 : 7;
        if (packing.codes() == Packing.Codes.BYTES) {
            return count < 4 ? Activations.Form.DELTAS : Activations.Form.WHOLE_TILES;
        }
        return count < many ? Activations.Form.DELTAS : Activations.Form.PAIR_TILES;
    }

    @Override
    public void scales(Matrix matrix, int group, ScaleScratch scratch) {
        Packing packing = matrix.packing();
        for (int half = 0; half < 2 && packing.scaled(); half++) {
            long from = matrix.address(group) + half * VECTOR_BYTES;
            scales(packing, from, matrix.columns(), 0, scratch.scales, half * L);
            if (packing.minima()) {
                scales(packing, from, matrix.columns(), 1, scratch.minima, half * L);
            }
        }
    }

    /** Scales of half of the rows, or their minima, as they are added, in the line after. */
    private static void scales(Packing packing, long from, int columns, int line, float[] into, int at) {
        int section = packing.section();
        long first = from + (packing.scaleLine(0) + line) * LINE;
        long stride = (packing.scaleLine(section) - packing.scaleLine(0)) * LINE;
        switch (packing.scales()) {
            case NONE -> throw new IllegalArgumentException("there are no scales");
            case HALF -> halves(first, stride, (columns + section - 1) / section, into, at);
            case SUPER -> {
                long superBytes = (packing.superLine(Packing.SUPER) - packing.superLine(0)) * LINE;
                for (int s = 0; s < columns / Packing.SUPER; s++) {
                    bytes(from + s * superBytes, 16 * line, first + s * superBytes, stride, Packing.SUPER / section,
                            into,
                            at + 2 * s * Packing.SUPER / packing.block() * L);
                }
            }
            case FLOAT -> {
                int guard = guard(from);
                for (int b = 0; b < columns / section; b++) {
                    IntVector.fromMemorySegment(INTS, MEMORY, first + b * stride, LE).reinterpretAsFloats()
                            .intoArray(into, at + guard + 2 * b * L);
                }
            }
        }
    }

    /** Two binary16 an int: the exponent is moved into place and multiplied to the right size, which is exact. */
    private static void halves(long from, long stride, int sections, float[] into, int at) {
        int guard = guard(from);
        for (int s = 0; s < sections; s++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, from + s * stride, LE);
            int to = at + guard + 4 * s * L;
            x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                    .reinterpretAsFloats().mul(HALF_TO_FLOAT).intoArray(into, to);
            x.lanewise(VectorOperators.ASHR, 3).and(0x8fffe000).reinterpretAsFloats().mul(HALF_TO_FLOAT)
                    .intoArray(into, to + 2 * L);
        }
    }

    /** Four bytes an int under a super-block's scale, or at bit 16 its minimum, which is subtracted. */
    private static void bytes(long superBlock, int bit, long from, long stride, int sections, float[] into, int at) {
        int guard = guard(from);
        FloatVector scale = IntVector.fromMemorySegment(INTS, MEMORY, superBlock, LE)
                .lanewise(VectorOperators.LSHL, 16 - bit).lanewise(VectorOperators.ASHR, 3).and(0x8fffe000)
                .reinterpretAsFloats().mul(bit == 0 ? HALF_TO_FLOAT : -HALF_TO_FLOAT);
        for (int s = 0; s < sections; s++) {
            IntVector x = IntVector.fromMemorySegment(INTS, MEMORY, from + s * stride, LE);
            int to = at + guard + 8 * s * L;
            ((FloatVector) x.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale).intoArray(into, to);
            ((FloatVector) x.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale).intoArray(into, to + 2 * L);
            ((FloatVector) x.lanewise(VectorOperators.LSHL, 8).lanewise(VectorOperators.ASHR, 24)
                    .convert(VectorOperators.I2F, 0)).mul(scale).intoArray(into, to + 4 * L);
            ((FloatVector) x.lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0)).mul(scale)
                    .intoArray(into, to + 6 * L);
        }
    }

    @Override
    public void quantise(float[] x, int from, Activations into, Activations.Place place, int vector,
            QuadScratch memory) {
        int[] scratch = memory.block;
        boolean nibbles = place.form == Activations.Form.DELTAS && place.codes == Packing.Codes.NIBBLES;
        for (int b = 0; b < place.columns / Activations.BLOCK; b++) {
            float inputScale = quantise(x, from + b * Activations.BLOCK, scratch);
            if (nibbles) {
                into.putScales(place, vector, b, scratch, inputScale);
                deltas(scratch, into.words.address() + 4L * (place.pair(vector) + 16 * b));
            } else {
                into.put(place, vector, b, scratch, inputScale);
            }
        }
    }

    /** A block of {@link Activations.Form#DELTAS} for nibbles, four by four: each less 16 times the one before. */
    private static void deltas(int[] scratch, long to) {
        ShortVector factors = ShortVector.fromArray(SHORTS, BEFORE, 0);
        for (int i = 0; i < Activations.BLOCK / 2; i += L) {
            ShortVector before = IntVector.fromArray(INTS, scratch, Activations.PAIRS + i - 1).reinterpretAsShorts();
            IntVector.fromArray(INTS, scratch, Activations.PAIRS + i).reinterpretAsShorts().add(before.mul(factors))
                    .reinterpretAsInts().intoMemorySegment(MEMORY, to + 4L * i, LE);
        }
    }

    /** One block, two values an int: adding a large number rounds, and leaves the integer in the low bits. */
    private static float quantise(float[] x, int from, int[] scratch) {
        FloatVector most = FloatVector.zero(FLOATS);
        for (int i = 0; i < Activations.BLOCK; i += L) {
            most = most.max(FloatVector.fromArray(FLOATS, x, from + i).abs());
        }
        float largest = most.reduceLanes(VectorOperators.MAX);
        float inverse = largest == 0 ? 0 : 127 / largest;
        for (int i = 0; i < Activations.BLOCK; i += L) {
            LongVector two = FloatVector.fromArray(FLOATS, x, from + i).mul(inverse).add(ScalarActivations.ROUND)
                    .reinterpretAsInts().reinterpretAsLongs();
            two = two.and(0xffff).or(two.lanewise(VectorOperators.LSHR, 16).and(0xffff0000L));
            // the upper half, zeros, is overwritten next, or lies behind: one more width of ints would double the classes that
            // small methods of the Vector API meet, see Simd.rehearse
            ((IntVector) two.convertShape(VectorOperators.L2I, INTS, 0)).intoArray(scratch, Activations.PAIRS + i / 2);
        }
        return largest / 127;
    }

    /** Adds what minima contribute: {@code y[lane] += sum over blocks of minimum * total}. */
    private static void minima(Matrix matrix, float[] minima, Activations x, Activations.Place place, int vector,
            float[] y, int at) {
        FloatVector low0 = FloatVector.zero(FLOATS);
        FloatVector low1 = low0;
        float[] totals = x.totals;
        int total = place.total(vector);
        int width = place.width;
        int runs = matrix.packing().block() / place.block; // 1 or 2
        for (int run = 0; run < matrix.blocks() * runs; run++) {
            FloatVector t = FloatVector.broadcast(FLOATS, totals[total + run * width]);
            int minimum = 2 * (run >> (runs - 1)) * L;
            low0 = FloatVector.fromArray(FLOATS, minima, minimum).fma(t, low0);
            low1 = FloatVector.fromArray(FLOATS, minima, minimum + L).fma(t, low1);
        }
        FloatVector.fromArray(FLOATS, y, at).add(low0).intoArray(y, at);
        FloatVector.fromArray(FLOATS, y, at + L).add(low1).intoArray(y, at + L);
    }

    @Override
    public void integers(Matrix matrix, int first, int groups, ScaleScratch scratch, Activations x,
            Activations.Place place, int vector, float[] y, int at) {
        Packing packing = matrix.packing();
        int units = matrix.columns() / packing.codes().columns();
        long bytes = matrix.groupBytes();
        long from = matrix.address(first);
        long deltas = x.words.address() + 4L * place.pair(vector);
        long sums = x.words.address() + 4L * place.sum(vector);
        long totals = x.words.address() + 4L * place.total(vector);
        long inputScales = x.words.address() + 4L * place.scale(vector);
        short zero = (short) -packing.zero();
        boolean supers = packing.scales() == Packing.Scales.SUPER;
        int minima = packing.minima() ? 1 : 0;
        for (int g = 0; g < groups; g++) {
            long group = from + g * bytes;
            int to = at + 2 * g * L;
            if (packing.codes() == Packing.Codes.BYTES) {
                ByteDots.bytes(group, units, supers ? 1 : 0, deltas, sums, inputScales, y, to);
            } else if (packing.codes() == Packing.Codes.NIBBLES) {
                if (supers && packing.block() == 16) {
                    NibbleDots.superNibbles16(group, units, minima, deltas, sums, totals, inputScales, zero, y, to);
                } else if (supers) {
                    NibbleDots.superNibbles(group, units, deltas, totals, inputScales, y, to);
                } else if (packing.minima()) {
                    NibbleDots.halfNibblesMinima(group, units, deltas, totals, inputScales, y, to);
                } else {
                    NibbleDots.halfNibbles(group, units, deltas, sums, inputScales, zero, y, to);
                }
            } else if (supers && packing.block() == 16) {
                SixBitDots.superSixBits(group, units, deltas, sums, inputScales, zero, y, to);
            } else if (supers) {
                SixBitDots.superSixBits32(group, units, deltas, totals, inputScales, y, to);
            } else {
                int halves = packing.scales() == Packing.Scales.HALF ? 1 : 0;
                SixBitDots.sixBits(group, units, halves, minima, deltas, sums, totals, inputScales, zero, y, to);
            }
        }
    }

    @Override
    public void floats(Matrix matrix, int first, int groups, ScaleScratch scratch, float[] x, int from, float[] y,
            int at) {
        Packing packing = matrix.packing();
        int units = matrix.columns() / packing.codes().columns();
        for (int g = 0; g < groups; g++) {
            long group = matrix.address(first + g);
            int to = at + 2 * g * L;
            switch (packing.codes()) {
                case FLOAT16 -> FloatDots.floatHalves(group, units, x, from, y, to);
                case BFLOAT16 -> FloatDots.bfloat16s(group, units, x, from, y, to);
                case FLOATS -> FloatDots.floatFloats(group, units, x, from, y, to);
                case NIBBLES, SIX_BITS, BYTES -> throw new IllegalArgumentException(
                        matrix.name() + " is unpacked to a panel");
            }
        }
    }

    @Override
    public void unpack(Matrix matrix, int group, int first, int count, short[] panel) {
        Packing packing = matrix.packing();
        int columns = packing.codes().columns();
        int block = Integer.numberOfTrailingZeros(packing.block()) - Integer.numberOfTrailingZeros(columns);
        int section = Integer.numberOfTrailingZeros(packing.section()) - Integer.numberOfTrailingZeros(packing.block());
        int superBlock = Integer.numberOfTrailingZeros(Packing.SUPER) - Integer.numberOfTrailingZeros(packing.block());
        long superBytes = packing.scales() == Packing.Scales.SUPER ? LINE : 0;
        long scaleBytes = packing.scaleLines() * LINE;
        long address = matrix.address(group);
        short zero = (short) packing.zero();
        if (packing.codes() == Packing.Codes.NIBBLES) {
            VectorPanels.nibbles(address, first / columns, count / columns, block, section, scaleBytes, superBlock,
                    superBytes, zero, panel);
        } else {
            VectorPanels.sixBits(address, first / columns, count / columns, block, section, scaleBytes, superBlock,
                    superBytes, zero, panel);
        }
    }

    @Override
    public void unpack(Matrix matrix, int group, int first, int count, ScaleScratch scratch, short[] codes,
            float[] panel) {
        Packing packing = matrix.packing();
        if (packing.integers() && packing.codes() != Packing.Codes.BYTES) {
            unpack(matrix, group, first, count, codes);
            VectorPanels.widen(codes, count, panel);
            scale(packing, scratch, first, count, panel);
            return;
        }
        int to;
        for (int column = 0; column < count; column = to) {
            to = column + Math.min(count - column, packing.together(first + column));
            int units = (to - column) / packing.codes().columns();
            for (int half = 0; half < 2; half++) {
                long from = matrix.address(group) + packing.line(first + column) * LINE + half * VECTOR_BYTES;
                int at = (2 * column + half) * L;
                switch (packing.codes()) {
                    case BYTES -> VectorPanels.bytes(from, units, packing.zero(), scratch.scales,
                            (2 * ((first + column) / packing.block()) + half) * L, panel, at);
                    case FLOAT16 -> VectorPanels.halves(from, units, panel, at);
                    case BFLOAT16 -> VectorPanels.bfloat16(from, units, panel, at);
                    case FLOATS -> VectorPanels.floats(from, units, panel, at);
                    case NIBBLES, SIX_BITS -> throw new IllegalStateException("unpacked above");
                }
            }
        }
    }

    /** Makes codes weights: multiplies them with their scales and adds minima. */
    private static void scale(Packing packing, ScaleScratch scratch, int first, int count, float[] panel) {
        for (int half = 0; half < 2; half++) {
            int from = (2 * (first / packing.block()) + half) * L;
            VectorPanels.scale(scratch.scales, from, count, packing.block(), panel, half * L);
            if (packing.minima()) {
                VectorPanels.addMinima(scratch.minima, from, count, packing.block(), panel, half * L);
            }
        }
    }

    @Override
    public void tiles(Matrix matrix, int group, int count, ScaleScratch scratch, short[] panel, float[] floats,
            Activations x, Activations.Place place, float[] y) {
        int tiles = (count + Activations.TILE - 1) / Activations.TILE;
        Arrays.fill(y, 0, tiles * Activations.TILE * lanes(), 0);
        scales(matrix, group, scratch);
        if (place.form == Activations.Form.WHOLE_TILES) {
            wholeTiles(matrix, group, count, scratch, floats, x, place, y);
            return;
        }
        for (int column = 0; column < matrix.columns(); column += PANEL) {
            int columns = Math.min(PANEL, matrix.columns() - column);
            unpack(matrix, group, column, columns, panel);
            for (int tile = 0; tile < tiles; tile++) {
                int v = tile * Activations.TILE;
                tile(matrix, panel, scratch.scales, column, columns, x, place, tile,
                        Math.min(Activations.TILE, count - v), y, v * lanes());
            }
        }
        for (int v = 0; v < count && matrix.packing().minima(); v++) {
            minima(matrix, scratch.minima, x, place, v, y, v * lanes());
        }
    }

    /** {@link #tiles} of bytes, whose products do not fit 16 bits: of floats without a fraction, whose sums are exact. */
    private void wholeTiles(Matrix matrix, int group, int count, ScaleScratch scratch, float[] panel, Activations x,
            Activations.Place place, float[] y) {
        for (int column = 0; column < matrix.columns(); column += Activations.BLOCK) {
            long from = matrix.address(group) + matrix.packing().line(column) * LINE;
            VectorPanels.wholeBytes(from, Activations.BLOCK / 4, matrix.packing().zero(), panel, 0);
            VectorPanels.wholeBytes(from + VECTOR_BYTES, Activations.BLOCK / 4, matrix.packing().zero(), panel, L);
            int scale = 2 * (column / Activations.BLOCK) * L;
            for (int v = 0; v < count; v += 4) {
                VectorTiles.whole4(panel, x.values, place.value(v) + column * Activations.TILE, x.scales,
                        place.scale(v) + column / Activations.BLOCK * Activations.TILE, scratch.scales, scale, y,
                        v * lanes());
            }
        }
    }

    /** Adds the products of a panel of integers with the vectors of a tile. */
    private static void tile(Matrix matrix, short[] panel, float[] scales, int first, int count, Activations x,
            Activations.Place place, int tile, int vectors, float[] y, int at) {
        Packing packing = matrix.packing();
        int run = place.block;
        int pairs = place.pair(tile * Activations.TILE);
        int inputScales = place.scale(tile * Activations.TILE);
        for (int column = first; column < first + count; column += run) {
            int pair = pairs + column / 2 * Activations.TILE;
            int inputScale = inputScales + column / Activations.BLOCK * Activations.TILE;
            int scale = 2 * (column / packing.block()) * L;
            int from = (column - first) * 2 * L;
            for (int v = 0; v < vectors; v += 4) {
                VectorTiles.tile4(panel, from, run / 2, x.pairs, pair + v, x.scales, inputScale + v, scales, scale,
                        scale + L, y, at + 2 * v * L);
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
    public void silu(float[] gate, int gateAt, float[] up, int upAt, int n) {
        VectorActivations.silu(gate, gateAt, up, upAt, n);
    }

    @Override
    public void gelu(float[] gate, int gateAt, float[] up, int upAt, int n) {
        VectorActivations.gelu(gate, gateAt, up, upAt, n);
    }

    @Override
    public void clampedSwiglu(float alpha, float limit, float[] gate, int gateAt, float[] up, int upAt, int n) {
        VectorActivations.clampedSwiglu(alpha, limit, gate, gateAt, up, upAt, n);
    }
}
