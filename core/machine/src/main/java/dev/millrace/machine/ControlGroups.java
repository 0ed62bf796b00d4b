/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The control groups that this process is in: with them Linux limits containers and services.
 *
 * <p>
 * Source: the kernel's documentation of control groups, versions 1 and 2; {@code man 7 cgroups} for the files in /proc.
 */
final class ControlGroups {

    private final Path root;

    /**
     * Control groups of a system.
     *
     * @param root of its file system
     */
    ControlGroups(Path root) {
        this.root = root;
    }

    /**
     * Folders that may hold limits, from the process's own group outwards. Names of the files in them differ between the
     * versions; a system may have both.
     *
     * @param controller such as memory or cpu
     * @return empty where there are no control groups
     */
    List<Path> folders(String controller) {
        Path unified = root.resolve("sys/fs/cgroup");
        List<Path> folders = new ArrayList<>();
        for (String line : SystemFiles.lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3); // number, controllers, path
            if (parts.length == 3 && parts[1].isEmpty()) {
                add(unified, parts[2], folders);
            } else if (parts.length == 3 && List.of(parts[1].split(",")).contains(controller)) {
                add(unified.resolve(controller), parts[2], folders);
            }
        }
        return folders;
    }

    private static void add(Path mount, String group, List<Path> folders) {
        @Nullable
        Path folder = mount.resolve(group.replaceFirst("^/+", "")).normalize();
        if (!folder.startsWith(mount) || !Files.isDirectory(folder)) {
            folder = mount; // inside a container the path of the host may not be visible
        }
        for (; folder != null && folder.startsWith(mount); folder = folder.getParent()) {
            folders.add(folder);
        }
    }
}
