/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.container;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.test.House;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
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
}
