/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test.plain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.test.House;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** The questions on a plain class path. */
class PlainAnswersTest {

    @Test
    void answersAreTheSameAsInsideAFramework() throws IOException {
        try (Millrace millrace = Millrace.start(); Model model = millrace.open("nano", House.MODEL_OPTIONS)) {
            House house = new House();
            assertEquals(House.answers(),
                    House.QUESTIONS.stream().map(question -> house.ask(model, question)).toList());
        }
    }
}
