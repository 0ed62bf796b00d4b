/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.vector;

import static jdk.incubator.vector.VectorOperators.ABS;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.DIV;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.MUL;
import static jdk.incubator.vector.VectorOperators.NEG;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.SUB;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Widths of vectors and the memory that all kernels read. */
final class Simd {

    /** The widest that the machine has, up to 512 bits. */
    private static final VectorShape SHAPE = VectorShape
            .forBitSize(Math.min(512, VectorShape.preferredShape().vectorBitSize()));
    static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);
    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);
    static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, SHAPE);
    /** Floats of a vector. */
    static final int L = FLOATS.length();
    /** Bytes of a vector. */
    static final long VECTOR_BYTES = INTS.vectorByteSize();
    /** Bytes of a line of a group, see {@code Packing}. */
    static final long LINE = 2 * VECTOR_BYTES;
    static final ByteOrder LE = ByteOrder.LITTLE_ENDIAN;
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    /**
     * All memory: loads from a segment without bounds and owner cost no checks. Callers hold the owner and check ranges once.
     */
    @SuppressWarnings("restricted") // addresses come from live segments, in ranges checked when they were packed
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    /** Binary16 exponents count from 15, binary32 exponents from 127. */
    static final float HALF_TO_FLOAT = 0x1p112f;

    private Simd() {
    }

    /**
     * Zero, read in a way that the compiler must keep: one plain access to memory in a compiled method makes the JVM turn a fault
     * of any access in it into an error. Without it, a mapped file that somebody cuts off ends the process.
     */
    static int guard(long codes) {
        return MEMORY.get(ValueLayout.JAVA_BYTE, codes) >>> 31 >>> 1;
    }

    /**
     * Does every operation of the kernels once. The Vector API looks up what an operation does on its first use, in small methods
     * that C2 inlines hundreds of times into a kernel. A first use that comes when they are compiled already counts as a lost bet on
     * a branch, at each place that they are inlined to; from 100 lost bets on (PerMethodTrapLimit), C2 compiles the rest of a kernel
     * without any. Then types of vectors in loops stay unknown, and each vector becomes an object: up to 3 MB a token, seen in one of
     * four runs of small models of several kinds, one after the other.
     */
    static void rehearse() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment some = arena.allocate(LINE, LINE);
            use(FLOATS, some, ADD, SUB, MUL, DIV, MIN, MAX, ABS, NEG, FMA);
            use(INTS, some, ADD, SUB, AND, OR, XOR, LSHL, LSHR, ASHR, MAX);
            use(SHORTS, some, ADD, SUB, MUL, LSHR);
            use(VectorSpecies.of(long.class, SHAPE), some, AND, OR, LSHR);
            use(VectorSpecies.of(short.class, VectorShape.forBitSize(SHAPE.vectorBitSize() / 2)), some);
            use(ByteVector.SPECIES_64, some);
            use(ByteVector.SPECIES_128, some);
            int any = MEMORY.get(ValueLayout.JAVA_BYTE, some.address()) + MEMORY.get(INT, some.address());
            MEMORY.set(FLOAT, some.address(), MEMORY.get(FLOAT, some.address()) + any);
        }
    }

    private static <E> void use(VectorSpecies<E> species, MemorySegment memory, VectorOperators.Operator... operators) {
        Vector<E> x = species.fromMemorySegment(memory, 0, LE);
        x.intoMemorySegment(memory, 0, LE);
        species.fromArray(x.toArray(), 0);
        x.reinterpretAsInts().reinterpretAsShorts().reinterpretAsFloats().reinterpretAsLongs();
        for (VectorOperators.Operator operator : operators) {
            if (operator instanceof VectorOperators.Ternary three) {
                x.lanewise(three, x, x);
            } else if (operator instanceof VectorOperators.Binary two) {
                x.lanewise(two, 1);
            } else if (operator instanceof VectorOperators.Unary one) {
                x.lanewise(one);
            }
        }
        x.reduceLanesToLong(MAX);
    }
}
