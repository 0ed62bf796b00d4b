/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.test;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Param;
import dev.millrace.api.Precision;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import dev.millrace.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A house that always measures the same, and remembers what was switched. */
public final class House {

    /** What the nano model is asked; each answer takes one tool call at least. */
    public static final List<String> QUESTIONS = List.of("Turn on the kitchen lamp.",
            "What is the temperature in the cellar?", "Turn the fans in the lab and the roof off, please.",
            "Wie hoch ist humidity in greenhouse?");

    /** Unrounded, so that the answers do not depend on the width of a machine's vectors. */
    public static final ModelOptions MODEL_OPTIONS = ModelOptions.defaults().withPrecision(Precision.EXACT);

    private static final String ANSWERS = "answers.json";

    /** Devices that were switched: name and state. */
    public final List<String> switched = new ArrayList<>();

    /** What was switched, for the model. */
    record Switched(boolean ok, String name, String state) {
    }

    /** What a sensor says. */
    record Reading(String room, String quantity, double value, String unit) {
    }

    @ToolSpec(value = "Switch a device on or off.", name = "set_device")
    Switched setDevice(@Param("") String name, @Param("") String state) {
        switched.add(name + " " + state);
        return new Switched(true, name, state);
    }

    @ToolSpec(value = "Read one sensor.", name = "read_sensor")
    Reading readSensor(@Param("") String room, @Param("") String quantity) {
        return quantity.equals("humidity")
                ? new Reading(room, quantity, 62.5, "%")
                : new Reading(room, quantity, 18.4, "C");
    }

    /**
     * Asks a question, greedily.
     *
     * @param model the nano model
     * @param question what to ask
     * @return everything that the model wrote, in the order in which it came, as one line of JSON
     */
    public String ask(Model model, String question) {
        try (Conversation conversation = model.conversation().tools(Tools.of(this)).sampling(Sampling.greedy()).start();
                Generation generation = conversation.send(question)) {
            StringBuilder thinking = new StringBuilder();
            StringBuilder text = new StringBuilder();
            List<Map<String, Object>> calls = new ArrayList<>();
            int tokens = 0;
            for (Event event : generation) {
                switch (event) {
                    case Event.Thinking part -> thinking.append(part.text());
                    case Event.Text part -> text.append(part.text());
                    case Event.ToolCalled called ->
                        calls.add(Map.of(called.call().name(), called.call().arguments()));
                    case Event.Finished finished -> tokens = finished.usage().completionTokens();
                    default -> {
                        // what tools say is seen in the calls that follow
                    }
                }
            }
            Map<String, Object> line = new LinkedHashMap<>();
            line.put("question", question);
            line.put("thinking", thinking.toString());
            line.put("calls", calls);
            line.put("text", text.toString());
            line.put("tokens", tokens);
            return Json.write(line);
        }
    }

    /** The answers to {@link #QUESTIONS} that are known to be right, one line each. */
    public static List<String> answers() throws IOException {
        try (InputStream in = Objects.requireNonNull(House.class.getResourceAsStream(ANSWERS), ANSWERS)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }
}
