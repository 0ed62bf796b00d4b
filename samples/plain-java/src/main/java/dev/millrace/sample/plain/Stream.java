/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.plain;

import dev.millrace.api.Event;
import dev.millrace.api.Millrace;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;

/** An answer as it comes, with a tool of one's own: a method. */
public final class Stream {

    private Stream() {
    }

    /**
     * What a sensor says.
     *
     * @param room where
     * @param quantity what
     * @param value how much
     * @param unit of what
     */
    record Reading(String room, String quantity, double value, String unit) {
    }

    /** Methods that the model may call. */
    static final class Sensors {

        @ToolSpec(name = "read_sensor", value = "Read one sensor.")
        Reading readSensor(String room, String quantity) {
            return new Reading(room, quantity, 81.5, "%");
        }
    }

    /**
     * Asks and shows everything that happens.
     *
     * @param arguments the question
     */
    public static void main(String[] arguments) {
        String question = arguments.length > 0 ? arguments[0] : "What is the humidity in the cellar?";
        try (var millrace = Millrace.start();
                var model = millrace.open("nano");
                var conversation = model.conversation().tools(Tools.of(new Sensors()))
                        .sampling(model.defaults().withTemperature(0)).start();
                var generation = conversation.send(question)) {
            for (Event event : generation) {
                switch (event) {
                    case Event.Thinking thinking -> System.err.print(thinking.text());
                    case Event.Text text -> System.out.print(text.text());
                    case Event.ToolCalled called -> System.err.println("\n" + called.name() + called.arguments());
                    case Event.ToolProgressed progress -> System.err.println(progress.what());
                    case Event.ToolAnswered answered -> System.err.println(answered.result().value());
                    case Event.Finished finished -> System.out.println();
                }
            }
        }
    }
}
