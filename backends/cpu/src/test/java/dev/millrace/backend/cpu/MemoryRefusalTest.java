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

    private final MemoryNeeds needs = MemoryNeeds.of(MODEL, OPTIONS, new ScalarKernels().lanes());

    private static Fit fit(PackedFolder folder, long total, long available, LoadOptions options) {
        CpuBackend backend = new CpuBackend(folder, () -> new MachineMemory(total, available));
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
                () -> new MachineMemory(Long.MAX_VALUE, needs.total() - 1));
        BackendException refused = assertThrows(BackendException.class,
                () -> backend.load(MODEL, backend.devices().getLast(), OPTIONS, Progress.NONE));
        assertTrue(refused.getMessage().contains("are available"), refused.getMessage());
    }

    @Test
    void readsWhatLinuxSays(@TempDir Path root) throws IOException {
        assertEquals(Long.MAX_VALUE, MachineMemory.available(root));
        write(root, "proc/meminfo", "MemTotal: 2000000 kB\nMemFree: 10 kB\nMemAvailable:  1000000 kB\n");
        assertEquals(1_024_000_000, MachineMemory.available(root));
        write(root, "proc/self/cgroup", "0::/gateway/millrace\n");
        write(root, "sys/fs/cgroup/gateway/millrace/memory.max", "max\n");
        write(root, "sys/fs/cgroup/gateway/millrace/memory.current", "700000000\n");
        assertEquals(1_024_000_000, MachineMemory.available(root));
        write(root, "sys/fs/cgroup/gateway/memory.max", "800000000\n");
        write(root, "sys/fs/cgroup/gateway/memory.current", "750000000\n");
        write(root, "sys/fs/cgroup/gateway/memory.stat",
                "anon 100000000\nfile 600000000\ninactive_file 500000000\nactive_file 50000000\n");
        assertEquals(600_000_000, MachineMemory.available(root));
    }

    @Test
    void readsOlderControlGroups(@TempDir Path root) throws IOException {
        write(root, "proc/self/cgroup", "7:cpu,cpuacct:/\n4:memory:/docker/abc\n");
        write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "500000000\n");
        write(root, "sys/fs/cgroup/memory/memory.usage_in_bytes", "300000000\n");
        write(root, "sys/fs/cgroup/memory/memory.stat",
                "active_file 1\ntotal_inactive_file 100000000\ntotal_active_file 50000000\n");
        assertEquals(350_000_000, MachineMemory.available(root));
    }

    private static void write(Path root, String file, String text) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }
}
