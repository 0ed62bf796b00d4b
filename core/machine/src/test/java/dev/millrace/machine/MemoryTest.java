/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory of machines and containers as Linux describes them. */
class MemoryTest {

    @TempDir
    Path root;

    private void file(String name, String text) throws IOException {
        Path path = root.resolve(name);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
    }

    private long available() {
        return Memory.available(root);
    }

    @Test
    void whereNobodySaysThereIsNoLimit() {
        assertEquals(Long.MAX_VALUE, available());
        assertEquals(OptionalLong.empty(), Memory.peak(root));
        assertEquals(Optional.empty(), Memory.hugePages(root));
    }

    @Test
    void theTightestOfMachineAndGroupsHolds() throws IOException {
        file("proc/meminfo", "MemTotal: 2000000 kB\nMemFree: 10 kB\nMemAvailable:  1000000 kB\n");
        assertEquals(1_024_000_000, available());
        file("proc/self/cgroup", "0::/gateway/millrace\n");
        file("sys/fs/cgroup/gateway/millrace/memory.max", "max\n");
        file("sys/fs/cgroup/gateway/millrace/memory.current", "700000000\n");
        assertEquals(1_024_000_000, available());
        file("sys/fs/cgroup/gateway/memory.max", "800000000\n");
        file("sys/fs/cgroup/gateway/memory.current", "750000000\n");
        file("sys/fs/cgroup/gateway/memory.stat",
                "anon 100000000\nfile 600000000\ninactive_file 500000000\nactive_file 50000000\n");
        assertEquals(600_000_000, available());
    }

    @Test
    void groupsOfTheOldKindAreUnderstood() throws IOException {
        file("proc/self/cgroup", "7:cpu,cpuacct:/\n4:memory:/docker/abc\n");
        file("sys/fs/cgroup/memory/memory.limit_in_bytes", "500000000\n");
        file("sys/fs/cgroup/memory/memory.usage_in_bytes", "300000000\n");
        file("sys/fs/cgroup/memory/memory.stat",
                "active_file 1\ntotal_inactive_file 100000000\ntotal_active_file 50000000\n");
        assertEquals(350_000_000, available());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "max", "-1", "many", "9223372036854771712", "99999999999999999999", "\u0663\u0663"})
    void whatIsNoLimitIsNone(String limit) throws IOException {
        file("proc/meminfo", "MemAvailable: 1000 kB\n");
        file("proc/self/cgroup", "0::/../../x\nnonsense\n0::\n0::/\n");
        file("sys/fs/cgroup/memory.max", limit);
        file("sys/fs/cgroup/memory.current", "700\n");
        assertEquals(1_024_000, available());
        file("proc/meminfo", "MemAvailable: " + limit + " kB\nVmHWM:\n");
        file("proc/self/status", "VmHWM: " + limit + " kB\n");
        file("sys/fs/cgroup/memory.max", "1000");
        assertEquals(300, available());
        assertEquals(OptionalLong.empty(), Memory.peak(root));
    }

    @Test
    void statisticsThatAreNoNumbersGiveNothingBack() throws IOException {
        file("proc/self/cgroup", "0::/\n");
        file("sys/fs/cgroup/memory.max", "1000");
        file("sys/fs/cgroup/memory.current", "700");
        file("sys/fs/cgroup/memory.stat", "active_file many\ninactive_file 99999999999999999999\n");
        assertEquals(300, available());
    }

    @Test
    void theMostHeldIsRead() throws IOException {
        file("proc/self/status", "Name:\tjava\nVmPeak:\t 900 kB\nVmHWM:\t  800 kB\n");
        assertEquals(OptionalLong.of(819_200), Memory.peak(root));
    }

    @Test
    void theChoiceOfPagesStandsInBrackets() throws IOException {
        file("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
        assertEquals(Optional.of("never"), Memory.hugePages(root));
    }

    @Test
    void thisMachineHasMemory() {
        Memory now = Memory.now();
        assertTrue(now.total() > 0 && now.available() > 0 && now.available() <= now.total(), now::toString);
    }
}
