/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Memory of the machine, or of the container if one sets a limit.
 *
 * @param total all of it, in use or not: pages of mapped files give way when memory is short; in bytes
 * @param available what can be had without taking it from programs, in bytes; never more than all
 */
public record Memory(long total, long available) {

    private static final System.Logger LOG = System.getLogger(Memory.class.getName());
    private static final Path ROOT = Path.of("/");
    private static final Pattern CHOSEN = Pattern.compile("\\[(\\w+)]");

    /** Checks the order. */
    public Memory {
        available = Math.min(total, available);
    }

    /**
     * The figures of now. On systems other than Linux all memory counts as available: what Java calls free there leaves out
     * what caches would give back.
     *
     * @return the figures, {@link Long#MAX_VALUE} where nobody says
     */
    public static Memory now() {
        return new Memory(installed(), available(ROOT));
    }

    /**
     * The most physical memory that this process has held at a time.
     *
     * @return bytes; empty on systems other than Linux
     */
    public static OptionalLong peak() {
        return peak(ROOT);
    }

    /**
     * The physical memory that this process holds now.
     *
     * @return bytes; empty on systems other than Linux
     */
    public static OptionalLong resident() {
        return kilobytes(ROOT.resolve("proc/self/status"), "VmRSS:");
    }

    /**
     * Whether memory may come in pages of 2 MB.
     *
     * @return always, madvise or never; empty on systems other than Linux
     */
    public static Optional<String> hugePages() {
        return hugePages(ROOT);
    }

    /**
     * A size, as messages tell it.
     *
     * @param bytes the size
     * @return for example {@code 4.84 GB}, with 10^9 bytes in one
     */
    public static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
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
        long available = kilobytes(root.resolve("proc/meminfo"), "MemAvailable:").orElse(Long.MAX_VALUE);
        for (Path group : new ControlGroups(root).folders("memory")) {
            available = Math.min(available, Math.min(left(group, "memory.max", "memory.current", ""),
                    left(group, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_")));
        }
        return available;
    }

    /** What a control group has left: the limit minus what is in use and no file's page. */
    private static long left(Path group, String limit, String usage, String prefix) {
        if (!Files.isRegularFile(group.resolve(limit)) || !Files.isRegularFile(group.resolve(usage))) {
            return Long.MAX_VALUE;
        }
        long reclaimable = 0;
        for (String line : SystemFiles.lines(group.resolve("memory.stat"))) {
            if (line.startsWith(prefix + "active_file ") || line.startsWith(prefix + "inactive_file ")) {
                long bytes = number(line.substring(line.indexOf(' ') + 1));
                reclaimable += bytes == Long.MAX_VALUE ? 0 : bytes;
            }
        }
        long used = Math.max(0, number(SystemFiles.line(group.resolve(usage)).orElse("0")) - reclaimable);
        return Math.max(0, number(SystemFiles.line(group.resolve(limit)).orElse("max")) - used);
    }

    static OptionalLong peak(Path root) {
        return kilobytes(root.resolve("proc/self/status"), "VmHWM:");
    }

    static Optional<String> hugePages(Path root) {
        return SystemFiles.line(root.resolve("sys/kernel/mm/transparent_hugepage/enabled")).map(CHOSEN::matcher)
                .filter(Matcher::find).map(found -> found.group(1));
    }

    /** The bytes in a line such as {@code MemAvailable: 1000 kB}. */
    private static OptionalLong kilobytes(Path file, String name) {
        List<String> lines = SystemFiles.lines(file);
        return lines.stream().filter(line -> line.startsWith(name))
                .mapToLong(line -> number(line.substring(name.length()).replace("kB", "")))
                .filter(value -> value < Long.MAX_VALUE / 1024).map(value -> 1024 * value).findFirst();
    }

    /** A number, or the largest if it is none, as in {@code max}. */
    private static long number(String text) {
        return text.strip().matches("[0-9]{1,18}") ? Long.parseLong(text.strip()) : Long.MAX_VALUE;
    }
}
