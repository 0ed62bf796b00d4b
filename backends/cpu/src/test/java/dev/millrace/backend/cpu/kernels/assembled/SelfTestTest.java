/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.backend.cpu.assembler.Assembler;
import dev.millrace.backend.cpu.assembler.MachineCode;
import dev.millrace.backend.cpu.assembler.Processor;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.PowersOfTwo;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.kernels.vector.VectorKernels;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One wrong lane of one constant is enough for code not to be used. On the x86-64 instruction sets that the processor has. */
class SelfTestTest {

    private static final int NIBBLES = 0x0f0f0f0f;

    static List<InstructionSet> sets() throws MachineCode.Refused {
        return InstructionSet.of(Processor.here()).stream().filter(set -> !set.arm64()).toList();
    }

    private static Kernels others(InstructionSet set) {
        boolean vector = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        return Stream.of(vector ? new VectorKernels() : new ScalarKernels(), new ScalarKernels())
                .filter(kernels -> AssembledKernels.suits(kernels, set)).findFirst().orElseThrow();
    }

    /** The code, and copies of it, each with another lane of a constant changed. */
    private static List<byte[]> changed(byte[] code, int constant, InstructionSet set) {
        List<byte[]> all = new ArrayList<>(List.of(code));
        ByteBuffer words = ByteBuffer.wrap(code).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at + set.bytes <= code.length; at += set.bytes) {
            boolean here = true;
            for (int lane = 0; lane < set.bytes; lane += 4) {
                here &= words.getInt(at + lane) == constant;
            }
            for (int lane = 0; lane < set.bytes && here; lane += 4) {
                byte[] copy = Arrays.copyOf(code, code.length);
                ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN).putInt(at + lane, constant ^ 0x100);
                all.add(copy);
            }
        }
        assertTrue(all.size() > 1);
        return all;
    }

    @ParameterizedTest
    @MethodSource("sets")
    void aWrongLaneOfAProductIsFound(InstructionSet set) throws MachineCode.Refused {
        Packing packing = Packing.of(TensorType.Q4_0, 2);
        AssembledKernels kernels = new AssembledKernels(others(set), set);
        Assembler assembler = new Assembler();
        int[] begin = ProductCode.functions(assembler, packing, kernels.lanes(), set);
        List<byte[]> all = changed(assembler.code(), NIBBLES, set);
        for (int i = 0; i < all.size(); i++) {
            try (Arena arena = Arena.ofConfined()) {
                MachineCode code = MachineCode.of(all.get(i), arena);
                MemorySegment[] products = Arrays.stream(begin).mapToObj(code::function)
                        .toArray(MemorySegment[]::new);
                check(i == 0, new SelfTest(kernels,
                        new AssembledKernels.Functions(MemorySegment.NULL, products), packing).difference());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("sets")
    void aWrongLaneOfAttentionIsFound(InstructionSet set) throws MachineCode.Refused {
        Assembler assembler = new Assembler();
        AttentionFrame.Place place = AttentionCode.function(assembler, set, 64);
        List<byte[]> all = changed(assembler.code(), Float.floatToRawIntBits(PowersOfTwo.C2), set);
        for (int i = 0; i < all.size(); i++) {
            try (Arena arena = Arena.ofConfined()) {
                MachineCode code = MachineCode.of(all.get(i), arena);
                check(i == 0, new AttentionSelfTest(new AssembledAttention(others(set).attention(), set),
                        new AssembledAttention.Function(code.function(place.begin()),
                                code.function(place.limits()).address(), new AttentionFrame.Tile(set, 64)))
                        .difference());
            }
        }
    }

    private static void check(boolean right, @Nullable String difference) {
        if (right) {
            assertNull(difference);
        } else {
            assertNotNull(difference);
        }
    }
}
