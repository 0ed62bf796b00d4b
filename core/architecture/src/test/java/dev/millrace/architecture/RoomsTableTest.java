/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of rooms in docs/architecture.md lists every module of the parent pom, and no other. */
class RoomsTableTest {

    private static final Pattern ROW = Pattern
            .compile("(?m)^\\| `((?:core|backends|plugins|samples|archetypes)/[^`]+)` \\|");

    @Test
    void theTableListsEveryModule() throws IOException {
        String page = Files.readString(Rooms.ROOT.resolve("docs/architecture.md"));
        TreeSet<String> listed = ROW.matcher(page).results().map(row -> row.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        TreeSet<String> modules = Rooms.modules().stream()
                .map(module -> Rooms.ROOT.relativize(module).toString().replace('\\', '/'))
                .collect(Collectors.toCollection(TreeSet::new));
        assertEquals(modules, listed, "rooms in the table of docs/architecture.md");
    }
}
