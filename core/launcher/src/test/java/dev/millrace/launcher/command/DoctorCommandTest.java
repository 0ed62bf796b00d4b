/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.spi.backend.KernelSpeed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the doctor makes of what it finds: a host as its files describe it, and speeds of kernels. */
final class DoctorCommandTest {

    @TempDir
    Path root;

    private void file(String name, String content) throws Exception {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content + "\n");
    }

    private LinuxHost host() {
        return new LinuxHost(root);
    }

    @Test
    void whereThereAreNoSuchFilesNothingIsSaid() {
        assertEquals(OptionalInt.empty(), host().processors());
        assertEquals(OptionalDouble.empty(), host().processorLimit());
        assertEquals(Optional.empty(), host().hugePages());
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0-7, 8", "'0-3,8-11', 8", "'0,2', 2"})
    void processorsAreCounted(String online, int count) throws Exception {
        file("sys/devices/system/cpu/online", online);
        assertEquals(OptionalInt.of(count), host().processors());
    }

    @Test
    void theTightestLimitOfAllGroupsAroundHolds() throws Exception {
        file("proc/self/cgroup", "0::/machine/container");
        file("sys/fs/cgroup/machine/cpu.max", "150000 100000");
        file("sys/fs/cgroup/machine/container/cpu.max", "400000 100000");
        assertEquals(OptionalDouble.of(1.5), host().processorLimit());
    }

    @Test
    void inAContainerTheGroupIsTheMount() throws Exception {
        file("proc/self/cgroup", "0::/");
        file("sys/fs/cgroup/cpu.max", "200000 100000");
        assertEquals(OptionalDouble.of(2), host().processorLimit());
    }

    @Test
    void groupsOfTheOldKindAreUnderstood() throws Exception {
        file("proc/self/cgroup", "4:memory:/a\n3:cpu,cpuacct:/docker/1234");
        file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000");
        file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
        assertEquals(OptionalDouble.of(0.5), host().processorLimit());
    }

    @ParameterizedTest
    @ValueSource(strings = {"max 100000", "-1 100000", "100000 0", "100000", "", "many few",
            "99999999999999999999999 100000"})
    void whatIsNoLimitIsNone(String max) throws Exception {
        file("proc/self/cgroup", "0::/../../x\nnonsense\n");
        file("sys/fs/cgroup/cpu.max", max);
        file("proc/self/cgroup", "0::/");
        assertEquals(OptionalDouble.empty(), host().processorLimit());
    }

    @Test
    void theChoiceOfPagesStandsInBrackets() throws Exception {
        file("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]");
        assertEquals(Optional.of("never"), host().hugePages());
    }

    private static KernelSpeed speed(String name, double decode, double prefill) {
        return new KernelSpeed(name, decode * 1e9, prefill * 1e9);
    }

    @Test
    void aKernelFarBelowTheOthersIsNamed() {
        List<KernelSpeed> usual = List.of(speed("Q4_0", 20, 90), speed("Q6_K", 8, 60), speed("F32", 30, 70));
        assertEquals(List.of(), DoctorCommand.cliffs(usual));
        assertEquals(List.of("Q8_0", "Q5_K"), DoctorCommand.cliffs(
                List.of(speed("Q4_0", 20, 90), speed("Q8_0", 0.2, 60), speed("Q5_K", 9, 0.6), speed("F32", 30, 70))));
        assertEquals(List.of(), DoctorCommand.cliffs(List.of()));
    }

    @Test
    void bandwidthIsRepeatable() throws Exception {
        double first = Bandwidth.measure(64 << 20, 2);
        double second = Bandwidth.measure(64 << 20, 2);
        // far wider than what it shows on a quiet machine, for tests run beside others
        assertEquals(1, first / second, 0.9);
    }
}
