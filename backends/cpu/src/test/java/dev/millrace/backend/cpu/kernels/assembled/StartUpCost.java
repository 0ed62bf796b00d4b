/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels.assembled;

import dev.millrace.backend.cpu.assembler.MachineCode;
import dev.millrace.backend.cpu.assembler.Processor;
import dev.millrace.backend.cpu.kernels.AttentionScratch;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.vector.VectorKernels;
import dev.millrace.backend.cpu.kv.KvLayout;
import dev.millrace.backend.cpu.kv.KvType;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Tells what machine code costs a start: processor time of the thread that does it, in a Java machine that has done nothing before.
 * Arguments: types of weights, or numbers for widths of heads. See docs/backends/cpu.md.
 */
final class StartUpCost {

    /** Something to be measured. */
    private interface Work {

        void run() throws MachineCode.Refused;
    }

    private StartUpCost() {
    }

    /** Prints a line for each. */
    public static void main(String[] args) throws MachineCode.Refused {
        measure("measuring", () -> {
        });
        measure("linking, and asking the processor", Processor::here);
        Kernels others = new VectorKernels();
        InstructionSet set = InstructionSet.of(Processor.here()).stream()
                .filter(each -> AssembledKernels.suits(others, each)).findFirst().orElseThrow();
        Kernels kernels = new AssembledKernels(others, set);
        double all = 0;
        for (String what : args) {
            if (Character.isDigit(what.charAt(0))) {
                KvLayout.Layer layer = new KvLayout.Layer(KvType.Q8, 1, Integer.parseInt(what), 0);
                AttentionScratch scratch = new AttentionScratch(AttentionScratch.TILE, layer.headSize());
                all += measure("attention, heads of " + what,
                        () -> kernels.attention().prepare(layer, scratch, 0, AttentionScratch.TILE));
            } else {
                Packing packing = Packing.of(TensorType.valueOf(what), 2);
                all += measure(what, () -> kernels.form(packing, 1));
            }
        }
        System.out.printf(Locale.ROOT, "code and its checks together: %.1f ms on %s%n", all, set);
    }

    private static double measure(String what, Work work) throws MachineCode.Refused {
        long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        work.run();
        double millis = (ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin) / 1e6;
        System.out.printf(Locale.ROOT, "%6.1f ms  %s%n", millis, what);
        return millis;
    }
}
