/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import java.nio.file.Path;
import java.util.Map;

/**
 * The folder for what can be made again: {@code MILLRACE_CACHE} if that variable is set, else {@code millrace} in
 * {@code XDG_CACHE_HOME} or {@code ~/.cache}.
 *
 * @param path the folder, which may not exist yet
 */
public record CacheFolder(Path path) {

    /**
     * The folder of the user who runs this process.
     *
     * @return as environment and home folder say
     * @throws java.nio.file.InvalidPathException if they name what cannot be a path
     */
    public static CacheFolder ofUser() {
        return of(System.getenv(), System.getProperty("user.home", ""));
    }

    /**
     * The folder that an environment names.
     *
     * @param environment the environment variables
     * @param home the home folder
     */
    static CacheFolder of(Map<String, String> environment, String home) {
        String own = environment.getOrDefault("MILLRACE_CACHE", "");
        if (!own.isBlank()) {
            return new CacheFolder(Path.of(own));
        }
        String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
        return new CacheFolder(shared.isBlank() ? Path.of(home, ".cache", "millrace") : Path.of(shared, "millrace"));
    }
}
