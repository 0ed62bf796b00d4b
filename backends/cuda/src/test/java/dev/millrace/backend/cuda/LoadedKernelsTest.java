/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A model loads the kernels of its passes before the first one, and no others; each kernel that the bundle has is one that some model loads. */
class LoadedKernelsTest {

    private static final Path BUNDLED = Path.of("src", "main", "resources", "kernels");
    private static final long LARGE = 24L << 30;
    private Faults faults;
    private CudaBackend backend;

    @BeforeEach
    void largeDevice() {
        faults = new Faults();
        faults.memory(LARGE);
        backend = Emulated.backend();
    }

    @AfterEach
    void asBefore() {
        faults.memory(Faults.MEMORY);
    }

    private Executor load(Blueprint model, Precision precision, KeyValueType kept) {
        return backend.load(model, backend.devices().getFirst(),
                LoadOptions.of(64).withPrecision(precision).withKeyValues(kept), Progress.NONE);
    }

    @Test
    void eachKernelIsLoadedBySomeModel() throws IOException {
        faults.kernels();
        for (Precision precision : Precision.values()) {
            for (TensorType type : TensorType.values()) {
                load(SmallModels.ofAllMatrices(type), precision, KeyValueType.F16).close();
            }
            for (KeyValueType kept : List.of(KeyValueType.F32, KeyValueType.F16, KeyValueType.Q8)) {
                for (int size : new int[]{16, 32, 64, 128, 24, 136}) {
                    load(SmallModels.ofAttention(size, 4, 0, 0), precision, kept).close();
                }
            }
            load(SmallModels.ofAllKernels(), precision, KeyValueType.F16).close();
            load(SmallModels.ofWideStream(), precision, KeyValueType.F16).close();
        }
        assertEquals(bundled(), faults.kernels());
    }

    private static Set<String> bundled() throws IOException {
        try (Stream<Path> files = Files.list(BUNDLED)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".ptx"))
                    .map(name -> name.substring(0, name.lastIndexOf('.')))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void noPassLoadsAnyMore() {
        for (Precision precision : Precision.values()) {
            try (Executor executor = AllKernels.load(precision)) {
                long loaded = faults.called(Faults.Call.MODULE);
                AllKernels.compute(executor);
                assertEquals(loaded, faults.called(Faults.Call.MODULE), precision.toString());
            }
        }
    }

    @Test
    void aModelLoadsTheKernelsOfItsPrecision() {
        String fast = kernels(Precision.FAST);
        String exact = kernels(Precision.EXACT);
        for (String kernel : List.of("matvec_codes_Q8_0_1", "gated_codes_Q8_0", "conv_codes_Q8_0", "matmul_Q8_0_64_64",
                "flash_tiles_KV_F16_64")) {
            assertTrue(fast.contains(kernel) && !exact.contains(kernel), kernel);
        }
        for (String kernel : List.of("matvec_floats_Q8_0_1", "gated_floats_Q8_0", "conv_floats_Q8_0",
                "attend_KV_F16_64_8")) {
            assertTrue(exact.contains(kernel) && !fast.contains(kernel), kernel);
        }
        for (String never : List.of("KV_Q8", "KV_F32", "Q4_0", "quantise")) {
            assertFalse(fast.contains(never) || exact.contains(never), never);
        }
    }

    private String kernels(Precision precision) {
        faults.kernels();
        load(SmallModels.ofAllMatrices(TensorType.Q8_0), precision, KeyValueType.F16).close();
        return String.join(" ", faults.kernels());
    }
}
