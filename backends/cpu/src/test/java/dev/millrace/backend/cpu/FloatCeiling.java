/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.backend.cpu.assembler.Assembler;
import dev.millrace.backend.cpu.assembler.CallingConvention;
import dev.millrace.backend.cpu.assembler.MachineCode;
import dev.millrace.backend.cpu.assembler.Operand;
import dev.millrace.backend.cpu.assembler.Operand.General;
import dev.millrace.backend.cpu.kernels.vector.VectorKernels;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Compares the Java kernels for weights that are not quantised with what a core can do at all, in turns and by processor time: products
 * of floats in registers, and reading memory. For processors with AVX-512. See docs/backends/cpu.md.
 */
final class FloatCeiling {

    private static final int BYTES = 64;
    private static final int UNROLLED = 16;
    private static final int ROUNDS = 100_000;
    private static final int DATA = 64 << 20;
    private static final int TURNS = 12;
    private static final long TURN_NANOS = 120_000_000;

    private final MemorySegment arguments = Arena.ofAuto().allocate(2 * Long.BYTES, Long.BYTES);
    private final MemorySegment data = Arena.ofAuto().allocate(DATA, BYTES).fill((byte) 1);

    private FloatCeiling() {
    }

    /** Prints the best turn of each. */
    public static void main(String[] args) throws MachineCode.Refused {
        FloatCeiling ceiling = new FloatCeiling();
        Map<String, LongSupplier> works = new LinkedHashMap<>();
        works.put("products in registers, GMAC/s", ceiling.products());
        works.put("reading, GB/s", ceiling.reading());
        for (TensorType type : List.of(TensorType.F32, TensorType.F16, TensorType.BF16)) {
            KernelMeasurements.Trial trial = KernelMeasurements.Trial.of(new VectorKernels(), type);
            works.put(type + ", prefill, GMAC/s", trial::prefill);
            works.put(type + ", decode, GB/s", trial::decode);
        }
        Map<String, List<Double>> rates = new LinkedHashMap<>();
        for (int turn = 0; turn < TURNS; turn++) {
            works.forEach((name, work) -> rates.computeIfAbsent(name, none -> new ArrayList<>()).add(rate(work)));
        }
        rates.forEach((name, all) -> System.out.printf(Locale.ROOT, "%5.1f  %s%n",
                all.stream().mapToDouble(Double::doubleValue).max().orElseThrow(), name));
    }

    private static double rate(LongSupplier work) {
        long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        long end = begin;
        long done = 0;
        while (end - begin < TURN_NANOS) {
            done += work.getAsLong();
            end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        }
        return done / (double) (end - begin);
    }

    private LongSupplier products() throws MachineCode.Refused {
        Assembler a = new Assembler();
        MemorySegment function = loop(a, () -> {
            for (int i = 0; i < UNROLLED; i++) {
                a.vfmadd231ps(new Operand.Vector(i, BYTES), new Operand.Vector(30, BYTES),
                        new Operand.Vector(31, BYTES));
            }
        });
        return () -> {
            call(function, ROUNDS);
            return (long) ROUNDS * UNROLLED * BYTES / Float.BYTES;
        };
    }

    private LongSupplier reading() throws MachineCode.Refused {
        Assembler a = new Assembler();
        MemorySegment function = loop(a, () -> {
            for (int i = 0; i < UNROLLED; i++) {
                a.vpor(new Operand.Vector(i, BYTES), new Operand.Vector(i, BYTES), General.RCX.at(BYTES * i));
            }
            a.add(General.RCX, UNROLLED * BYTES);
        });
        return () -> {
            call(function, DATA / (UNROLLED * BYTES));
            return DATA;
        };
    }

    private static MemorySegment loop(Assembler a, Runnable body) throws MachineCode.Refused {
        CallingConvention.here().begin(a);
        a.mov(General.RCX, General.RAX.at(0));
        a.mov(General.R8, General.RAX.at(Long.BYTES));
        Operand.Label loop = a.label();
        a.place(loop);
        body.run();
        a.dec(General.R8);
        a.jnz(loop);
        CallingConvention.here().end(a);
        return MachineCode.of(a.code(), Arena.ofAuto()).function(0);
    }

    private void call(MemorySegment function, int rounds) {
        arguments.set(ValueLayout.JAVA_LONG, 0, data.address());
        arguments.set(ValueLayout.JAVA_LONG, Long.BYTES, rounds);
        MachineCode.call(function, arguments.address());
    }
}
