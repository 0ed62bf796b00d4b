/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Model;
import dev.millrace.api.ModelNotFoundException;
import dev.millrace.api.Progress;
import dev.millrace.spi.model.ModelSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelSourcesTest {

    @TempDir
    Path folder;

    private record Shelf(int order, String name, Path path, List<String> asked) implements ModelSource {
        @Override
        public String id() {
            return name;
        }

        @Override
        public Optional<Resolved> resolve(String reference, Progress progress) {
            asked.add(name);
            return reference.equals("shelf") ? Optional.of(new Resolved(path)) : Optional.empty();
        }

        @Override
        public List<String> names() {
            return List.of(name);
        }
    }

    @Test
    void sourcesAreAskedInTheirOrder() throws IOException {
        List<String> asked = new ArrayList<>();
        Path file = Files.createFile(folder.resolve("other.scripted"));
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "First."))) {
            stage.engine.addSource(new Shelf(20, "late", file, asked));
            Shelf early = new Shelf(10, "early", file, asked);
            stage.engine.addSource(early);
            try (Model model = stage.engine.open("shelf")) {
                assertEquals("scripted", model.info().name());
            }
            assertEquals(List.of("early"), asked);
            assertEquals(List.of("early", "late"), stage.engine.models());
            stage.engine.removeSource(early);
            ModelNotFoundException e = assertThrows(ModelNotFoundException.class, () -> stage.engine.open("absent"));
            assertTrue(e.getMessage().contains("absent") && e.getMessage().contains("late"), e.getMessage());
            assertThrows(ModelNotFoundException.class, () -> stage.engine.open("a\0b"));
        }
    }
}
