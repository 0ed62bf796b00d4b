/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolRequest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a person at the console is asked, and what an answer means. */
class ConsoleApproverTest {

    private static final ToolDefinition GATE = new ToolDefinition("open_gate", "Open the gate.", Map.of());

    private final Deque<String> answers = new ArrayDeque<>();
    private final List<String> questions = new ArrayList<>();
    private final ConsoleApprover approver = new ConsoleApprover((call, question) -> {
        questions.add(question);
        return answers.poll();
    });

    private ToolApproval ask(ToolDefinition tool) throws InterruptedException {
        return approver.ask(new ToolRequest(tool, new ToolCall("1", tool.name(), Map.of("opening", 90L))),
                "Mind the dog.", Duration.ofMinutes(1));
    }

    @ParameterizedTest
    @CsvSource({"y, true, ''", "' YES ', true, ''", "n, false, The user does not allow this call.",
            "'', false, The user does not allow this call.",
            "Only half., false, The user does not allow this call: Only half."})
    void anAnswerIsUnderstood(String answer, boolean allowed, String words) throws InterruptedException {
        answers.add(answer);
        ToolApproval approval = ask(GATE);
        assertEquals(allowed, approval.allowed());
        assertEquals(words, approval.words());
        assertEquals(ConsoleApprover.user(), approval.who());
        assertEquals(List.of("May open_gate(opening=90) run? Mind the dog. [y/N/always] "), questions);
    }

    @Test
    void whoIsGoneAllowsNothing() throws InterruptedException {
        assertFalse(ask(GATE).allowed());
        ConsoleApprover broken = new ConsoleApprover((call, question) -> {
            throw new IOException("no terminal");
        });
        assertEquals("Nobody could be asked whether it may run: no terminal.",
                broken.ask(new ToolRequest(GATE, new ToolCall("1", "open_gate", Map.of())), "", Duration.ofMinutes(1))
                        .words());
    }

    @Test
    void alwaysHoldsForOneToolAsItDescribesItself() throws InterruptedException {
        answers.addAll(List.of("n", "always", "n", "n"));
        assertFalse(ask(GATE).allowed());
        ToolApproval first = ask(GATE);
        assertTrue(first.allowed());
        // the record goes on telling who has said so, and when
        assertEquals(first, ask(GATE));
        assertEquals(2, questions.size());
        assertFalse(ask(new ToolDefinition("open_door", "Open the gate.", Map.of())).allowed());
        assertFalse(ask(new ToolDefinition("open_gate", "Open the gate, and all others.", Map.of())).allowed());
        assertEquals(4, questions.size());
    }
}
