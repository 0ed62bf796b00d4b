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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
    void thisMachineHasCores() {
        Processors here = Processors.here();
        assertEquals(Runtime.getRuntime().availableProcessors(), here.available());
        assertTrue(here.cores() >= 1 && here.cores() <= here.available(), () -> "" + here.cores());
    }
}
