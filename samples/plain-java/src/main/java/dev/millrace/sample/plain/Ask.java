/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.plain;

import dev.millrace.api.Millrace;

/** The shortest program: one question, one answer, with the tools that come with the model. */
public final class Ask {

    private Ask() {
    }

    /**
     * Asks.
     *
     * @param arguments the question
     */
    public static void main(String[] arguments) {
        String question = arguments.length > 0 ? arguments[0] : "What is the temperature in the cellar?";
        try (var millrace = Millrace.start(); var model = millrace.open("nano")) {
            System.out.println(model.ask(question).text());
        }
    }
}
