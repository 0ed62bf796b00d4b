/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.assembler.Arm64Assembler;
import dev.millrace.backend.cpu.assembler.Assembler;
import dev.millrace.backend.cpu.assembler.MachineCode;
import dev.millrace.backend.cpu.kernels.Activations;
import dev.millrace.backend.cpu.kernels.AttentionKernels;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.QuadScratch;
import dev.millrace.backend.cpu.kernels.ScaleScratch;
import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Products with integer codes, and attention to keys and values of 8 bits, as machine code. Everything else is done by others, whose packed weights these read. Code is
 * made for a packing when a model first needs it, and checked before it is used: see {@link SelfTest}. Safe for use from any thread.
 */
public final class AssembledKernels implements Kernels {

    /**
     * The functions of a packing. Holding them keeps their memory.
     *
     * @param quantise prepares a vector; or nothing, where other kernels do that
     * @param products multiply, by the number of vectors
     */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Functions(MemorySegment quantise, MemorySegment[] products) {

        /** Where there is no code to be used. */
        static final Functions NONE = new Functions(MemorySegment.NULL, new MemorySegment[0]);
    }

    private static final System.Logger LOG = System.getLogger(AssembledKernels.class.getName());

    private final Kernels others;
    private final InstructionSet set;
    private final AttentionKernels attention;
    private final Map<Packing, Functions> functions = new ConcurrentHashMap<>();

    /**
     * Kernels of an instruction set that the processor has.
     *
     * @param others do everything else; with a group of so many rows that they fill SIMD vectors
     */
    public AssembledKernels(Kernels others, InstructionSet set) {
        if (!suits(others, set)) {
            throw new IllegalArgumentException(others.lanes() + " rows do not fill vectors of " + set.bytes + " bytes");
        }
        this.others = others;
        this.set = set;
        attention = new AssembledAttention(others.attention(), set);
    }

    /** Whether groups of other kernels fill vectors of an instruction set. */
    public static boolean suits(Kernels others, InstructionSet set) {
        return Integer.BYTES * others.lanes() % set.bytes == 0;
    }

    @Override
    public String description() {
        return "machine code, " + set + "; " + others.description();
    }

    @Override
    public void rehearse() {
        others.rehearse();
    }

    @Override
    public int lanes() {
        return others.lanes();
    }

    @Override
    public Packing packing(TensorType type, int columns) {
        return others.packing(type, columns);
    }

    @Override
    public Activations.Form form(Packing packing, int count) {
        return functions(packing).products().length == 0 ? others.form(packing, count) : Activations.Form.QUADS;
    }

    /** Makes the code of a packing, unless that is done. */
    private Functions functions(Packing packing) {
        Functions made = functions.get(packing);
        return made != null ? made : functions.computeIfAbsent(packing, this::make);
    }

    private Functions make(Packing packing) {
        if (!packing.integers()) {
            return Functions.NONE;
        }
        try {
            Functions made = set.arm64() ? arm64(packing) : x86(packing);
            String difference = new SelfTest(this, made, packing).difference();
            if (difference == null) {
                return made;
            }
            LOG.log(System.Logger.Level.WARNING,
                    "Machine code of this processor ({0}) computes something else than it should ({1}); it is not used for these weights.",
                    set, difference);
        } catch (MachineCode.Refused e) {
            LOG.log(System.Logger.Level.WARNING, "There is no machine code for these weights: {0}.", e.getMessage());
        }
        return Functions.NONE;
    }

    private Functions x86(Packing packing) throws MachineCode.Refused {
        Assembler assembler = new Assembler();
        int[] begin = ProductCode.functions(assembler, packing, lanes(), set);
        int quantise = QuantiseCode.function(assembler, packing);
        MachineCode code = MachineCode.of(assembler.code(), Arena.ofAuto());
        return new Functions(code.function(quantise), products(code, begin));
    }

    private Functions arm64(Packing packing) throws MachineCode.Refused {
        Arm64Assembler assembler = new Arm64Assembler();
        int[] begin = Arm64ProductCode.functions(assembler, packing, lanes(), set);
        return new Functions(MemorySegment.NULL, products(MachineCode.of(assembler.code(), Arena.ofAuto()), begin));
    }

    private static MemorySegment[] products(MachineCode code, int[] begin) {
        MemorySegment[] products = new MemorySegment[begin.length];
        for (int i = 0; i < begin.length; i++) {
            products[i] = code.function(begin[i]);
        }
        return products;
    }

    @Override
    public void quads(Matrix matrix, int first, int groups, Activations x, Activations.Place place, int tile,
            QuadScratch scratch) {
        multiply(functions(matrix.packing()), matrix, first, groups, x, place, tile, scratch);
    }

    @Override
    public void quantise(float[] x, int from, Activations into, Activations.Place place, int vector,
            QuadScratch scratch) {
        if (place.form == Activations.Form.QUADS) {
            quantise(functions(place.packing), x, from, into, place, vector, scratch);
        } else {
            others.quantise(x, from, into, place, vector, scratch);
        }
    }

    void quantise(Functions code, float[] x, int from, Activations into, Activations.Place place, int vector,
            QuadScratch scratch) {
        if (code.quantise().address() == 0) {
            others.quantise(x, from, into, place, vector, scratch);
            return;
        }
        int tile = vector / Activations.TILE;
        int width = place.tileWidth(tile);
        int blockWords = Activations.Place.blockWords(place.block);
        int words = place.columns / Activations.BLOCK * blockWords * width;
        Objects.checkFromIndexSize(4L * place.tile(tile), 4L * words, into.words.byteSize());
        Objects.checkIndex(vector % Activations.TILE, width);
        long to = into.words.address() + 4L * (place.tile(tile) + vector % Activations.TILE);
        MemorySegment told = scratch.arguments;
        int columns;
        try {
            for (int column = 0; column < place.columns; column += columns) {
                columns = Math.min(QuadScratch.RESULTS, place.columns - column);
                MemorySegment.copy(x, from + column, scratch.results, ValueLayout.JAVA_FLOAT, 0, columns);
                put(told, QuantiseCode.VALUES, scratch.results.address());
                put(told, QuantiseCode.BLOCKS, columns / Activations.BLOCK);
                put(told, QuantiseCode.WORDS, to);
                put(told, QuantiseCode.STRIDE, 4L * width);
                put(told, QuantiseCode.BLOCK_BYTES, 4L * blockWords * width);
                MachineCode.call(code.quantise(), told.address());
                to += 4L * columns / Activations.BLOCK * blockWords * width;
            }
        } finally {
            Reference.reachabilityFence(into.words);
            Reference.reachabilityFence(scratch);
        }
    }

    /** Checks all that machine code will read and write, tells it, and calls it. */
    void multiply(Functions code, Matrix matrix, int first, int groups, Activations x, Activations.Place place,
            int tile, QuadScratch scratch) {
        Packing packing = matrix.packing();
        int columns = matrix.columns();
        int width = place.tileWidth(tile);
        int words = columns / Activations.BLOCK * Activations.Place.blockWords(packing.run());
        int step = packing.scales() == Packing.Scales.SUPER ? Packing.SUPER : Activations.BLOCK;
        Objects.checkFromIndexSize(first, groups, matrix.groups());
        Objects.checkFromIndexSize(0L, (long) groups * width * lanes(), QuadScratch.RESULTS);
        Objects.checkFromIndexSize(4L * place.tile(tile), 4L * words * width, x.words.byteSize());
        Objects.checkFromIndexSize(matrix.offset(first, 0), (long) groups * matrix.groupBytes(),
                matrix.data().byteSize());
        if (matrix.lanes() != lanes() || columns % step != 0 || columns != place.columns || width < 1
                || place.form != Activations.Form.QUADS || packing.run() != place.block || groups < 1) {
            throw new IllegalArgumentException(matrix.name() + " does not suit its inputs");
        }
        int present = zero(matrix.data(), matrix.offset(first, 0) + (long) groups * matrix.groupBytes() - 1);
        MemorySegment function = code.products()[width - 1];
        int rows = ProductCode.rows(lanes(), set);
        int parts = Integer.BYTES * lanes() / (rows * set.bytes);
        MemorySegment told = scratch.arguments;
        try {
            for (int part = 0; part < parts; part++) {
                long on = (long) part * rows * set.bytes;
                put(told, ProductCode.WEIGHTS, matrix.address(first) + on);
                put(told, ProductCode.GROUPS, groups + present);
                put(told, ProductCode.GROUP_BYTES, matrix.groupBytes());
                put(told, ProductCode.INPUTS, x.words.address() + 4L * place.tile(tile));
                put(told, ProductCode.BLOCKS,
                        columns / (packing.scales() == Packing.Scales.SUPER ? Packing.SUPER : packing.block()));
                put(told, ProductCode.RESULTS, scratch.results.address() + on);
                put(told, ProductCode.VECTOR_STRIDE, 4L * groups * lanes());
                put(told, ProductCode.GROUP_STRIDE, 4L * lanes());
                MachineCode.call(function, told.address());
            }
        } finally {
            Reference.reachabilityFence(x.words);
            Reference.reachabilityFence(matrix.data());
            Reference.reachabilityFence(scratch);
        }
    }

    /**
     * Zero, made of the last byte that machine code is going to read, so that the compiler must keep the reading: where a mapped file
     * was cut off, that is an error in Java, and would be the end of the process in machine code.
     */
    private static int zero(MemorySegment data, long last) {
        return data.get(ValueLayout.JAVA_BYTE, last) >>> 31 >>> 1;
    }

    private static void put(MemorySegment arguments, int at, long value) {
        arguments.set(ValueLayout.JAVA_LONG, at, value);
    }

    // all that other kernels do

    @Override
    public void row(Matrix matrix, int row, ScaleScratch scratch, float[] into, int at) {
        others.row(matrix, row, scratch, into, at);
    }

    @Override
    public void scales(Matrix matrix, int group, ScaleScratch scratch) {
        others.scales(matrix, group, scratch);
    }

    @Override
    public void integers(Matrix matrix, int first, int groups, ScaleScratch scratch, Activations x,
            Activations.Place place, int vector, float[] y, int at) {
        others.integers(matrix, first, groups, scratch, x, place, vector, y, at);
    }

    @Override
    public void floats(Matrix matrix, int first, int groups, ScaleScratch scratch, float[] x, int from, float[] y,
            int at) {
        others.floats(matrix, first, groups, scratch, x, from, y, at);
    }

    @Override
    public void unpack(Matrix matrix, int group, int first, int count, short[] panel) {
        others.unpack(matrix, group, first, count, panel);
    }

    @Override
    public void unpack(Matrix matrix, int group, int first, int count, ScaleScratch scratch, short[] codes,
            float[] panel) {
        others.unpack(matrix, group, first, count, scratch, codes, panel);
    }

    @Override
    public void tiles(Matrix matrix, int group, int count, ScaleScratch scratch, short[] panel, float[] floats,
            Activations x, Activations.Place place, float[] y) {
        others.tiles(matrix, group, count, scratch, panel, floats, x, place, y);
    }

    @Override
    public void tile(float[] panel, int count, Activations x, Activations.Place place, int tile, int first, int vectors,
            float[] y, int at) {
        others.tile(panel, count, x, place, tile, first, vectors, y, at);
    }

    @Override
    public AttentionKernels attention() {
        return attention;
    }

    @Override
    public void silu(float[] gate, int gateAt, float[] up, int upAt, int n) {
        others.silu(gate, gateAt, up, upAt, n);
    }

    @Override
    public void gelu(float[] gate, int gateAt, float[] up, int upAt, int n) {
        others.gelu(gate, gateAt, up, upAt, n);
    }

    @Override
    public void clampedSwiglu(float alpha, float limit, float[] gate, int gateAt, float[] up, int upAt, int n) {
        others.clampedSwiglu(alpha, limit, gate, gateAt, up, upAt, n);
    }
}
