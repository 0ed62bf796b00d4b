/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.BusyException;
import dev.millrace.api.Conversation;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Model;
import dev.millrace.api.ModelHealth;
import dev.millrace.spi.backend.Limits;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Who goes first, who waits, who is refused. */
@Timeout(60)
class TurnsTest {

    private static final String TEXT = "word after word ".repeat(8);

    @TempDir
    Path folder;

    @Test
    void moreAnswersThanAllowedAreRefused() {
        CountDownLatch release = new CountDownLatch(1);
        ScriptedBackend backend = new ScriptedBackend("a", true, TEXT);
        backend.onForward = steps -> await(release);
        try (Stage stage = new Stage(folder, backend)) {
            stage.engine.configure(Map.of("answers", 3));
            try (Model model = stage.open()) {
                Generation first = model.conversation().start().send("One");
                List<Generation> two = model.conversation().start().send(List.of(Message.user("Two")), 2);
                Conversation refused = model.conversation().start();
                BusyException e = assertThrows(BusyException.class, () -> refused.send("Three"));
                assertTrue(e.getMessage().contains("3 answers"), e.getMessage());
                assertEquals(List.of(), refused.messages(), "nothing is left of the question");
                release.countDown();
                assertEquals(TEXT, first.answer().text());
                two.forEach(one -> assertEquals(TEXT, one.answer().text()));
                assertEquals(TEXT, refused.send("Three").answer().text());
            }
        }
    }

    @Test
    void anAnswerEndsWhenItsTimeIsUp() {
        ScriptedBackend backend = new ScriptedBackend("a", true, TEXT, "Second.");
        AtomicInteger passes = new AtomicInteger();
        try (Stage stage = new Stage(folder, backend);
                Model model = stage.open();
                Conversation conversation = model.conversation().deadline(Duration.ofSeconds(2)).start()) {
            backend.onForward = steps -> {
                if (passes.incrementAndGet() > 10) {
                    spin(Duration.ofMillis(100));
                }
            };
            Answer answer = conversation.send("Go").answer();
            assertEquals(FinishReason.DEADLINE, answer.reason());
            assertTrue(TEXT.startsWith(answer.text()) && answer.text().length() >= 5, answer.text());
            backend.onForward = steps -> {
            };
            assertEquals("Second.", conversation.send("On").answer().text());
            assertThrows(IllegalArgumentException.class, () -> model.conversation().deadline(Duration.ZERO));
        }
    }

    @Test
    void whoWaitsIsToldForWhat() {
        String text = "On and on it goes. ".repeat(60);
        ScriptedBackend backend = new ScriptedBackend("a", true, text);
        backend.limits = Limits.of(512).withStates(true).withSequences(1);
        CountDownLatch seen = new CountDownLatch(1);
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            // the answer that has the room goes on slowly until the other one was seen to wait
            backend.onForward = steps -> await(seen, Duration.ofMillis(50));
            List<Generation> answers = List.of(model.conversation().loops(LoopLimits.OFF).start().send("One"),
                    model.conversation().loops(LoopLimits.OFF).start().send("Two"));
            while (answers.stream().allMatch(one -> one.waitsFor().isEmpty())) {
                Thread.onSpinWait();
            }
            List<String> told = answers.stream().flatMap(one -> one.waitsFor().stream()).toList();
            seen.countDown();
            assertEquals(1, told.size());
            assertTrue(told.getFirst().contains("room") && told.getFirst().contains("1 sequences"), told.getFirst());
            answers.forEach(one -> assertEquals(text.strip(), one.answer().text().strip()));
            answers.forEach(one -> assertFalse(one.waitsFor().isPresent()));
        }
    }

    @Test
    void whatNobodyUsesIsUnloadedAndLoadedAgain() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.", "Second.", "Third.");
        AtomicInteger loads = new AtomicInteger();
        backend.onLoad = loads::incrementAndGet;
        CountDownLatch unloaded = new CountDownLatch(1);
        backend.onExecutorClosed = unloaded::countDown;
        try (Stage stage = new Stage(folder, backend)) {
            stage.engine.configure(Map.of("answers", "3", "idle", 1));
            try (Model model = stage.open(); Conversation conversation = model.conversation().start()) {
                assertEquals("First.", conversation.send("One").answer().text());
                await(unloaded);
                assertEquals(0, backend.openExecutors.get());
                ModelHealth health = stage.engine.health().getFirst();
                assertEquals(ModelHealth.State.UNLOADED, health.state());
                Answer second = conversation.send("Two").answer();
                assertEquals("Second.", second.text());
                assertTrue(second.usage().cachedTokens() > 0, "it kept what was read");
                assertEquals(2, loads.get());
                // moved by hand while it is unloaded, it is loaded there
                model.moveTo("a");
                assertEquals("Third.", conversation.send("Three").answer().text());
            }
            assertEquals(0, backend.openExecutors.get());
        }
    }

    private static void await(CountDownLatch latch, Duration atMost) {
        try {
            latch.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void spin(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        while (System.nanoTime() < end) {
            Thread.onSpinWait();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
