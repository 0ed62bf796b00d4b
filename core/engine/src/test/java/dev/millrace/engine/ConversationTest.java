/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolResult;
import dev.millrace.spi.backend.WithdrawnException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class ConversationTest {

    private static final String CALL = "<think>Let me see.</think><|tool_call_start|>[look(name=\"cellar\")]<|tool_call_end|>";

    @TempDir
    Path folder;

    /** A long text that goes on: ten characters for each number. */
    private static String counted(int most) {
        return IntStream.range(0, most).mapToObj(i -> String.format("word %4d ", i)).collect(Collectors.joining());
    }

    private static List<Class<?>> kinds(List<Event> events) {
        List<Class<?>> kinds = new ArrayList<>();
        for (Event event : events) {
            if (kinds.isEmpty() || kinds.getLast() != event.getClass()) {
                kinds.add(event.getClass());
            }
        }
        return kinds;
    }

    private static List<Event> all(Generation generation) {
        List<Event> events = new ArrayList<>();
        generation.forEach(events::add);
        return events;
    }

    @Test
    void thinksThenAnswers() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "<think>A greeting.</think>Grüß dich 👋!");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            Generation generation = conversation.send("Hello");
            List<Event> events = all(generation);
            assertEquals(List.of(Event.Thinking.class, Event.Text.class, Event.Finished.class), kinds(events));
            Answer answer = generation.answer();
            assertEquals("A greeting.", answer.thinking());
            assertEquals("Grüß dich 👋!", answer.text());
            assertEquals(FinishReason.STOP, answer.reason());
            assertEquals(backend.tokensRead.get(),
                    answer.usage().promptTokens() + answer.usage().completionTokens() - 1);
            assertEquals(List.of(Message.user("Hello"), Message.assistant("Grüß dich 👋!", "A greeting.", List.of())),
                    conversation.messages());
            assertEquals(events, all(generation), "a second view sees the same");
        }
    }

    @Test
    void runsToolsAndTellsTheModel() {
        ScriptedBackend backend = new ScriptedBackend("a", true, CALL, "<think>Wet.</think>It is damp.");
        List<Map<String, Object>> asked = new ArrayList<>();
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().tools(Stage.tool("look", call -> {
                asked.add(call.arguments());
                return ToolResult.of(Map.of("humidity", 81.5));
            })).start();
            Generation generation = conversation.send("Is the cellar damp?");
            assertEquals(List.of(Event.Thinking.class, Event.ToolCalled.class, Event.ToolAnswered.class,
                    Event.Thinking.class, Event.Text.class, Event.Finished.class), kinds(all(generation)));
            assertEquals(List.of(Map.of("name", "cellar")), asked);
            assertEquals("It is damp.", generation.answer().text());
            assertEquals(1, generation.answer().toolCalls().size());
            List<Message> messages = conversation.messages();
            assertEquals(4, messages.size());
            assertEquals("{\"humidity\": 81.5}", messages.get(2).content());
            assertEquals(messages.get(1).toolCalls().getFirst().id(), messages.get(2).toolCallId());
        }
    }

    @Test
    void stopsAtTheStepLimitWithoutLeavingCallsOpen() {
        ScriptedBackend backend = new ScriptedBackend("a", true, CALL, CALL.replace("cellar", "attic"), "never said");
        AtomicInteger runs = new AtomicInteger();
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().maxToolRounds(1).tools(Stage.tool("look", call -> {
                runs.incrementAndGet();
                return ToolResult.of("dry");
            })).start();
            assertEquals(FinishReason.TOOL_LIMIT, conversation.send("Look around").answer().reason());
            assertEquals(1, runs.get());
            assertEquals(Message.Role.TOOL, conversation.messages().getLast().role());
        }
    }

    @Test
    void leavesDeclaredToolsToTheCaller() {
        ScriptedBackend backend = new ScriptedBackend("a", true, CALL, "It is dry.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().declare(List.of(Stage.definition("look"))).start();
            Answer first = conversation.send("Is the cellar damp?").answer();
            assertEquals(FinishReason.TOOL_CALLS, first.reason());
            Answer second = conversation.send(List.of(Message.tool(first.toolCalls().getFirst().id(), "dry"))).answer();
            assertEquals("It is dry.", second.text());
        }
    }

    @Test
    void tellsTheModelWhatWentWrongWithACall() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, CALL, "Sorry."));
                Model model = stage.open()) {
            assertTrue(result(model.conversation().tools(Stage.tool("look", call -> {
                throw new IllegalStateException("the sensor is offline");
            }))).contains("the sensor is offline"));
            assertTrue(result(model.conversation().tools(Stage.tool("listen", call -> ToolResult.of("x"))))
                    .contains("listen"));
            assertTrue(result(model.conversation().tools(Stage.tool("look", call -> ToolResult.of("x")))
                    .guard(request -> ToolDecision.refuse("not at night"))).contains("not at night"));
            assertTrue(result(model.conversation().tools(Stage.tool("look", call -> ToolResult.of(new Object()))))
                    .contains("JSON"));
        }
    }

    @Test
    void makesArgumentsFitTheSchemaOrRefusesThem() {
        String call = "<|tool_call_start|>[look(name=%s)]<|tool_call_end|>";
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, call.formatted("7"), "Sorry."));
                Model model = stage.open()) {
            assertEquals("7", result(model.conversation().tools(Stage.tool("look", ToolCallText::name))));
        }
        Path own = folder.resolve("refused");
        assertTrue(own.toFile().mkdir());
        try (Stage stage = new Stage(own, new ScriptedBackend("a", true, call.formatted("[1]"), "Sorry."));
                Model model = stage.open()) {
            assertTrue(result(model.conversation().tools(Stage.tool("look", ToolCallText::name))).contains("name"));
        }
    }

    /** The tools of a conversation name what a call of Python does not. */
    @Test
    void argumentsWithoutANameReachTheTool() {
        String call = "<|tool_call_start|>[look(%s)]<|tool_call_end|>";
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, call.formatted("'attic'"), "Sorry."));
                Model model = stage.open()) {
            assertEquals("attic", result(model.conversation().tools(Stage.tool("look", ToolCallText::name))));
        }
        Path own = folder.resolve("refused");
        assertTrue(own.toFile().mkdir());
        try (Stage stage = new Stage(own, new ScriptedBackend("a", true, call.formatted("'attic', 2"), "Sorry."));
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(Stage.tool("look", ToolCallText::name)).start()) {
            assertEquals("Sorry.", conversation.send("Look").answer().text());
            assertTrue(conversation.messages().stream().anyMatch(message -> message.content().contains("at most")));
        }
    }

    private interface ToolCallText {
        static ToolResult name(ToolCall call) {
            return ToolResult.of(call.arguments().get("name") instanceof String text ? text : "not a string");
        }
    }

    private static String result(Conversation.Builder builder) {
        try (Conversation conversation = builder.start()) {
            assertEquals("Sorry.", conversation.send("Look").answer().text());
            Message told = conversation.messages().get(2);
            assertEquals(Message.Role.TOOL, told.role());
            return told.content();
        }
    }

    @Test
    void runsAnIdenticalCallOnce() {
        String twice = "<|tool_call_start|>[look(name=\"cellar\"), look(name=\"cellar\")]<|tool_call_end|>";
        AtomicInteger runs = new AtomicInteger();
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, twice, "Dry."));
                Model model = stage.open()) {
            Conversation conversation = model.conversation().tools(Stage.tool("look", call -> {
                runs.incrementAndGet();
                return ToolResult.of("dry");
            })).start();
            assertEquals(1, conversation.send("Look").answer().toolCalls().size());
            assertEquals(1, runs.get());
        }
    }

    @Test
    void stopsAtTheTokenBudget() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "abcdefghij"));
                Model model = stage.open()) {
            Answer answer = model.conversation().maxTokens(4).start().send("Spell").answer();
            assertEquals("abcd", answer.text());
            assertEquals(FinishReason.LENGTH, answer.reason());
            assertEquals(4, answer.usage().completionTokens());
        }
    }

    @Test
    void endsAtAStopString() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "<think>One. END of it.</think>Two. EN END three.",
                "<think>One. END of it.</think>Two.", CALL.replace("cellar", "END") + "Two. END", "Three.E");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().stop(List.of("END", "never")).start();
            Generation generation = conversation.send("Count");
            Answer answer = generation.answer();
            assertEquals("Two. EN ", answer.text());
            assertEquals("One. END of it.", answer.thinking());
            assertEquals(FinishReason.STOP_STRING, answer.reason());
            assertEquals("Two. EN ", conversation.messages().getLast().content());
            assertTrue(all(generation).stream().noneMatch(event -> event.toString().contains("three")));
            Conversation second = model.conversation().messages(conversation.messages()).stop(List.of("END"), true)
                    .start();
            Answer cut = second.send("Again").answer();
            assertEquals("One. ", cut.thinking());
            assertEquals("", cut.text());
            Conversation third = model.conversation().messages(second.messages()).stop(List.of("END", "E.")).start();
            Answer called = third.send("Look").answer();
            assertEquals("Two. ", called.text());
            assertEquals(1, called.toolCalls().size(), "a stop string in arguments is none");
            assertEquals("Three.E", third.send("More").answer().text(), "what only began like one is text");
            assertThrows(IllegalArgumentException.class, () -> model.conversation().stop(List.of("")));
            assertThrows(IllegalArgumentException.class, () -> model.conversation().stop(List.of("\uD83D")));
        }
    }

    @Test
    void stopsWhenTheContextIsFull() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, counted(20)));
                Model model = stage.open(ModelOptions.defaults().withContext(64))) {
            Conversation conversation = model.conversation().start();
            assertEquals(FinishReason.CONTEXT_FULL, conversation.send("Spell").answer().reason());
            MillraceException refused = assertThrows(MillraceException.class, () -> conversation.send("More").answer());
            assertTrue(refused.getMessage().contains("64"), refused.getMessage());
            assertEquals(2, conversation.messages().size(), "what failed is not kept");
        }
    }

    @RepeatedTest(30) // a cancelled request must not be answered twice, however the two threads meet
    void cancelsInTheMiddleAndGoesOn() throws InterruptedException {
        ScriptedBackend backend = new ScriptedBackend("a", true, counted(50), "Fine.");
        CountDownLatch speaking = new CountDownLatch(40);
        CountDownLatch cancelled = new CountDownLatch(1);
        backend.onForward = steps -> {
            if (speaking.getCount() == 0) {
                await(cancelled); // it does not come to its end before
            }
            speaking.countDown();
        };
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            Generation generation = conversation.send("Spell");
            speaking.await();
            generation.cancel();
            cancelled.countDown();
            Answer answer = generation.answer();
            assertEquals(FinishReason.CANCELLED, answer.reason());
            assertEquals(answer.text(), conversation.messages().getLast().content());
            assertEquals("Fine.", conversation.send("Stop").answer().text());
        }
    }

    /** A pass may take as long as people do not like to wait; what was read before it is kept. */
    @Test
    void cancellingEndsAPassThatTakesLong() throws InterruptedException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "Yes.", "Fine.", "Fine.", "Fine.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            assertEquals("Yes.", conversation.send("Hi").answer().text());
            int before = conversation.send("On").answer().usage().promptTokens();
            CountDownLatch computing = new CountDownLatch(1);
            backend.onStep = step -> {
                if (step.length() > 100 && computing.getCount() > 0) {
                    computing.countDown();
                    while (!step.isWithdrawn()) {
                        Thread.onSpinWait();
                    }
                    step.fail(new WithdrawnException());
                }
            };
            Generation generation = conversation.send("x".repeat(500));
            computing.await();
            generation.cancel();
            assertEquals(FinishReason.CANCELLED, generation.answer().reason());
            Answer next = conversation.send("Go on").answer();
            assertEquals("Fine.", next.text());
            assertTrue(next.usage().cachedTokens() >= before, next.usage()::toString);
        }
    }

    @Test
    void cancelInterruptsARunningTool() throws InterruptedException {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, CALL, "Dry."));
                Model model = stage.open()) {
            Conversation conversation = model.conversation().tools(Stage.tool("look", call -> {
                inside.countDown();
                never.await();
                return ToolResult.of("dry");
            })).start();
            Generation generation = conversation.send("Look");
            inside.await();
            generation.cancel();
            assertEquals(FinishReason.CANCELLED, generation.answer().reason());
            assertEquals(Message.Role.TOOL, conversation.messages().getLast().role());
        }
    }

    @Test
    void readsOnlyWhatIsNew() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "<think>One.</think>First.",
                "<think>Two.</think>Second.",
                "Third.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            Answer first = conversation.send("A question with quite some words in it, to be read once").answer();
            Answer second = conversation.send("b").answer();
            assertEquals(first.usage().promptTokens(), second.usage().cachedTokens(),
                    "the thinking of the first turn is gone, its prompt is not read again");
            int before = backend.tokensRead.get();
            try (Conversation copy = conversation.fork()) {
                Answer third = copy.send("c").answer();
                assertEquals("Third.", third.text());
                assertEquals(second.usage().promptTokens(), third.usage().cachedTokens());
                assertEquals(third.usage().promptTokens() - third.usage().cachedTokens()
                        + third.usage().completionTokens() - 1, backend.tokensRead.get() - before);
            }
            assertEquals(4, conversation.messages().size());
        }
    }

    @Test
    void rewinds() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.", "Second.");
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            conversation.send("a").answer();
            assertEquals("Second.", conversation.send("b").answer().text());
            conversation.rewind(2);
            Answer again = conversation.send("c").answer();
            assertEquals("Second.", again.text());
            assertTrue(again.usage().cachedTokens() > 0);
            assertThrows(IllegalArgumentException.class, () -> conversation.rewind(5));
        }
    }

    @Test
    void refusesTwoAnswersAtOnce() throws InterruptedException {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        CountDownLatch go = new CountDownLatch(1);
        backend.onForward = steps -> await(go);
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            Generation generation = conversation.send("a");
            assertThrows(IllegalStateException.class, () -> conversation.send("b"));
            assertThrows(IllegalStateException.class, conversation::fork);
            go.countDown();
            assertEquals("First.", generation.answer().text());
            assertThrows(IllegalArgumentException.class, () -> conversation.send(List.of()));
            assertThrows(IllegalArgumentException.class, () -> conversation.send(List.of(Message.system("x"))));
            ToolCall call = new ToolCall("1", "look", Map.of());
            assertThrows(IllegalArgumentException.class,
                    () -> conversation.send(List.of(Message.assistant("", null, List.of(call)))));
            assertThrows(IllegalArgumentException.class, () -> conversation.send(List.of(Message.user("x")), 0));
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
    void conversationsShareEachPass() {
        ScriptedBackend backend = new ScriptedBackend("a", true, counted(10));
        CountDownLatch started = new CountDownLatch(1);
        backend.onForward = steps -> await(started);
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            List<Generation> running = Stream.of("1", "2", "3", "4")
                    .map(text -> model.conversation().start().send(text)).toList();
            started.countDown();
            for (Generation generation : running) {
                assertEquals(counted(10), generation.answer().text());
            }
            assertTrue(backend.largestBatch.get() > 1, "largest batch " + backend.largestBatch);
            assertEquals(1, backend.threads.size(), "one thread touches the executor");
        }
    }

    @Test
    void movesInMidSentence() {
        for (boolean exchanges : new boolean[]{true, false}) {
            ScriptedBackend from = new ScriptedBackend("from", true, counted(150), "And on.");
            ScriptedBackend to = new ScriptedBackend("to", exchanges, counted(150), "And on.");
            CountDownLatch speaking = new CountDownLatch(30);
            Path own = folder.resolve("exchanges" + exchanges);
            assertTrue(own.toFile().mkdir());
            try (Stage stage = new Stage(own, from, to);
                    Model model = stage.open(ModelOptions.defaults().withBackend("from"))) {
                from.onForward = steps -> {
                    speaking.countDown();
                    if (speaking.getCount() == 0) {
                        LockSupport.parkNanos(1_000_000); // slow enough to be moved before its end
                    }
                };
                Conversation conversation = model.conversation().start();
                Generation generation = conversation.send("Spell");
                await(speaking);
                model.moveTo("to:0");
                assertEquals("to:0", model.device().id());
                assertEquals(counted(150), generation.answer().text());
                assertEquals("And on.", conversation.send("More").answer().text());
                assertEquals(0, from.openExecutors.get());
                assertTrue(from.tokensRead.get() > 0 && to.tokensRead.get() > 0, "both spoke a part");
            }
            assertEquals(0, to.openExecutors.get());
        }
    }

    @Test
    void staysWhereItIsIfAMoveFails() {
        ScriptedBackend from = new ScriptedBackend("from", true, "First.", "Second.");
        ScriptedBackend broken = new ScriptedBackend("broken", false, "First.", "Second.");
        broken.onForward = steps -> {
            throw new BackendException("The device is on fire.");
        };
        try (Stage stage = new Stage(folder, from, broken);
                Model model = stage.open(ModelOptions.defaults().withBackend("from"))) {
            Conversation conversation = model.conversation().start();
            conversation.send("a").answer();
            assertThrows(BackendException.class, () -> model.moveTo("broken"));
            assertThrows(BackendException.class, () -> model.moveTo("nowhere"));
            assertEquals("from:0", model.device().id());
            assertEquals(0, broken.openExecutors.get());
            assertEquals("Second.", conversation.send("b").answer().text());
        }
    }

    @Test
    void movesAwayWhenItsBackendLeaves() throws InterruptedException {
        ScriptedBackend from = new ScriptedBackend("from", true, "First.", "Second.");
        ScriptedBackend to = new ScriptedBackend("to", true, "First.", "Second.");
        CountDownLatch left = new CountDownLatch(1);
        from.onExecutorClosed = left::countDown;
        try (Stage stage = new Stage(folder, from, to);
                Model model = stage.open(ModelOptions.defaults().withBackend("from"))) {
            Conversation conversation = model.conversation().start();
            conversation.send("a").answer();
            stage.engine.removeBackend(from);
            left.await();
            assertEquals("Second.", conversation.send("b").answer().text());
            assertEquals("to:0", model.device().id());
        }
        assertEquals(0, to.openExecutors.get());
    }

    @Test
    void survivesABackendThatFails() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        backend.onForward = steps -> {
            throw new BackendException("The device is on fire.");
        };
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            Generation generation = conversation.send("a");
            BackendException e = assertThrows(BackendException.class, generation::answer);
            assertEquals("The device is on fire.", e.getMessage());
            assertThrows(BackendException.class, () -> all(generation));
            assertTrue(conversation.messages().isEmpty());
            backend.onForward = steps -> {
            };
            assertEquals("First.", conversation.send("a").answer().text());
        }
        assertEquals(0, backend.openSequences.get());
    }

    @Test
    void leavesNothingBehind() throws InterruptedException {
        ScriptedBackend backend = new ScriptedBackend("a", true, counted(100));
        CountDownLatch speaking = new CountDownLatch(10);
        backend.onForward = steps -> speaking.countDown();
        Stage stage = new Stage(folder, backend);
        Model model = stage.open();
        Conversation conversation = model.conversation().start();
        Generation generation = conversation.send("a");
        speaking.await();
        stage.close();
        stage.close();
        assertTrue(generation.isDone());
        assertEquals(0, backend.openSequences.get());
        assertEquals(0, backend.openExecutors.get());
        backend.threads.forEach(thread -> assertFalse(thread.isAlive()));
        assertThrows(IllegalStateException.class, () -> conversation.send("b"));
        assertThrows(IllegalStateException.class, () -> stage.open());
    }

    @Test
    void publishesEventsAsTheyAreAskedFor() throws Exception {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "abc")); Model model = stage.open()) {
            Generation generation = model.conversation().start().send("Spell");
            CompletableFuture<List<Event>> received = new CompletableFuture<>();
            generation.publisher().subscribe(new Flow.Subscriber<>() {
                private final List<Event> events = new ArrayList<>();
                private Flow.@Nullable Subscription subscription;

                @Override
                public void onSubscribe(Flow.Subscription given) {
                    subscription = given;
                    given.request(1);
                }

                @Override
                public void onNext(Event event) {
                    events.add(event);
                    Objects.requireNonNull(subscription).request(1);
                }

                @Override
                public void onError(Throwable problem) {
                    received.completeExceptionally(problem);
                }

                @Override
                public void onComplete() {
                    received.complete(events);
                }
            });
            List<Event> events = received.get();
            assertEquals(all(generation), events);
            assertInstanceOf(Event.Finished.class, events.getLast());
        }
    }
}
