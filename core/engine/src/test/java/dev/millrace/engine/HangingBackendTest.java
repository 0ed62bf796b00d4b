/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.BackendException;
import dev.millrace.api.BackendHangsException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.engine.schedule.Patience;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A forward that does not come back holds nobody up. */
@Timeout(60)
class HangingBackendTest {

    private static final String TEXT = IntStream.range(0, 12).mapToObj(i -> "word " + i + " ")
            .collect(Collectors.joining());
    private static final Patience LITTLE = new Patience(Duration.ofSeconds(4), Duration.ofSeconds(2),
            Duration.ofMillis(100), Duration.ofMillis(20));
    private static final Patience PATIENT = new Patience(Duration.ofHours(1), Duration.ofHours(1),
            Duration.ofMillis(100), Duration.ofMillis(20));

    @TempDir
    Path folder;

    private final CountDownLatch release = new CountDownLatch(1);
    private final CountDownLatch hangs = new CountDownLatch(1);

    /** The n-th forward hangs until it is released, once. */
    private ScriptedBackend hanging(String id, int n) {
        ScriptedBackend backend = new ScriptedBackend(id, true, TEXT, "Second.");
        AtomicInteger passes = new AtomicInteger();
        backend.onForward = steps -> {
            if (passes.incrementAndGet() == n) {
                hangs.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
        return backend;
    }

    private static void awaitClosed(ScriptedBackend backend) throws InterruptedException {
        CountDownLatch closed = new CountDownLatch(1);
        backend.onExecutorClosed = closed::countDown;
        if (backend.openExecutors.get() > 0) {
            closed.await();
        }
    }

    @Test
    void conversationsMoveOnAndLoseNothing() throws InterruptedException {
        ScriptedBackend from = hanging("from", 25);
        ScriptedBackend to = new ScriptedBackend("to", true, TEXT, "Second.");
        try (Stage stage = new Stage(folder, from, to)) {
            stage.services.patience = LITTLE;
            try (Model model = stage.open(ModelOptions.defaults().withBackend("from"))) {
                List<Conversation> conversations = Stream.generate(() -> model.conversation().start()).limit(4)
                        .toList();
                List<Generation> answers = conversations.stream().map(one -> one.send("Go")).toList();
                answers.forEach(answer -> assertEquals(TEXT, answer.answer().text()));
                assertEquals("to:0", model.device().id());
                conversations.forEach(one -> assertEquals("Second.", one.send("On").answer().text()));
                assertEquals(1, from.openExecutors.get(), "it still hangs");
                release.countDown();
                awaitClosed(from);
            }
        }
        assertEquals(0, from.openExecutors.get());
        assertEquals(0, to.openExecutors.get());
    }

    @Test
    void theSameBackendIsLoadedAgainIfThereIsNoOther() {
        ScriptedBackend only = hanging("only", 10);
        try (Stage stage = new Stage(folder, only)) {
            stage.services.patience = LITTLE;
            try (Model model = stage.open()) {
                assertEquals(TEXT, model.conversation().start().send("Go").answer().text());
                assertEquals(2, only.openExecutors.get());
                release.countDown();
            }
        }
    }

    @Test
    void itIsSaidIfThereIsNothingElse() {
        ScriptedBackend only = hanging("only", 10);
        try (Stage stage = new Stage(folder, only)) {
            stage.services.patience = LITTLE;
            try (Model model = stage.open()) {
                only.onLoad = () -> {
                    throw new BackendException("There is no memory for a second one.");
                };
                Conversation conversation = model.conversation().start();
                assertThrows(BackendHangsException.class, () -> conversation.send("Go").answer());
                assertThrows(BackendHangsException.class, () -> conversation.send("Again").answer());
                only.onLoad = () -> {
                };
                model.moveTo("only");
                assertEquals(TEXT, conversation.send("Now").answer().text());
                release.countDown();
            }
        }
    }

    @Test
    void aMoveDoesNotWaitForIt() throws InterruptedException {
        ScriptedBackend from = hanging("from", 25);
        ScriptedBackend to = new ScriptedBackend("to", true, TEXT, "Second.");
        try (Stage stage = new Stage(folder, from, to)) {
            stage.services.patience = PATIENT;
            try (Model model = stage.open(ModelOptions.defaults().withBackend("from"))) {
                Generation answer = model.conversation().start().send("Go");
                hangs.await();
                model.moveTo("to");
                assertEquals(TEXT, answer.answer().text());
                release.countDown();
            }
        }
    }

    @Test
    void cancellingAndClosingDoNotWaitForIt() throws InterruptedException {
        ScriptedBackend only = hanging("only", 10);
        try (Stage stage = new Stage(folder, only)) {
            stage.services.patience = PATIENT;
            Model model = stage.open();
            Generation answer = model.conversation().start().send("Go");
            hangs.await();
            model.close();
            assertTrue(answer.isDone());
            assertEquals(1, release.getCount(), "it hangs until now");
            release.countDown();
            awaitClosed(only);
        }
    }

    @Test
    void aConversationIsClosedWhileItHangs() throws InterruptedException {
        ScriptedBackend from = hanging("from", 25);
        ScriptedBackend to = new ScriptedBackend("to", true, TEXT, "Second.");
        try (Stage stage = new Stage(folder, from, to)) {
            stage.services.patience = PATIENT;
            try (Model model = stage.open(ModelOptions.defaults().withBackend("from"))) {
                Conversation first = model.conversation().start();
                first.send("Go");
                hangs.await();
                first.close();
                assertEquals(TEXT, model.conversation().start().send("Go").answer().text());
                release.countDown();
            }
        }
    }
}
