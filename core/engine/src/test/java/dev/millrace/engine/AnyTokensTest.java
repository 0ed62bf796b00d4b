/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.Message;
import dev.millrace.api.Model;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolResult;
import dev.millrace.json.Json;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A model that chooses any token at any time: bytes that are no character, and control tokens where nobody expects them. */
@Timeout(60)
class AnyTokensTest {

    private static final int ROUNDS = 40;

    @TempDir
    Path folder;

    @Test
    void noControlTokenIsTextAndTheConversationGoesOn() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.", "Yes.", "Yes.", "Yes.", "Yes.", "Yes.", "Yes.",
                "Yes.", "Yes.", "Yes.", "Yes.", "Yes.", "Yes.", "Yes.", "Yes.", "Yes.");
        // what is written in calls, too
        Map<Integer, Double> likelier = new HashMap<>();
        for (int control = 0; control < ScriptedModel.CONTROL.size(); control++) {
            likelier.put(control, control == 3 ? 0.0 : 25.0);
        }
        int thought = 0;
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            for (int seed = 0; seed < ROUNDS; seed++) {
                Sampling any = Sampling.greedy().withTemperature(10).withSeed(seed);
                try (Conversation conversation = model.conversation()
                        .tools(Stage.tool("a", call -> ToolResult.of(call.arguments()))).maxToolRounds(2)
                        .sampling(any.withLogitBias(likelier)).maxTokens(60).start()) {
                    for (String said : new String[]{"Go", "On"}) {
                        Answer answer = conversation.send(said).answer();
                        check(answer.text(), seed);
                        check(answer.thinking(), seed);
                        thought += answer.thinking().isEmpty() ? 0 : 1;
                    }
                    for (Message message : conversation.messages()) {
                        assertEquals(message.content(), Json.wellFormed(message.content()), "seed " + seed);
                    }
                }
            }
        }
        assertTrue(thought > ROUNDS / 4, "marks are among the tokens: " + thought);
        assertEquals(0, backend.openSequences.get());
    }

    private static void check(String text, int seed) {
        for (String control : ScriptedModel.CONTROL) {
            assertFalse(text.contains(control), "seed " + seed + ": " + text);
        }
        assertEquals(text, Json.wellFormed(text), "seed " + seed);
    }
}
