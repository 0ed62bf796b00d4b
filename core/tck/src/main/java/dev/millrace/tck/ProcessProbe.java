/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** What the operating system knows of this process; tests that ask are skipped where it is not Linux. */
final class ProcessProbe {

    /** Seconds that a thread has to end; a test that knows that none will end gives it fewer. */
    static final String PATIENCE = "dev.millrace.tck.patience";

    private static final Path TASKS = Path.of("/proc/self/task");
    private static final Path MEMORY = Path.of("/proc/self/status");
    private static final Path FILES = Path.of("/proc/self/fd");
    private static final Path MAPS = Path.of("/proc/self/maps");
    /** Threads that the virtual machine starts and stops as it likes. */
    private static final List<String> OWN = List.of("C1 ", "C2 ", "GC ", "G1 ", "VM ", "Sweeper", "Signal", "Service",
            "Monitor", "Common-Cleaner", "Notification", "Attach", "JFR", "Reference", "Finalizer");

    private ProcessProbe() {
    }

    /** Ids and names of all threads, those of native libraries too, but not those of the virtual machine. */
    static Map<String, String> threads() throws IOException {
        assumeTrue(Files.isDirectory(TASKS), "no /proc");
        Map<String, String> threads = new HashMap<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(TASKS)) {
            for (Path task : tasks) {
                try {
                    String name = Files.readString(task.resolve("comm")).strip();
                    if (OWN.stream().noneMatch(name::startsWith)) {
                        threads.put(task.getFileName().toString(), name);
                    }
                } catch (NoSuchFileException e) {
                    threads.remove(task.getFileName().toString());
                }
            }
        }
        return threads;
    }

    /** Memory in use by this process, without files that are mapped. */
    static long memory() throws IOException {
        assumeTrue(Files.isRegularFile(MEMORY), "no /proc");
        for (String line : Files.readAllLines(MEMORY)) {
            if (line.startsWith("RssAnon:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException(MEMORY + " has no RssAnon.");
    }

    /** How many files this process has open. */
    static int openFiles() throws IOException {
        assumeTrue(Files.isDirectory(FILES), "no /proc");
        try (Stream<Path> open = Files.list(FILES)) {
            return (int) open.count();
        }
    }

    /** How many parts of the address space are mapped to files in a folder, or to a file. */
    static long mappings(Path path) throws IOException {
        assumeTrue(Files.isRegularFile(MAPS), "no /proc");
        String real = path.toRealPath().toString();
        return Files.readAllLines(MAPS).stream().filter(line -> line.contains(real)).count();
    }

    /** The operating system lists a thread for a moment after Java has joined it, so the list is read until it is gone. */
    static void assertNoMoreThreads(Map<String, String> before) throws IOException {
        long deadline = System.nanoTime() + Duration.ofSeconds(Integer.getInteger(PATIENCE, 10)).toNanos();
        Map<String, String> after;
        do {
            Thread.onSpinWait();
            after = threads();
            after.keySet().removeAll(before.keySet());
        } while (!after.isEmpty() && System.nanoTime() < deadline);
        Map<String, String> left = after;
        assertTrue(left.isEmpty(), () -> "threads stay behind: " + left);
    }
}
