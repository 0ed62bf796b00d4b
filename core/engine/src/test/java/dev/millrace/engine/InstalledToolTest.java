/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools whose plugin is updated or goes while a conversation is open. */
class InstalledToolTest {

    private static final String CALL = "<|tool_call_start|>[lamp(name=\"desk\")]<|tool_call_end|>";

    @TempDir
    Path folder;

    /** A plugin with the tool {@code lamp}, in a version. */
    private static ToolProvider lamp(String version) {
        List<Tool> tools = Stage.tool("lamp", call -> ToolResult.of(version)).tools();
        return new ToolProvider() {

            @Override
            public String name() {
                return "lights";
            }

            @Override
            public List<Tool> tools() {
                return tools;
            }
        };
    }

    private static List<Object> results(Conversation conversation) {
        List<Object> results = new ArrayList<>();
        try (Generation generation = conversation.send("Turn on the lamp.")) {
            for (Event event : generation) {
                if (event instanceof Event.ToolAnswered answered) {
                    results.add(String.valueOf(answered.result().value()));
                }
            }
        }
        return results;
    }

    @Test
    void aCallGoesToThePluginAsItIsNow() {
        ScriptedBackend backend = new ScriptedBackend("here", true, CALL, "Done.", CALL, "Done.", CALL, "Done.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            ToolProvider first = lamp("first");
            stage.engine.addTools(first);
            try (Conversation conversation = model.conversation().tools(first).start()) {
                assertEquals(List.of("first"), results(conversation));

                stage.engine.removeTools(first);
                stage.engine.addTools(lamp("second"));
                assertEquals(List.of("second"), results(conversation));

                stage.services.tools.clear();
                assertEquals(List.of("The tool lamp is not here any more: go on without it."), results(conversation));
            }
        }
    }

    @Test
    void aToolOfTheCallersOwnStays() {
        ScriptedBackend backend = new ScriptedBackend("here", true, CALL, "Done.");
        try (Stage stage = new Stage(folder, backend);
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(lamp("own")).start()) {
            assertEquals(List.of("own"), results(conversation));
        }
    }
}
