/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What Linux tells of itself in files. Everything is empty on other systems, and where a file is absent or not understood: these
 * are hints for people.
 */
final class LinuxHost {

    private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");
    private static final Pattern RANGE = Pattern.compile("(\\d+)(?:-(\\d+))?");

    private final Path root;

    /**
     * Looks below a folder.
     *
     * @param root {@code /}, or what a test takes for it
     */
    LinuxHost(Path root) {
        this.root = root;
    }

    /** Processors that the host has switched on, whatever of them this process may use. */
    OptionalInt processors() {
        Optional<String> online = line("sys/devices/system/cpu/online");
        if (online.isEmpty()) {
            return OptionalInt.empty();
        }
        int count = 0;
        Matcher ranges = RANGE.matcher(online.get());
        while (ranges.find()) {
            int first = Integer.parseInt(ranges.group(1));
            count += ranges.group(2) == null ? 1 : Integer.parseInt(ranges.group(2)) - first + 1;
        }
        return count > 0 ? OptionalInt.of(count) : OptionalInt.empty();
    }

    /**
     * The limit of processor time of this process's control group and those around it (cgroup v2 {@code cpu.max}, v1
     * {@code cpu.cfs_quota_us}).
     *
     * @return processors, perhaps not a whole number; empty if there is no limit
     */
    OptionalDouble processorLimit() {
        double limit = Double.POSITIVE_INFINITY;
        for (String entry : lines("proc/self/cgroup")) {
            String[] parts = entry.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            if (parts[1].isEmpty()) {
                limit = Math.min(limit, limit(root.resolve("sys/fs/cgroup"), parts[2]));
            } else if (List.of(parts[1].split(",")).contains("cpu")) {
                limit = Math.min(limit, limit(root.resolve("sys/fs/cgroup/cpu"), parts[2]));
            }
        }
        return Double.isInfinite(limit) ? OptionalDouble.empty() : OptionalDouble.of(limit);
    }

    /** The smallest limit of a group and those that it lies in; in a container the group may be the mount itself. */
    private double limit(Path mount, String group) {
        double limit = Double.POSITIVE_INFINITY;
        Path folder = mount.resolve(group.replaceFirst("^/+", "")).normalize();
        while (folder != null && folder.startsWith(mount)) {
            String max = line(folder.resolve("cpu.max")).orElseGet(() -> oldStyle(mount, group));
            String[] parts = max.split(" ", 3);
            if (parts.length == 2 && parts[0].matches("\\d{1,15}") && parts[1].matches("0*[1-9]\\d{0,14}")) {
                limit = Math.min(limit, Double.parseDouble(parts[0]) / Double.parseDouble(parts[1]));
            }
            folder = folder.getParent();
        }
        return limit;
    }

    private String oldStyle(Path mount, String group) {
        Path own = mount.resolve(group.replaceFirst("^/+", "")).normalize();
        Path folder = Files.exists(own.resolve("cpu.cfs_quota_us")) ? own : mount;
        // -1 means no limit
        return line(folder.resolve("cpu.cfs_quota_us")).orElse("max") + " "
                + line(folder.resolve("cpu.cfs_period_us")).orElse("0");
    }

    /**
     * Whether memory may come in pages of 2 MB.
     *
     * @return always, madvise or never
     */
    Optional<String> hugePages() {
        return line("sys/kernel/mm/transparent_hugepage/enabled").map(CHOSEN::matcher).filter(Matcher::find)
                .map(found -> found.group(1));
    }

    private Optional<String> line(String file) {
        return line(root.resolve(file));
    }

    private static Optional<String> line(Path file) {
        return lines(file).stream().findFirst();
    }

    private List<String> lines(String file) {
        return lines(root.resolve(file));
    }

    private static List<String> lines(Path file) {
        try {
            return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            return List.of(); // as if it were not there
        }
    }
}
