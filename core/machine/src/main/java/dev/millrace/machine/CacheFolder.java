/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.machine;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;

/**
 * The folder for what can be made again: {@code MILLRACE_CACHE} if that variable is set, else {@code millrace} in
 * {@code XDG_CACHE_HOME}, else {@code .cache/millrace} in the home folder. The home folder is what {@code HOME} says; the
 * system's list of users counts only if that is not set.
 *
 * <p>
 * Source: the XDG Base Directory Specification, by which a relative {@code XDG_CACHE_HOME} counts as not set.
 *
 * @param path the folder, absolute, which may not exist yet and perhaps cannot be made: whoever needs it says so then
 */
public record CacheFolder(Path path) {

    private static final System.Logger LOG = System.getLogger(CacheFolder.class.getName());

    /** For users without a home, as their entry in the list of users says it: there is no such folder. */
    private static final Path NOWHERE = Path.of("/nonexistent/.cache/millrace").toAbsolutePath();

    /**
     * The folder of the user who runs this process.
     *
     * @return as environment and home folder say
     */
    public static CacheFolder ofUser() {
        return of(System.getenv(), System.getProperty("user.home", ""));
    }

    /**
     * The folder that an environment names.
     *
     * @param environment the environment variables
     * @param listed the home folder in the system's list of users; {@code ?} or blank if there is none
     */
    static CacheFolder of(Map<String, String> environment, String listed) {
        try {
            return new CacheFolder(named(environment, listed).toAbsolutePath());
        } catch (InvalidPathException e) {
            LOG.log(System.Logger.Level.WARNING, "The cache folder has a name that cannot be a path here, so nothing is"
                    + " kept: set MILLRACE_CACHE to another, or LC_ALL to a locale of UTF-8.", e);
            return new CacheFolder(NOWHERE);
        }
    }

    private static Path named(Map<String, String> environment, String listed) {
        String own = environment.getOrDefault("MILLRACE_CACHE", "");
        if (!own.isBlank()) {
            return Path.of(own);
        }
        String shared = environment.getOrDefault("XDG_CACHE_HOME", "");
        if (!shared.isBlank() && Path.of(shared).isAbsolute()) {
            return Path.of(shared, "millrace");
        }
        String home = environment.getOrDefault("HOME", "");
        if (home.isBlank()) {
            home = listed;
        }
        return home.isBlank() || home.equals("?") ? NOWHERE : Path.of(home, ".cache", "millrace");
    }
}
