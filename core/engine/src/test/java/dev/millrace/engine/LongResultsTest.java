/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ToolResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tools that give back more than the context holds. */
class LongResultsTest {

    @TempDir
    Path folder;

    private final List<String> heard = new ArrayList<>();

    /** What the model reads of results, each of which is this text. */
    private List<String> read(String result, String turn) {
        ScriptedBackend backend = new ScriptedBackend("here", true, turn, "Done.");
        try (Stage stage = new Stage(folder, backend);
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(Stage.tool("log", call -> ToolResult.of(result))).start()) {
            try (Generation generation = conversation.send("Read the log.")) {
                for (Event event : generation) {
                    if (event instanceof Event.ToolAnswered answered) {
                        heard.add(String.valueOf(answered.result().value()));
                    }
                }
            }
            assertEquals("Done.", conversation.messages().getLast().content());
            List<String> read = conversation.messages().stream().filter(each -> each.role() == Message.Role.TOOL)
                    .map(Message::content).toList();
            int tokens = read.stream().mapToInt(each -> model.tokenizer().encode(each).length).sum();
            assertTrue(tokens < ScriptedModel.CONTEXT / 4 + 100 * read.size(), tokens + " tokens");
            return read;
        }
    }

    private static String call(String name) {
        return "log(name=\"" + name + "\")";
    }

    private static String turn(String calls) {
        return "<|tool_call_start|>[" + calls + "]<|tool_call_end|>";
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "line\n", "\uD83D\uDE00", "\u6587", " "})
    void areCutWithANote(String unit) {
        String whole = unit.repeat(100_000);
        String told = read(whole, turn(call("a"))).getFirst();
        int keep = told.indexOf("\n[Cut here: ");
        assertTrue(keep > 100 && whole.startsWith(told.substring(0, keep)), told);
        assertTrue(
                told.endsWith("these are the first " + keep + " of " + whole.length() + " characters. Ask for less.]"),
                told);
        assertEquals(List.of(whole), heard);
    }

    @Test
    void theAnswerEndsWhereTheyFillTheContext() {
        String[] turns = new String[8];
        Arrays.fill(turns, turn(call("a")));
        try (Stage stage = new Stage(folder, new ScriptedBackend("here", true, turns));
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(Stage.tool("log", call -> ToolResult.of("x".repeat(100_000)))).start()) {
            Answer answer = conversation.send("Read the logs.").answer();
            assertEquals(FinishReason.CONTEXT_FULL, answer.reason());
            assertTrue(answer.toolCalls().size() >= 3, "" + answer.toolCalls().size());
            assertEquals(1 + 2 * answer.toolCalls().size(), conversation.messages().size(), "what was done is kept");
            assertThrows(MillraceException.class, () -> conversation.send("More").answer());
        }
    }

    @Test
    void severalShareTheRoom() {
        List<String> told = read("x".repeat(5000), turn(call("a") + ", " + call("b") + ", " + call("c")));
        assertEquals(3, told.size());
    }

    @Test
    void whatFitsStaysWhole() {
        assertEquals(List.of("x".repeat(500)), read("x".repeat(500), turn(call("a"))));
    }
}
