/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.Precision;
import dev.millrace.api.Progress;
import dev.millrace.backend.cpu.kernels.scalar.ScalarKernels;
import dev.millrace.backend.cpu.weights.PackedFolder;
import dev.millrace.machine.Memory;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that do not fit are refused before anything is loaded. */
class MemoryRefusalTest {

    private static final Blueprint MODEL = RandomModel.of(TensorType.Q8_0);
    private static final LoadOptions OPTIONS = LoadOptions.of(4096).withThreads(1).withPrecision(Precision.EXACT);
    private static final PackedFolder OFF = new PackedFolder(null, 0, 0);

    private final MemoryNeeds needs = MemoryNeeds.of(MODEL, OPTIONS, new ScalarKernels());

    private static Fit fit(PackedFolder folder, long total, long available, LoadOptions options) {
        CpuBackend backend = new CpuBackend(folder, () -> new Memory(total, available));
        return backend.fit(MODEL, backend.devices().getLast(), options);
    }

    @Test
    void weightsInMemoryMustBeAvailable() {
        assertInstanceOf(Fit.Good.class, fit(OFF, Long.MAX_VALUE, needs.total(), OPTIONS));
        String reason = assertInstanceOf(Fit.Refused.class, fit(OFF, Long.MAX_VALUE, needs.total() - 1, OPTIONS))
                .reason();
        assertTrue(reason.contains("are available"), reason);
    }

    @Test
    void mappedWeightsMustFitAllMemoryOnly(@TempDir Path temporary) {
        PackedFolder folder = new PackedFolder(temporary, 0, 0);
        long others = needs.keyValues() + needs.scratch();
        assertInstanceOf(Fit.Good.class, fit(folder, needs.total(), others, OPTIONS));
        assertInstanceOf(Fit.Refused.class, fit(folder, needs.total(), others - 1, OPTIONS));
        String reason = assertInstanceOf(Fit.Refused.class, fit(folder, needs.total() - 1, others, OPTIONS)).reason();
        assertTrue(reason.contains("there are only"), reason);
    }

    @Test
    void theContextThatItNamesFits() {
        long available = needs.total() - needs.keyValues() / 3;
        String reason = assertInstanceOf(Fit.Refused.class, fit(OFF, available, available, OPTIONS)).reason();
        Matcher context = Pattern.compile("with a context of (\\d+) tokens it would fit\\.").matcher(reason);
        assertTrue(context.find(), reason);
        int fitting = Integer.parseInt(context.group(1));
        assertTrue(fitting > 1024 && fitting < 4096, reason);
        assertInstanceOf(Fit.Good.class,
                fit(OFF, available, available, LoadOptions.of(fitting).withThreads(1).withPrecision(Precision.EXACT)));
    }

    @Test
    void namesAnotherModelWhereNoContextFits() {
        String reason = assertInstanceOf(Fit.Refused.class,
                fit(OFF, Long.MAX_VALUE, needs.weights() / 2, OPTIONS)).reason();
        assertTrue(reason.contains("quantised further"), reason);
    }

    @Test
    void weightsThatCannotBeKeptMustBeAvailableAfterAll(@TempDir Path temporary) throws IOException {
        Path file = Files.createFile(temporary.resolve("no folder"));
        CpuBackend backend = new CpuBackend(new PackedFolder(file, 0, 0),
                () -> new Memory(Long.MAX_VALUE, needs.total() - 1));
        BackendException refused = assertThrows(BackendException.class,
                () -> backend.load(MODEL, backend.devices().getLast(), OPTIONS, Progress.NONE));
        assertTrue(refused.getMessage().contains("are available"), refused.getMessage());
    }
}
