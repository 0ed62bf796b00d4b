/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Millrace;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Precision;
import dev.millrace.api.Sampling;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers with the whole engine: those that run ahead, and those whose device is lost in the middle. */
class AnswersTest {

    private static final Path NANO = Path.of("..", "..", "samples", "nano-model", "src", "main", "model", "nano");
    private static final ModelOptions OPTIONS = ModelOptions.defaults().withPrecision(Precision.EXACT).withContext(256)
            .withThreads(1);
    /** More than the prompt takes, fewer than the prompt and a token. */
    private static final int SOME_LAUNCHES = 130;

    private static final int TRUSTED = Ahead.TRUST + 2;

    private Faults faults;

    @BeforeEach
    void needsCompiler() {
        faults = new Faults();
        System.setProperty("millrace.prefixes", "off");
    }

    @AfterEach
    void restore() {
        System.clearProperty("millrace.prefixes");
        faults.fail(Faults.Call.ALLOC, Long.MAX_VALUE, 0);
    }

    private static Conversation talk(Model model, int tokens) {
        return model.conversation().sampling(Sampling.greedy()).maxTokens(tokens).start();
    }

    /** The engine asks for what was guessed: else no pass would run ahead but the first ones. */
    @Test
    void anAnswerRunsAhead() {
        try (Millrace millrace = Millrace.start();
                Model model = millrace.open(NANO.toString(), OPTIONS.withBackend("cuda"));
                Conversation conversation = talk(model, TRUSTED + 5)) {
            long before = faults.called(Faults.Call.EVENT);
            int tokens = conversation.send("Say all that you can do.").answer().usage().completionTokens();
            assertTrue(tokens > TRUSTED + 2, "an answer of " + tokens + " tokens");
            // the first comes with the prompt, and behind the last nothing is known yet
            long ahead = faults.called(Faults.Call.EVENT) - before;
            assertTrue(ahead >= tokens - TRUSTED, ahead + " passes ran ahead of " + tokens + " tokens");
        }
    }

    @Test
    void theAnswerGoesOnOnTheProcessor() {
        String first = "Turn on the kitchen lamp.";
        try (Millrace millrace = Millrace.start()) {
            String expected;
            String second;
            try (Model model = millrace.open(NANO.toString(), OPTIONS.withBackend("cpu"));
                    Conversation conversation = talk(model, 8)) {
                expected = conversation.send(first).answer().text();
                second = conversation.send("Bye").answer().text();
            }
            try (Model model = millrace.open(NANO.toString(), OPTIONS.withBackend("cuda"));
                    Conversation conversation = talk(model, 8)) {
                assertEquals("cuda:0", model.device().id());
                faults.fail(Faults.Call.LAUNCH, SOME_LAUNCHES, Faults.LAUNCH_FAILED);
                assertEquals(expected, conversation.send(first).answer().text());
                assertEquals("cpu", model.device().backend());
                assertEquals(second, conversation.send("Bye").answer().text());
            }
            assertEquals(0, faults.live(Faults.Call.ALLOC));
        }
    }
}
