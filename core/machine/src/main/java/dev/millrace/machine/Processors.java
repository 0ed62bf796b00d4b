/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The processors that this process may use, and how many threads should compute on them: one a core, since hyperthreads share
 * what computes. Cores are known on Linux; elsewhere, and where its files are absent or not understood, every processor counts
 * as a core.
 */
public final class Processors {

    private static final Pattern RANGE = Pattern.compile("([0-9]{1,6})(?:-([0-9]{1,6}))?");
    /** Time that may be used in a period; without a limit the first is a word or negative. */
    private static final Pattern TIME = Pattern.compile("([0-9]{1,15}) (0*[1-9][0-9]{0,14})");
    /** Linux has fewer. */
    private static final int MOST = 1 << 16;
    private static final String ALLOWED = "Cpus_allowed_list:";

    private final Path root;
    private final int available;

    /**
     * Processors of a system.
     *
     * @param root {@code /}, or what a test takes for it
     * @param available processors as Java counts them, limits of a container included
     */
    Processors(Path root, int available) {
        this.root = root;
        this.available = available;
    }

    /**
     * Processors of this process, as they are now.
     *
     * @return its processors
     */
    public static Processors here() {
        return new Processors(Path.of("/"), Runtime.getRuntime().availableProcessors());
    }

    /**
     * Processors as Java counts them, limits of a container included.
     *
     * @return 1 or more
     */
    public int available() {
        return available;
    }

    /**
     * Cores that this process may use, as far as the time that a container has suffices for them.
     *
     * @return from 1 to {@link #available}
     */
    public int cores() {
        int cores = countedCores();
        return cores > 0 ? Math.min(cores, available) : available;
    }

    /**
     * Threads that compute.
     *
     * @param asked how many the user wants, or 0 for what suits the machine
     * @return as many as asked for, or one a core
     */
    public int threads(int asked) {
        return asked > 0 ? asked : cores();
    }

    /**
     * Processors that the machine has switched on, whatever of them this process may use.
     *
     * @return their number; empty where the machine does not say
     */
    public OptionalInt online() {
        int count = list(SystemFiles.lines(root.resolve("sys/devices/system/cpu/online"))).size();
        return count > 0 ? OptionalInt.of(count) : OptionalInt.empty();
    }

    /**
     * The limit of processor time that a container or service sets: the smallest of this process's control group and those
     * around it.
     *
     * @return processors, perhaps not a whole number; empty if there is no limit
     */
    public OptionalDouble timeLimit() {
        return new ControlGroups(root).folders("cpu").stream().flatMap(group -> Stream.of(
                SystemFiles.line(group.resolve("cpu.max")).orElse(""),
                SystemFiles.line(group.resolve("cpu.cfs_quota_us")).orElse("") + " "
                        + SystemFiles.line(group.resolve("cpu.cfs_period_us")).orElse("")))
                .map(TIME::matcher).filter(Matcher::matches)
                .mapToDouble(time -> Double.parseDouble(time.group(1)) / Double.parseDouble(time.group(2))).min();
    }

    /** Cores with a processor that is switched on and allowed, or 0 if that is not known. */
    private int countedCores() {
        Set<Set<Integer>> cores = new HashSet<>();
        for (int processor : allowed()) {
            Path topology = root.resolve("sys/devices/system/cpu/cpu" + processor + "/topology");
            if (!Files.isDirectory(topology)) {
                continue; // it is switched off
            }
            Set<Integer> siblings = list(SystemFiles.lines(topology.resolve("core_cpus_list")));
            if (siblings.isEmpty()) {
                siblings = list(SystemFiles.lines(topology.resolve("thread_siblings_list")));
            }
            if (!siblings.contains(processor)) {
                return 0;
            }
            cores.add(siblings);
        }
        return cores.size();
    }

    private Set<Integer> allowed() {
        List<String> lists = SystemFiles.lines(root.resolve("proc/self/status")).stream()
                .filter(line -> line.startsWith(ALLOWED))
                .map(line -> line.substring(ALLOWED.length())).toList();
        return list(lists);
    }

    /** Reads the one line of a list such as {@code 0-3,8}; empty if it is none. */
    private static Set<Integer> list(List<String> lines) {
        Set<Integer> numbers = new TreeSet<>();
        for (String part : lines.size() == 1 ? lines.getFirst().strip().split(",", -1) : new String[0]) {
            Matcher range = RANGE.matcher(part);
            if (!range.matches()) {
                return Set.of();
            }
            int first = Integer.parseInt(range.group(1));
            int last = range.group(2) == null ? first : Integer.parseInt(range.group(2));
            if (last < first || last >= MOST) {
                return Set.of();
            }
            for (int number = first; number <= last; number++) {
                numbers.add(number);
            }
        }
        return numbers;
    }
}
