/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools come, change and go while a conversation is open. */
class ToolsInTheMiddleTest {

    private static final String CALL = "<|tool_call_start|>[lamp(name=\"x\")]<|tool_call_end|>";

    @TempDir
    Path folder;

    private static ToolProvider plugin(String name, Tool... tools) {
        return new ToolProvider() {

            @Override
            public String name() {
                return name;
            }

            @Override
            public List<Tool> tools() {
                return List.of(tools);
            }
        };
    }

    private static Tool tool(String name, String answer) {
        return Stage.tool(name, call -> ToolResult.of(answer)).tools().getFirst();
    }

    private static List<String> names(Conversation conversation) {
        return conversation.tools().stream().map(ToolDefinition::name).toList();
    }

    private static List<String> results(Conversation conversation) {
        List<String> results = new ArrayList<>();
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
    void theModelIsToldWhatIsThere() {
        ScriptedBackend backend = new ScriptedBackend("here", true, CALL, "Done.", CALL, "Done.", CALL, "Done.", CALL,
                "Done.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            ToolProvider lights = plugin("lights", tool("lamp", "first"));
            stage.engine.addTools(lights);
            try (Conversation conversation = model.conversation().tools(lights).start()) {
                assertEquals(List.of("first"), results(conversation));
                int with = conversation.promptTokens();

                stage.engine.removeTools(lights);
                assertEquals(List.of(), names(conversation));
                assertTrue(conversation.promptTokens() < with, "the prompt still has the tool");
                assertEquals(List.of("The tool lamp is not here any more: go on without it."), results(conversation));
                try (Conversation fork = conversation.fork()) {
                    assertEquals(List.of(), names(fork));
                }

                // the plugin comes back in another version, with one tool more
                stage.engine.addTools(plugin("lights", tool("lamp", "second"), tool("dim", "")));
                assertEquals(List.of("lamp", "dim"), names(conversation));
                assertEquals(List.of("second"), results(conversation));
            }
        }
    }

    @Test
    void aProviderWhoseToolsChangeIsAskedAgain() {
        ScriptedBackend backend = new ScriptedBackend("here", true, CALL, "Done.", CALL, "Done.");
        List<Tool> tools = new ArrayList<>();
        ToolProvider own = () -> List.copyOf(tools);
        try (Stage stage = new Stage(folder, backend);
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(own).start()) {
            assertTrue(results(conversation).getFirst().startsWith("There is no tool lamp"), "it was there too early");
            tools.add(tool("lamp", "here"));
            assertEquals(List.of("here"), results(conversation));
        }
    }

    @Test
    void aProviderThatFailsCostsItsOwnTools() {
        ScriptedBackend backend = new ScriptedBackend("here", true, CALL, "Done.");
        boolean[] broken = {false};
        ToolProvider fails = () -> {
            if (broken[0]) {
                throw new IllegalStateException("stopping");
            }
            return List.of(tool("fan", ""));
        };
        try (Stage stage = new Stage(folder, backend);
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(fails, plugin("lights", tool("lamp", "on")))
                        .start()) {
            assertEquals(List.of("fan", "lamp"), names(conversation));
            broken[0] = true;
            assertEquals(List.of("on"), results(conversation));
            assertFalse(names(conversation).contains("fan"));
        }
    }
}
