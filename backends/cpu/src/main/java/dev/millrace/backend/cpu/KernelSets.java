/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.backend.cpu.assembler.MachineCode;
import dev.millrace.backend.cpu.assembler.Processor;
import dev.millrace.api.setting.Settings;
import dev.millrace.backend.cpu.kernels.Kernels;
import dev.millrace.backend.cpu.kernels.assembled.AssembledKernels;
import dev.millrace.backend.cpu.kernels.assembled.InstructionSet;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.kernels.vector.VectorKernels;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sets of kernels that this machine can run, each a device.
 *
 * @param sets best first
 */
record KernelSets(List<Set> sets) {

    /**
     * One of them.
     *
     * @param device its identifier
     * @param score how good it is, as {@code Fit} wants it
     * @param note why there is no better one, to be added to its description; empty where there is none
     */
    record Set(String device, Kernels kernels, int score, String note) {

        String description() {
            return kernels.description() + note;
        }
    }

    /** As system properties say. */
    static KernelSets here() {
        return here(Settings.ofSystem(new CpuSettings()).find(CpuSettings.ASSEMBLED, ""));
    }

    /**
     * Looks for the Vector API, and asks the processor what it has. Warns if there is no SIMD at all.
     *
     * @param assembled the setting
     */
    static KernelSets here(Settings.Found<String> assembled) {
        List<Set> sets = new ArrayList<>();
        boolean vector = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        Kernels others = vector ? new VectorKernels() : new ScalarKernels();
        String note = "";
        try {
            sets.add(new Set("cpu:assembled", new AssembledKernels(others, instructions(others, assembled)), 110, ""));
        } catch (MachineCode.Refused e) {
            note = " (not cpu:assembled: " + e.getMessage() + ")";
        }
        if (vector) {
            sets.add(new Set("cpu:vector", others, 100, note));
        } else if (sets.isEmpty()) {
            System.getLogger(KernelSets.class.getName()).log(System.Logger.Level.WARNING,
                    "The CPU backend runs without SIMD, many times slower than it could: start Java with --add-modules jdk.incubator.vector");
        }
        sets.add(new Set("cpu:scalar", vector ? new ScalarKernels() : others, 10, vector ? "" : note));
        return new KernelSets(List.copyOf(sets));
    }

    private static InstructionSet instructions(Kernels others, Settings.Found<String> setting)
            throws MachineCode.Refused {
        String wanted = setting.value().orElse("");
        if (wanted.equals(CpuSettings.OFF)) {
            throw new MachineCode.Refused("switched off by " + setting.name());
        }
        List<InstructionSet> sets = InstructionSet.of(Processor.here());
        return sets.stream().filter(set -> AssembledKernels.suits(others, set))
                .filter(set -> wanted.isBlank() || set.id().equals(wanted)).findFirst()
                .orElseThrow(() -> new MachineCode.Refused(wanted.isBlank()
                        ? "the processor has none of " + ids(Stream.of(InstructionSet.values()))
                        : "the processor has no " + wanted + ", which " + setting.name() + " asks for, but "
                                + (sets.isEmpty() ? "nothing else either" : ids(sets.stream()))));
    }

    private static String ids(Stream<InstructionSet> sets) {
        return sets.map(InstructionSet::id).collect(Collectors.joining(", "));
    }

    /** The set of a device, or null. */
    @Nullable
    Set of(String device) {
        return sets.stream().filter(set -> set.device().equals(device)).findFirst().orElse(null);
    }
}
