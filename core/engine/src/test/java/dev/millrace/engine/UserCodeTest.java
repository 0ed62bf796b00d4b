/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Event;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Param;
import dev.millrace.api.ToolSpec;
import dev.millrace.api.Tools;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The code that users write, as the guide shows it. */
class UserCodeTest {

    @TempDir
    Path folder;

    enum Quantity {
        TEMPERATURE, HUMIDITY
    }

    record Reading(double value, String unit) {
    }

    @Test
    void streamsAnAnswerWithTools() {
        ScriptedBackend here = new ScriptedBackend("here", true,
                "<think>I read it.</think><|tool_call_start|>[readSensor(room=\"cellar\", quantity=\"humidity\")]<|tool_call_end|>",
                "Yes, 81.5 %.", "Then open a window.");
        ScriptedBackend there = new ScriptedBackend("there", true, "", "", "Then open a window.");
        List<String> seen = new ArrayList<>();
        try (Stage stage = new Stage(folder, here, there);
                Model model = stage.open(ModelOptions.defaults().withBackend("here"))) {
            var tools = Tools.of(new Object() {
                @ToolSpec("Read one sensor.")
                Reading readSensor(@Param("room, e.g. cellar") String room, @Param("what to read") Quantity quantity) {
                    return new Reading("cellar".equals(room) && quantity == Quantity.HUMIDITY ? 81.5 : 0, "%");
                }
            });
            var conversation = model.conversation().system("You run inside a gateway.").tools(tools)
                    .sampling(model.defaults().withTemperature(0.1)).start();
            for (Event event : conversation.send("Is the cellar damp?")) {
                switch (event) {
                    case Event.Thinking t -> seen.add("thinking");
                    case Event.Text t -> seen.add("text");
                    case Event.ToolCalled c -> seen.add(c.name() + c.arguments());
                    case Event.ToolProgressed p -> seen.add(p.what());
                    case Event.ToolAnswered a -> seen.add(String.valueOf(a.result().value()));
                    case Event.Finished f -> seen.add(f.reason().name());
                }
            }
            assertEquals(
                    List.of("thinking", "readSensor{room=cellar, quantity=humidity}", "{value=81.5, unit=%}", "text",
                            "STOP"),
                    seen.stream().distinct().toList());

            var whatIf = conversation.fork();
            model.moveTo("there");
            assertEquals("Then open a window.", whatIf.send("What now?").answer().text());
        }
    }
}
