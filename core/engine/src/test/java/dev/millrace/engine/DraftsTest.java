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
import dev.millrace.api.Metric;
import dev.millrace.api.Model;
import dev.millrace.api.TokenScore;
import dev.millrace.api.ToolResult;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Step;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens that are guessed change nothing but how many forwards an answer takes. */
@Timeout(60)
class DraftsTest {

    private static final String SETTING = "millrace.speculation";
    private static final String LINE = "The north valve is open and the south valve is open and the north valve is shut.";

    @TempDir
    Path folder;

    private final ScriptedBackend backend = new ScriptedBackend("a", true, LINE, LINE);
    private final AtomicInteger forwards = new AtomicInteger();

    @BeforeEach
    void guess() {
        System.setProperty(SETTING, "always");
        backend.limits = backend.limits.withRollback(8).withSameBits(true);
        backend.onForward = steps -> forwards.incrementAndGet();
    }

    @AfterEach
    void forget() {
        System.clearProperty(SETTING);
    }

    private Stage stage(ScriptedBackend... backends) {
        try {
            return new Stage(Files.createTempDirectory(folder, "stage"), backends);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Answer answer(UnaryOperator<Conversation.Builder> how) {
        forwards.set(0);
        try (Stage stage = stage(backend);
                Model model = stage.open();
                Conversation conversation = how.apply(model.conversation()).start();
                Generation generation = conversation.send("How are the valves?")) {
            return generation.answer();
        }
    }

    @Test
    void guessesSaveForwardsAndChangeNothing() {
        Answer answer = answer(how -> how);
        assertEquals(LINE, answer.text());
        assertEquals(FinishReason.STOP, answer.reason());
        assertEquals(LINE.length() + 1, answer.usage().completionTokens());
        assertTrue(answer.usage().acceptedTokens() > 20, answer.usage().toString());
        assertTrue(answer.usage().draftedTokens() > answer.usage().acceptedTokens(), answer.usage().toString());
        // the prompt, and each token but the end that was not read as a guess
        assertEquals(1 + LINE.length() - answer.usage().acceptedTokens(), forwards.get());
    }

    @Test
    void nothingIsGuessedWhereItIsOff() {
        System.setProperty(SETTING, "off");
        assertEquals(0, answer(how -> how).usage().draftedTokens());
        assertEquals(1 + LINE.length(), forwards.get());
    }

    @Test
    void nothingIsGuessedWhereABackendCannotGoBackOrComputesOtherBits() {
        backend.limits = backend.limits.withRollback(0);
        assertEquals(0, answer(how -> how).usage().draftedTokens());
        backend.limits = backend.limits.withRollback(8).withSameBits(false);
        System.setProperty(SETTING, "auto");
        assertEquals(0, answer(how -> how).usage().draftedTokens());
    }

    @Test
    void anotherWordIsRefusedByName() {
        System.setProperty(SETTING + ".scripted", "perhaps");
        try (Stage stage = stage(backend)) {
            String message = String.valueOf(assertThrows(IllegalArgumentException.class, stage::open).getMessage());
            assertTrue(message.contains(SETTING + ".scripted") && message.contains("perhaps"), message);
        } finally {
            System.clearProperty(SETTING + ".scripted");
        }
    }

    @Test
    void aBackendThatDoesNotKeepItsWordIsReadAgain() {
        backend.goesBack = false;
        assertEquals(LINE, answer(how -> how).text());
    }

    @Test
    void limitsAndStopTextsHoldInTheMiddleOfAGuess() {
        for (int most = 1; most <= LINE.length(); most++) {
            int tokens = most;
            Answer cut = answer(how -> how.maxTokens(tokens));
            assertEquals(LINE.substring(0, most), cut.text());
            assertEquals(most, cut.usage().completionTokens());
            assertEquals(FinishReason.LENGTH, cut.reason());
        }
        Answer stopped = answer(how -> how.stop(List.of("valve is sh")));
        assertEquals(LINE.substring(0, LINE.indexOf("valve is sh")), stopped.text());
        assertEquals(FinishReason.STOP_STRING, stopped.reason());
    }

    @Test
    void whoAsksHowLikelyTokensAreIsTold() {
        System.setProperty(SETTING, "off");
        List<TokenScore> plain = scores();
        System.setProperty(SETTING, "always");
        assertEquals(plain, scores());
        assertTrue(forwards.get() < LINE.length());
    }

    private List<TokenScore> scores() {
        forwards.set(0);
        List<TokenScore> scores = new ArrayList<>();
        try (Stage stage = stage(backend);
                Model model = stage.open();
                Conversation conversation = model.conversation().logprobs(2).start();
                Generation generation = conversation.send("How are the valves?")) {
            for (Event event : generation) {
                if (event instanceof Event.Text text) {
                    scores.addAll(text.tokens());
                }
            }
        }
        assertEquals(LINE.length(), scores.size());
        return scores;
    }

    @Test
    void aGuessThatFindsNoRoomIsGivenUp() {
        AtomicBoolean full = new AtomicBoolean();
        backend.onStep = step -> {
            if (step.wanted() == Step.Logits.ALL && full.compareAndSet(false, true)) {
                step.fail(new OutOfRoomException("full for once"));
            }
        };
        assertEquals(LINE, answer(how -> how).text());
        assertTrue(full.get());
    }

    @Test
    void aPassThatFailsWithAGuessIsReadAgain() {
        AtomicBoolean failed = new AtomicBoolean();
        backend.onForward = steps -> {
            if (steps.getFirst().wanted() == Step.Logits.ALL && failed.compareAndSet(false, true)) {
                throw new IllegalStateException("broken for once");
            }
        };
        assertEquals(LINE, answer(how -> how).text());
        assertTrue(failed.get());
    }

    /** In the middle of a guess the conversation moves to a backend that cannot go back, and back again. */
    @Test
    void movesInTheMiddleOfAGuessLoseNothing() {
        ScriptedBackend other = new ScriptedBackend("b", true, LINE, LINE);
        other.limits = Limits.of(512).withStates(true);
        try (Stage stage = stage(backend, other);
                Model model = stage.open();
                Conversation conversation = model.conversation().start();
                Generation generation = conversation.send("How are the valves?")) {
            StringBuilder told = new StringBuilder();
            int events = 0;
            for (Event event : generation) {
                if (event instanceof Event.Text text) {
                    told.append(text.text());
                    if (++events % 3 == 0) {
                        model.moveTo(model.device().backend().equals("a") ? "b" : "a");
                    }
                }
            }
            assertEquals(LINE, told.toString());
        }
    }

    @Test
    void theNextRoundAndTheNextTurnGoOnBehindAGuess() {
        String call = "<|tool_call_start|>[look(name=\"north valve\")]<|tool_call_end|>";
        ScriptedBackend calling = new ScriptedBackend("c", true, call, LINE, LINE);
        calling.limits = backend.limits;
        try (Stage stage = stage(calling);
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(Stage.tool("look", how -> ToolResult.of("The north valve is open"))).start()) {
            for (int turn = 0; turn < 2; turn++) {
                try (Generation generation = conversation.send("How is the north valve?")) {
                    Answer answer = generation.answer();
                    assertEquals(LINE, answer.text());
                    assertTrue(answer.usage().acceptedTokens() > 0);
                    assertTrue(turn == 0 || answer.usage().cachedTokens() > LINE.length(), answer.usage().toString());
                }
            }
        }
    }

    @Test
    void metricsCountGuesses() {
        forwards.set(0);
        try (Stage stage = stage(backend);
                Model model = stage.open();
                Conversation conversation = model.conversation().start();
                Generation generation = conversation.send("How are the valves?")) {
            Answer answer = generation.answer();
            assertEquals(answer.usage().draftedTokens(), value(stage, "draft_tokens"));
            assertEquals(answer.usage().acceptedTokens(), value(stage, "draft_accepted_tokens"));
        }
    }

    private static long value(Stage stage, String name) {
        return stage.engine.metrics().stream().filter(one -> one.name().equals(name))
                .map(Metric.Counter.class::cast).mapToLong(Metric.Counter::value).sum();
    }
}
