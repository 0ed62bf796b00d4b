/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.test.House;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.test.common.annotation.InjectService;
import org.osgi.test.junit5.service.ServiceExtension;

/** The questions inside a framework. */
@ExtendWith(ServiceExtension.class)
class AnswersTest {

    @Test
    void answersAreTheSameAsOnAPlainClassPath(@InjectService(timeout = 10_000) Millrace millrace) throws IOException {
        House house = new House();
        try (Model model = millrace.open("nano", House.MODEL_OPTIONS)) {
            assertEquals(House.answers(),
                    House.QUESTIONS.stream().map(question -> house.ask(model, question)).toList());
        }
        assertEquals(List.of("kitchen_lamp on", "lab_fan off", "roof_fan off"), house.switched);
    }

    /** Event classes would need packages of the recorder that no framework lends to bundles by itself. */
    @Test
    void theFlightRecorderMayRecord(@InjectService(timeout = 10_000) Millrace millrace, @TempDir Path folder)
            throws IOException {
        Path file = folder.resolve("flight.jfr");
        House house = new House();
        try (Recording recording = new Recording()) {
            recording.start();
            try (Model model = millrace.open("nano", House.MODEL_OPTIONS)) {
                assertEquals(House.answers().getFirst(), house.ask(model, House.QUESTIONS.getFirst()));
            }
            recording.stop();
            recording.dump(file);
        }
        Set<String> kept = RecordingFile.readAllEvents(file).stream().map(event -> event.getEventType().getName())
                .collect(Collectors.toSet());
        assertTrue(kept.containsAll(Set.of("dev.millrace.Load", "dev.millrace.Prefill", "dev.millrace.Step",
                "dev.millrace.ToolCall")), kept.toString());
    }
}
