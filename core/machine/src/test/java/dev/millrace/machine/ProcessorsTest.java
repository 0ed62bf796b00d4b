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
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Cores of machines as Linux describes them. */
class ProcessorsTest {

    @TempDir
    Path root;

    private void file(String name, String content) throws IOException {
        Path file = root.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content + "\n");
    }

    private void allowed(String list) throws IOException {
        file("proc/self/status", "Name:\tjava\nCpus_allowed:\tff\nCpus_allowed_list:\t" + list
                + "\nMems_allowed_list:\t0");
    }

    private void siblings(int processor, String list) throws IOException {
        file("sys/devices/system/cpu/cpu" + processor + "/topology/core_cpus_list", list);
    }

    /** Eight processors, of which 0 and 4, 1 and 5, and so on are hyperthreads of a core. */
    private void hyperthreads() throws IOException {
        for (int i = 0; i < 8; i++) {
            siblings(i, i % 4 + "," + (i % 4 + 4));
        }
    }

    private int cores(int available) {
        return new Processors(root, available).cores();
    }

    @Test
    void hyperthreadsCountOnce() throws IOException {
        hyperthreads();
        allowed("0-7");
        assertEquals(4, cores(8));
        assertEquals(4, new Processors(root, 8).threads(0));
        assertEquals(7, new Processors(root, 8).threads(7));
        assertEquals(8, new Processors(root, 8).available());
    }

    @Test
    void coresOfBothKindsCount() throws IOException {
        siblings(0, "0-1");
        siblings(1, "0-1");
        siblings(2, "2");
        siblings(3, "3");
        allowed("0-3");
        assertEquals(3, cores(4));
    }

    @Test
    void onlyProcessorsThatMayBeUsedCount() throws IOException {
        hyperthreads();
        allowed("0,4");
        assertEquals(1, cores(2));
        allowed("0-1");
        assertEquals(2, cores(2));
        allowed("2-3,6");
        assertEquals(2, cores(3));
    }

    @Test
    void theTimeOfAContainerLimits() throws IOException {
        hyperthreads();
        allowed("0-7");
        assertEquals(3, cores(3));
        assertEquals(1, cores(1));
    }

    @Test
    void whatIsSwitchedOffDoesNotCount() throws IOException {
        siblings(0, "0");
        siblings(2, "2");
        file("sys/devices/system/cpu/cpu1/online", "0");
        allowed("0-127");
        assertEquals(2, cores(2));
    }

    @Test
    void olderKernelsNameSiblingsOtherwise() throws IOException {
        file("sys/devices/system/cpu/cpu0/topology/thread_siblings_list", "0-1");
        file("sys/devices/system/cpu/cpu1/topology/thread_siblings_list", "0-1");
        allowed("0-1");
        assertEquals(1, cores(2));
    }

    @Test
    void whereThereAreNoSuchFilesEveryProcessorCounts() throws IOException {
        assertEquals(6, cores(6));
        allowed("0-5");
        assertEquals(6, cores(6));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "0-", "-1", "3-0", "0,,1", "0-99999999999", "0-999999", "0 1", "7", "\u0000"})
    void whatIsNotUnderstoodIsPassedOver(String nonsense) throws IOException {
        hyperthreads();
        allowed(nonsense.equals("7") ? "0-" : nonsense);
        assertEquals(8, cores(8), "allowed");
        allowed("0-7");
        siblings(3, nonsense);
        assertEquals(8, cores(8), "siblings");
    }

    @Test
    void foldersAndBytesInPlaceOfTextDoNoHarm() throws IOException {
        hyperthreads();
        Files.createDirectories(root.resolve("proc/self/status"));
        assertEquals(8, cores(8));
        Files.delete(root.resolve("proc/self/status"));
        Files.write(root.resolve("proc/self/status"), new byte[]{(byte) 0xff, (byte) 0xfe, 0});
        assertEquals(8, cores(8));
    }

    @Test
    void whereThereAreNoSuchFilesTheMachineDoesNotSay() {
        assertEquals(OptionalInt.empty(), new Processors(root, 1).online());
        assertEquals(OptionalDouble.empty(), new Processors(root, 1).timeLimit());
    }

    @ParameterizedTest
    @CsvSource({"0, 1", "0-7, 8", "'0-3,8-11', 8", "'0,2', 2"})
    void processorsOfTheMachineAreCounted(String online, int count) throws IOException {
        file("sys/devices/system/cpu/online", online);
        assertEquals(OptionalInt.of(count), new Processors(root, 1).online());
    }

    @Test
    void theTightestLimitOfAllGroupsAroundHolds() throws IOException {
        file("proc/self/cgroup", "0::/machine/container");
        file("sys/fs/cgroup/machine/cpu.max", "150000 100000");
        file("sys/fs/cgroup/machine/container/cpu.max", "400000 100000");
        assertEquals(OptionalDouble.of(1.5), new Processors(root, 4).timeLimit());
    }

    @Test
    void inAContainerTheGroupIsTheMount() throws IOException {
        file("proc/self/cgroup", "0::/docker/of/the/host");
        file("sys/fs/cgroup/cpu.max", "200000 100000");
        assertEquals(OptionalDouble.of(2), new Processors(root, 4).timeLimit());
    }

    @Test
    void groupsOfTheOldKindAreUnderstood() throws IOException {
        file("proc/self/cgroup", "4:memory:/a\n3:cpu,cpuacct:/docker/1234");
        file("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000");
        file("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000");
        assertEquals(OptionalDouble.of(0.5), new Processors(root, 4).timeLimit());
    }

    @ParameterizedTest
    @ValueSource(strings = {"max 100000", "-1 100000", "100000 0", "100000", "", "many few",
            "99999999999999999999999 100000"})
    void whatIsNoLimitIsNone(String max) throws IOException {
        file("proc/self/cgroup", "0::/../../x\nnonsense\n0::/\n");
        file("sys/fs/cgroup/cpu.max", max);
        assertEquals(OptionalDouble.empty(), new Processors(root, 4).timeLimit());
    }

    @Test
    void thisMachineHasCores() {
        Processors here = Processors.here();
        assertEquals(Runtime.getRuntime().availableProcessors(), here.available());
        assertTrue(here.cores() >= 1 && here.cores() <= here.available(), () -> "" + here.cores());
    }
}
