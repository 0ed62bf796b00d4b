/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Memory of the machine, or of the container if one sets a limit.
 *
 * @param total all of it, in use or not: pages of mapped files give way when memory is short
 * @param available what can be had without taking it from programs; never more than all
 */
record MachineMemory(long total, long available) {

    private static final System.Logger LOG = System.getLogger(MachineMemory.class.getName());

    /** Checks the order. */
    MachineMemory {
        available = Math.min(total, available);
    }

    /**
     * The figures of now, {@link Long#MAX_VALUE} where nobody says. On systems other than Linux all memory counts as available:
     * what Java calls free there leaves out what caches would give back.
     */
    static MachineMemory now() {
        return new MachineMemory(installed(), available(Path.of("/")));
    }

    private static long installed() {
        try {
            if (ManagementFactory.getOperatingSystemMXBean() instanceof OperatingSystemMXBean system
                    && system.getTotalMemorySize() > 0) {
                return system.getTotalMemorySize();
            }
        } catch (NoClassDefFoundError e) {
            // a Java runtime without the module jdk.management
            LOG.log(System.Logger.Level.DEBUG, "no memory figures", e);
        }
        return Long.MAX_VALUE;
    }

    /**
     * Memory that a Linux system and the control groups of this process have left.
     *
     * @param root of the file system
     */
    static long available(Path root) {
        long available = Long.MAX_VALUE;
        for (String line : lines(root.resolve("proc/meminfo"))) {
            if (line.startsWith("MemAvailable:")) {
                available = 1024 * number(line.replaceAll("\\D", ""));
            }
        }
        Path unified = root.resolve("sys/fs/cgroup");
        Path separate = unified.resolve("memory");
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3); // number, controllers, path
            if (parts.length == 3 && parts[1].isEmpty()) {
                available = Math.min(available, left(unified, parts[2], "memory.max", "memory.current", ""));
            } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
                available = Math.min(available,
                        left(separate, parts[2], "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"));
            }
        }
        return available;
    }

    /** What a control group and those above it have left: the least of limit minus what is in use and no file's page. */
    private static long left(Path mount, String group, String limit, String usage, String prefix) {
        long left = Long.MAX_VALUE;
        @Nullable
        Path folder = mount.resolve(group.substring(1)).normalize();
        if (!folder.startsWith(mount) || !Files.isDirectory(folder)) {
            folder = mount; // inside a container the path of the host may not be visible
        }
        for (; folder != null && folder.startsWith(mount); folder = folder.getParent()) {
            List<String> most = lines(folder.resolve(limit));
            List<String> used = lines(folder.resolve(usage));
            if (most.size() == 1 && used.size() == 1) {
                long reclaimable = 0;
                for (String line : lines(folder.resolve("memory.stat"))) {
                    if (line.startsWith(prefix + "active_file ") || line.startsWith(prefix + "inactive_file ")) {
                        reclaimable += number(line.substring(line.indexOf(' ') + 1));
                    }
                }
                long own = number(most.getFirst()) - Math.max(0, number(used.getFirst()) - reclaimable);
                left = Math.min(left, Math.max(0, own));
            }
        }
        return left;
    }

    /** A number, or the largest if it is none, as in {@code max}. */
    private static long number(String text) {
        return text.strip().matches("\\d{1,18}") ? Long.parseLong(text.strip()) : Long.MAX_VALUE;
    }

    private static List<String> lines(Path file) {
        if (!Files.isReadable(file)) {
            return List.of();
        }
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "no memory figures", e);
            return List.of();
        }
    }
}
