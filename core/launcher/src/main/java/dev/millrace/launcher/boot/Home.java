/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * The folder of a user for what belongs to the program: bundles in {@code plugins}, and configuration in {@code config}. Both are
 * watched while the program runs.
 *
 * @param folder which is there
 */
record Home(Path folder) {

    private static final String POLL_MILLIS = "1000";

    /**
     * The folder that an environment names: {@code MILLRACE_HOME}, or {@code millrace} in the folder for configuration of the XDG Base
     * Directory Specification.
     *
     * @return empty if it is not there
     * @throws BootException if {@code MILLRACE_HOME} names a folder that is not there, or that cannot be watched
     */
    static Optional<Home> of(Map<String, String> environment, String user) throws BootException {
        String own = environment.getOrDefault("MILLRACE_HOME", "");
        String shared = environment.getOrDefault("XDG_CONFIG_HOME", "");
        try {
            Path folder = !own.isBlank()
                    ? Path.of(own)
                    : (shared.isBlank() ? Path.of(user.isBlank() ? "/nonexistent" : user, ".config") : Path.of(shared))
                            .resolve("millrace");
            boolean there = Files.isDirectory(folder);
            if (!there && !own.isBlank()) {
                throw new BootException("MILLRACE_HOME names " + folder + ", which is no folder: make it, with the"
                        + " folders plugins and config in it.");
            }
            // the watcher splits its list of folders there, and fills in what stands in braces
            if (there && folder.toString().matches(".*[,{}].*")) {
                throw new BootException("The folder " + folder + " cannot be watched, since its name has a comma or"
                        + " braces: set MILLRACE_HOME to another.");
            }
            return there ? Optional.of(new Home(folder.toAbsolutePath().normalize())) : Optional.empty();
        } catch (InvalidPathException e) {
            throw new BootException("MILLRACE_HOME is no path: " + e.getMessage() + ".", e);
        }
    }

    /** The folder of bundles. */
    Path plugins() {
        return folder.resolve("plugins");
    }

    /** What the watcher of folders is told. It says nothing itself, for it would say it on standard output. */
    Map<String, String> watched(Path storage) {
        return Map.of("felix.fileinstall.dir", plugins() + "," + folder.resolve("config"), "felix.fileinstall.poll",
                POLL_MILLIS, "felix.fileinstall.noInitialDelay", "true", "felix.fileinstall.log.level", "0",
                "felix.fileinstall.tmpdir", storage.resolve("fileinstall").toString(),
                "felix.fileinstall.bundles.startTransient", "true", "felix.fileinstall.enableConfigSave", "false",
                "felix.fileinstall.disableNio2", "true");
    }
}
