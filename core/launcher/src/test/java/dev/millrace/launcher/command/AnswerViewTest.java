/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Event;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolResult;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** In which order a person sees what a model does. */
class AnswerViewTest {

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Console console = new Console(new ByteArrayInputStream(new byte[0]),
            new StandardOutput(new ByteArrayOutputStream()), new PrintStream(err, true, StandardCharsets.UTF_8), false,
            false, false, false);
    private final AnswerView view = new AnswerView(console);

    @Test
    void aQuestionComesAfterItsCall() throws Exception {
        ToolCall call = new ToolCall("call_1", "open_gate", Map.of("opening", 90L));
        Thread asking = Thread.ofPlatform().start(() -> {
            try {
                view.restAfter(call);
                console.err().println("May it run?");
                view.goOn();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        while (asking.getState() == Thread.State.NEW || asking.getState() == Thread.State.RUNNABLE) {
            Thread.onSpinWait();
        }
        assertEquals("", err.toString(StandardCharsets.UTF_8));
        view.show(new Event.Thinking("Let us see."));
        view.show(new Event.ToolCalled(call));
        asking.join();
        view.show(new Event.ToolAnswered(call, ToolResult.of("open")));
        assertEquals("Let us see.\n-> open_gate(opening=90)\nMay it run?\n<- open\n",
                err.toString(StandardCharsets.UTF_8)
                        .replace(System.lineSeparator(), "\n"));
        // it is known from now on
        view.restAfter(call);
        Thread answer = Thread.ofPlatform().start(() -> view.show(new Event.Text("x")));
        view.goOn();
        answer.join();
    }

    @Test
    void aQuestionThatNobodyWantsToAskAnyMoreIsNotAsked() throws Exception {
        Thread asking = Thread.ofPlatform().start(() -> {
            try {
                view.restAfter(new ToolCall("call_1", "open_gate", Map.of()));
                console.err().print("May it run?");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        asking.interrupt();
        asking.join();
        assertTrue(err.toString(StandardCharsets.UTF_8).isEmpty());
    }
}
