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
import dev.millrace.api.Generation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ToolResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ends: of answers, conversations, models and executors, in any order. */
@Timeout(120)
class ClosingTest {

    private static final int ROUNDS = 60;
    private static final int TALKS = 6;

    @TempDir
    Path folder;

    /** Reads to the end, however it ends. */
    private static boolean read(Generation generation) {
        try {
            for (Event event : generation) {
                if (event instanceof Event.Finished) {
                    return true;
                }
            }
            return false;
        } catch (MillraceException | IllegalStateException e) {
            return true;
        }
    }

    @Test
    void everyReaderEndsWhileConversationsAndTheirModelAreClosedTogether() throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int round = 0; round < ROUNDS; round++) {
                ScriptedBackend backend = new ScriptedBackend("a", true, "word after word ".repeat(20));
                CountDownLatch speaking = new CountDownLatch(1 + round % 20);
                backend.onForward = steps -> speaking.countDown();
                try (Stage stage = new Stage(Files.createDirectory(folder.resolve("round" + round)), backend)) {
                    Model model = stage.open();
                    List<Conversation> talks = new ArrayList<>();
                    List<Future<Boolean>> readers = new ArrayList<>();
                    for (int i = 0; i < TALKS; i++) {
                        Conversation talk = model.conversation().start();
                        Generation generation = talk.send("Go");
                        talks.add(talk);
                        readers.add(threads.submit(() -> read(generation)));
                    }
                    speaking.await();
                    List<Future<?>> closers = new ArrayList<>();
                    talks.forEach(talk -> closers.add(threads.submit(talk::close)));
                    closers.add(threads.submit(model::close));
                    for (Future<?> closer : closers) {
                        closer.get();
                    }
                    for (Future<Boolean> reader : readers) {
                        assertTrue(reader.get(), "an answer had no end");
                    }
                }
                assertEquals(0, backend.openExecutors.get());
            }
        }
    }

    @Test
    void aClosedModelRunsNowhere() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "First."))) {
            Model model = stage.open();
            assertEquals("a:0", model.device().id());
            model.close();
            assertEquals("The model is closed.",
                    assertThrows(IllegalStateException.class, model::device).getMessage());
            assertThrows(IllegalStateException.class, () -> model.conversation().start());
        }
    }

    @Test
    void aMoveThatHappenedIsNoFailureWhereTheOldExecutorCannotBeClosed() {
        ScriptedBackend from = new ScriptedBackend("from", true, "First.", "Second.");
        ScriptedBackend to = new ScriptedBackend("to", true, "First.", "Second.");
        from.onExecutorClosed = () -> {
            throw new IllegalStateException("cannot be closed");
        };
        try (Stage stage = new Stage(folder, from, to);
                Model model = stage.open(ModelOptions.defaults().withBackend("from"));
                Conversation conversation = model.conversation().start()) {
            assertEquals("First.", conversation.send("a").answer().text());
            model.moveTo("to");
            assertEquals("to:0", model.device().id());
            Answer second = conversation.send("b").answer();
            assertEquals("Second.", second.text());
            assertTrue(second.usage().cachedTokens() > 0, "its state went along");
        }
        assertEquals(0, to.openExecutors.get());
    }

    @Test
    void noAnswerHasMoreTokensThanItMay() {
        String call = "<|tool_call_start|>[look(name=\"cellar\")]<|tool_call_end|>";
        for (int most = 1; most < 40; most++) {
            try (Stage stage = new Stage(folder.resolve(makeFolder(most)),
                    new ScriptedBackend("a", true, call, "<think>Well.</think>Fine."));
                    Model model = stage.open()) {
                Answer answer = model.conversation().maxTokens(most)
                        .tools(Stage.tool("look", c -> ToolResult.of("dry"))).start().send("Look").answer();
                int told = answer.usage().completionTokens();
                assertTrue(told <= most, told + " of " + most);
            }
        }
    }

    private String makeFolder(int number) {
        try {
            return Files.createDirectory(folder.resolve("most" + number)).getFileName().toString();
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
