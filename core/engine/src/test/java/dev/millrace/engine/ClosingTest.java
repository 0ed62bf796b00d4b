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
import dev.millrace.engine.schedule.Patience;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.Step;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
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

    /** Waits in the middle of a pass until all of some steps are withdrawn; says whether they were, before the time was up. */
    private static boolean allWithdrawn(Collection<Step> steps) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!steps.stream().allMatch(Step::isWithdrawn)) {
            if (System.nanoTime() > end) {
                return false;
            }
            LockSupport.parkNanos(100_000);
        }
        return true;
    }

    /** Nobody gives up a pass that takes long. */
    private static void bePatient(Stage stage) {
        stage.services.patience = new Patience(Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1),
                Duration.ofMillis(20));
    }

    @Test
    void promptsThatAreBeingReadAreCancelledTogetherAndNotOneAfterTheOther() throws Exception {
        int prompts = 8;
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        backend.limits = Limits.of(prompts).withStates(true).withRollback(Limits.ANY_ROLLBACK);
        CountDownLatch reading = new CountDownLatch(1);
        AtomicBoolean together = new AtomicBoolean();
        AtomicInteger passesAfter = new AtomicInteger();
        backend.onForward = steps -> {
            if (steps.size() < prompts && reading.getCount() > 0) {
                LockSupport.parkNanos(50_000_000); // the first has 200 passes to go: the others join it
            } else if (reading.getCount() > 0) {
                reading.countDown();
                together.set(allWithdrawn(List.copyOf(steps)));
            } else {
                passesAfter.incrementAndGet();
            }
        };
        try (Stage stage = new Stage(folder, backend)) {
            bePatient(stage);
            Model model = stage.open();
            List<Generation> answers = new ArrayList<>();
            for (int i = 0; i < prompts; i++) {
                answers.add(model.conversation().start().send(i + " long".repeat(350)));
            }
            reading.await();
            model.close();
            assertTrue(together.get(), "a prompt was read on until another had ended");
            assertEquals(0, passesAfter.get(), "nothing is read after that");
            answers.forEach(answer -> assertTrue(answer.isDone()));
        }
        assertEquals(0, backend.openExecutors.get());
    }

    @Test
    void answersOfSeveralModelsAreCancelledTogether() throws Exception {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        List<Step> steps = new CopyOnWriteArrayList<>();
        CountDownLatch reading = new CountDownLatch(2);
        AtomicInteger apart = new AtomicInteger();
        backend.onForward = pass -> {
            steps.addAll(pass);
            reading.countDown();
            await(reading);
            apart.addAndGet(allWithdrawn(steps) ? 0 : 1);
        };
        try (Stage stage = new Stage(folder, backend)) {
            bePatient(stage);
            for (int i = 0; i < 2; i++) {
                stage.open().conversation().start().send("long ".repeat(350));
            }
            reading.await();
            stage.engine.close();
            assertEquals(0, apart.get(), "a model was closed after another, and not with it");
        }
        assertEquals(0, backend.openExecutors.get());
    }

    /** Whoever closes a model waits for this tool. */
    @Test
    void aToolMayCloseOrMoveAModelThatIsBeingClosed() throws Exception {
        String call = "<|tool_call_start|>[look(name=\"cellar\")]<|tool_call_end|>";
        List<Consumer<Model>> deeds = List.of(Model::close,
                model -> assertThrows(IllegalStateException.class, () -> model.moveTo("b")));
        for (int i = 0; i < deeds.size(); i++) {
            Consumer<Model> deed = deeds.get(i);
            ScriptedBackend backend = new ScriptedBackend("a", true, call, "Fine.");
            try (Stage stage = new Stage(Files.createDirectory(folder.resolve("deed" + i)), backend,
                    new ScriptedBackend("b", true, call, "Fine."))) {
                Model model = stage.open(ModelOptions.defaults().withBackend("a"));
                CountDownLatch running = new CountDownLatch(1);
                CountDownLatch done = new CountDownLatch(1);
                Generation answer = model.conversation().tools(Stage.tool("look", c -> {
                    running.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        deed.accept(model);
                        done.countDown();
                    }
                    return ToolResult.of("dry");
                })).start().send("Look");
                running.await();
                model.close();
                done.await();
                assertTrue(answer.isDone());
            }
            assertEquals(0, backend.openExecutors.get());
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
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
    void aClosedModelTellsWhereItRanAndRefusesTheRest() {
        ScriptedBackend only = new ScriptedBackend("only", true, "First.");
        try (Stage stage = new Stage(folder, only)) {
            Model model = stage.open(ModelOptions.defaults());
            Conversation conversation = model.conversation().start();
            model.close();
            assertEquals("only:0", model.device().id());
            for (Executable refused : List.<Executable>of(() -> model.conversation().start(),
                    () -> conversation.send("a"), () -> model.moveTo("only"))) {
                assertEquals("The model is closed.", assertThrows(IllegalStateException.class, refused).getMessage());
            }
        }
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
