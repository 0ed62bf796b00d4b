/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.json.Json;
import dev.millrace.json.JsonException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where LM Studio keeps models: where its settings say, and where it does so by itself.
 *
 * @param home the user's home folder
 */
record LmStudioFolders(Path home) {

    private static final System.Logger LOG = System.getLogger(LmStudioFolders.class.getName());

    /** All of them; they need not be there. */
    List<Path> all() {
        Set<Path> folders = new LinkedHashSet<>();
        for (Path each : homes()) {
            moved(each.resolve("settings.json")).ifPresent(folders::add);
            folders.add(each.resolve("models"));
        }
        return List.copyOf(folders);
    }

    /** Its own folder, which a file may say was moved. */
    private List<Path> homes() {
        List<Path> homes = new ArrayList<>();
        path(OtherCaches.text(home.resolve(".lmstudio-home-pointer")).strip()).ifPresent(homes::add);
        homes.add(home.resolve(".lmstudio"));
        homes.add(home.resolve(".cache/lm-studio"));
        return homes;
    }

    private static Optional<Path> moved(Path settings) {
        try {
            return Json.parseFile(OtherCaches.text(settings)) instanceof Map<?, ?> map
                    && map.get("downloadsFolder") instanceof String folder ? path(folder) : Optional.empty();
        } catch (JsonException e) {
            LOG.log(System.Logger.Level.DEBUG, "no settings", e);
            return Optional.empty();
        }
    }

    private static Optional<Path> path(String text) {
        try {
            return text.isEmpty() ? Optional.empty() : Optional.of(Path.of(text)).filter(Path::isAbsolute);
        } catch (InvalidPathException e) {
            LOG.log(System.Logger.Level.DEBUG, "no path", e);
            return Optional.empty();
        }
    }
}
