/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.Generation;
import dev.millrace.api.Message;
import dev.millrace.api.Metric;
import dev.millrace.api.Model;
import dev.millrace.api.Progress;
import dev.millrace.api.Tool;
import dev.millrace.api.ToolApproval;
import dev.millrace.api.ToolApprover;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolListener;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolReport.Verdict;
import dev.millrace.api.ToolReport;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.ToolResult;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Guards, people, limits, progress and listeners, as a conversation meets them. */
class ToolRulesTest {

    private static final Duration LONG = Duration.ofMinutes(2);

    @TempDir
    Path folder;

    private final List<ToolReport> reports = new CopyOnWriteArrayList<>();
    private final List<String> starts = new CopyOnWriteArrayList<>();

    private static String calls(String... calls) {
        return "<|tool_call_start|>[" + String.join(", ", calls) + "]<|tool_call_end|>";
    }

    private static ToolProvider tool(String name, Stage.Body body, ToolHint... hints) {
        return tool(Stage.definition(name).withHints(hints), (call, progress) -> body.call(call));
    }

    @FunctionalInterface
    private interface Body {
        ToolResult call(ToolCall call, Progress progress) throws Exception;
    }

    private static ToolProvider tool(ToolDefinition definition, Body body) {
        Tool tool = new Tool() {
            @Override
            public ToolDefinition definition() {
                return definition;
            }

            @Override
            public ToolResult call(ToolCall call) throws Exception {
                return call(call, Progress.NONE);
            }

            @Override
            public ToolResult call(ToolCall call, Progress progress) throws Exception {
                return body.call(call, progress);
            }
        };
        return () -> List.of(tool);
    }

    private Stage stage(String... script) {
        Stage stage = new Stage(folder, new ScriptedBackend("here", true, script));
        stage.engine.addListener(new ToolListener() {
            @Override
            public void starting(ToolRequest request) {
                starts.add(request.name());
            }

            @Override
            public void ended(ToolReport report) {
                reports.add(report);
            }
        });
        return stage;
    }

    private static List<Event> events(Conversation conversation) {
        List<Event> events = new ArrayList<>();
        try (Generation generation = conversation.send("Go.")) {
            generation.forEach(events::add);
        }
        return events;
    }

    private static List<String> results(List<Event> events) {
        return events.stream().filter(Event.ToolAnswered.class::isInstance)
                .map(event -> String.valueOf(((Event.ToolAnswered) event).result().value())).toList();
    }

    private static String lastToolMessage(Conversation conversation) {
        return conversation.messages().stream().filter(message -> message.role() == Message.Role.TOOL)
                .reduce((first, second) -> second).map(Message::content).orElse("");
    }

    @Test
    void aGuardSeesWhoCallsWhatForWhom() {
        List<ToolRequest> seen = new CopyOnWriteArrayList<>();
        try (Stage stage = stage(calls("lamp(name=\"a\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation().user("anna")
                        .tools(tool("lamp", call -> ToolResult.of("on"), ToolHint.ACTING)).guard(request -> {
                            seen.add(request);
                            return ToolDecision.ALLOW;
                        }).start();
                Conversation other = model.conversation().start()) {
            assertEquals(List.of("on"), results(events(conversation)));
            ToolRequest request = seen.getFirst();
            assertEquals("anna", request.user());
            assertEquals(conversation.id(), request.conversation());
            assertNotEquals(other.id(), conversation.id());
            assertEquals(Map.of("name", "a"), request.arguments());
            assertEquals(java.util.Set.of(ToolHint.ACTING), request.hints());
            assertEquals(List.of("lamp"), starts);
            assertEquals(Verdict.ALLOWED, reports.getFirst().verdict());
        }
    }

    @Test
    void changedArgumentsAreSeenByAllGuardsAndByTheModel() {
        List<String> seen = new CopyOnWriteArrayList<>();
        try (Stage stage = stage(calls("lamp(name=\"all\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(tool("lamp", call -> ToolResult.of("on: " + call.arguments().get("name"))))
                        .guard(request -> {
                            seen.add("first " + request.arguments().get("name"));
                            return ToolDecision.ALLOW;
                        })
                        .guard(request -> ToolDecision.change(Map.of("name", "hall"), "Only the hall at night."))
                        .start()) {
            List<Event> events = events(conversation);
            assertEquals(List.of("on: hall"), results(events));
            assertEquals(List.of("first all", "first hall"), seen);
            assertTrue(lastToolMessage(conversation).endsWith(
                    "[It ran with other arguments, {\"name\": \"hall\"}: Only the hall at night.]"),
                    () -> lastToolMessage(conversation));
            assertEquals(Map.of("name", "all"), reports.getFirst().asked().arguments());
            assertEquals(Map.of("name", "hall"), reports.getFirst().request().arguments());
        }
    }

    @Test
    void changedArgumentsAreCheckedAgain() {
        AtomicInteger ran = new AtomicInteger();
        try (Stage stage = stage(calls("lamp(name=\"all\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tool("lamp", call -> {
                    ran.incrementAndGet();
                    return ToolResult.of("on");
                })).guard(request -> ToolDecision.change(Map.of("name", List.of("x")), "")).start()) {
            assertTrue(results(events(conversation)).getFirst().contains("do not fit"));
            assertEquals(0, ran.get());
            assertEquals(Verdict.REFUSED, reports.getFirst().verdict());
        }
    }

    @Test
    void guardsThatNeverAgreeRefuse() {
        AtomicInteger flip = new AtomicInteger();
        try (Stage stage = stage(calls("lamp(name=\"all\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tool("lamp", call -> ToolResult.of("on")))
                        .guard(request -> ToolDecision.change(Map.of("name", "n" + flip.incrementAndGet()), ""))
                        .start()) {
            assertTrue(results(events(conversation)).getFirst().contains("change each other's changes"));
        }
    }

    @Test
    void aPersonIsAskedLastAndOnce() {
        List<String> asked = new CopyOnWriteArrayList<>();
        ToolApprover anna = (request, question, patience) -> {
            asked.add(request.arguments() + " " + question + " " + patience);
            return new ToolApproval(true, "anna", Instant.EPOCH, "");
        };
        try (Stage stage = stage(calls("lamp(name=\"all\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tool("lamp", call -> ToolResult.of("on")))
                        .approver(anna).guard(request -> ToolDecision.ask("It is late.", LONG))
                        .guard(request -> ToolDecision.ask("It is bright.", LONG.plusSeconds(1)))
                        .guard(request -> ToolDecision.change(Map.of("name", "hall"), "")).start()) {
            assertEquals(List.of("on"), results(events(conversation)));
            assertEquals(List.of("{name=hall} It is late. It is bright. PT2M"), asked);
            ToolReport report = reports.getFirst();
            assertEquals(Verdict.APPROVED, report.verdict());
            assertEquals(Optional.of(new ToolApproval(true, "anna", Instant.EPOCH, "")), report.approval());
        }
    }

    @Test
    void withoutAYesNothingRuns() throws InterruptedException {
        CountDownLatch left = new CountDownLatch(1);
        ToolApprover asleep = (request, question, patience) -> {
            try {
                new CountDownLatch(1).await();
                throw new AssertionError("nobody counts it down");
            } finally {
                left.countDown();
            }
        };
        ToolApprover no = (request, question, patience) -> ToolApproval.refused("anna", "Not on Sundays.");
        ToolApprover broken = (request, question, patience) -> {
            throw new IllegalStateException("no terminal");
        };
        String call = calls("lamp(name=\"a\")");
        try (Stage stage = stage(call, "Done.", call, "Done.", call, "Done.", call, "Done.");
                Model model = stage.open()) {
            List<String> told = new ArrayList<>();
            for (ToolApprover approver : List.of(asleep, no, broken, ToolApprover.NOBODY)) {
                try (Conversation conversation = model.conversation().approver(approver)
                        .tools(tool("lamp", one -> {
                            throw new AssertionError("it ran");
                        }))
                        .guard(request -> ToolDecision.ask("",
                                Duration.ofMillis(approver.equals(asleep) ? 100 : 60_000)))
                        .start()) {
                    told.addAll(results(events(conversation)));
                }
            }
            assertTrue(left.await(1, TimeUnit.MINUTES), "whoever was asked still waits");
            assertTrue(told.get(0).contains("nobody has decided within"), told::toString);
            assertEquals("Not on Sundays.", told.get(1));
            assertTrue(told.get(2).contains("consent of a person"), told::toString);
            assertTrue(told.get(3).contains("nobody here to be asked"), told::toString);
            assertEquals(List.of(), starts);
            assertEquals(List.of(Verdict.DENIED, Verdict.DENIED, Verdict.DENIED, Verdict.DENIED),
                    reports.stream().map(ToolReport::verdict).toList());
        }
    }

    @Test
    void aCallThatTakesTooLongIsStopped() throws InterruptedException {
        CountDownLatch stopped = new CountDownLatch(1);
        ToolProvider slow = tool(Stage.definition("lamp").withTimeLimit(Duration.ofHours(1)), (call, progress) -> {
            try {
                new CountDownLatch(1).await();
                throw new AssertionError("nobody counts it down");
            } finally {
                stopped.countDown();
            }
        });
        try (Stage stage = stage(calls("lamp(name=\"a\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(slow).guard(
                        request -> new ToolDecision.Allow(Optional.of(Duration.ofMillis(100)), OptionalInt.empty()))
                        .start()) {
            assertEquals(List.of("The tool lamp took longer than 100 milliseconds and was stopped; whether it has done"
                    + " something is not known."), results(events(conversation)));
            assertTrue(stopped.await(1, TimeUnit.MINUTES), "the tool was not interrupted");
        }
    }

    @Test
    void aToolWithATimeLimitMayCloseItsConversation() {
        Conversation[] own = new Conversation[1];
        ToolProvider closing = tool(Stage.definition("lamp").withTimeLimit(LONG), (call, progress) -> {
            own[0].close();
            return ToolResult.of("closed");
        });
        try (Stage stage = stage(calls("lamp(name=\"a\")"), "Done."); Model model = stage.open()) {
            own[0] = model.conversation().tools(closing).start();
            Generation generation = own[0].send("Go.");
            generation.close();
            assertTrue(generation.isDone());
        }
    }

    @Test
    void longResultsAreCutForTheModelAlone() {
        try (Stage stage = stage(calls("lamp(name=\"a\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(tool("lamp", call -> ToolResult.of("0123456789"))).guard(
                                request -> new ToolDecision.Allow(Optional.empty(), OptionalInt.of(4)))
                        .start()) {
            assertEquals(List.of("0123456789"), results(events(conversation)));
            assertEquals("0123\n[Cut here: these are the first 4 of 10 characters. Ask for less.]",
                    lastToolMessage(conversation));
            assertEquals("0123456789", reports.getFirst().result().value());
        }
    }

    @Test
    void callsThatOnlyLookRunAtOnceAndOthersInTheirOrder() {
        // each of the two waits for the other: alone, neither would end
        CyclicBarrier both = new CyclicBarrier(2);
        List<String> order = new CopyOnWriteArrayList<>();
        Stage.Body look = call -> {
            try {
                both.await(1, TimeUnit.MINUTES);
            } catch (BrokenBarrierException | TimeoutException e) {
                return ToolResult.error("it ran alone");
            }
            order.add("look");
            return ToolResult.of("seen " + call.arguments().get("name"));
        };
        Stage.Body act = call -> {
            order.add("act " + call.arguments().get("name"));
            return ToolResult.of("done " + call.arguments().get("name"));
        };
        try (Stage stage = stage(
                calls("look(name=\"a\")", "look(name=\"b\")", "act(name=\"c\")", "act(name=\"d\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(tool("look", look, ToolHint.READ_ONLY), tool("act", act, ToolHint.ACTING)).start()) {
            assertEquals(List.of("seen a", "seen b", "done c", "done d"), results(events(conversation)));
            assertEquals(List.of("look", "look", "act c", "act d"), order);
        }
    }

    @Test
    void cancellingEndsAllCallsThatRunAtOnce() throws InterruptedException {
        CountDownLatch running = new CountDownLatch(2);
        CountDownLatch ended = new CountDownLatch(2);
        Stage.Body look = call -> {
            running.countDown();
            try {
                new CountDownLatch(1).await();
                return ToolResult.of("");
            } finally {
                ended.countDown();
            }
        };
        try (Stage stage = stage(calls("look(name=\"a\")", "look(name=\"b\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(tool("look", look, ToolHint.READ_ONLY))
                        .start()) {
            Generation generation = conversation.send("Go.");
            assertTrue(running.await(1, TimeUnit.MINUTES));
            generation.close();
            assertEquals(0, ended.getCount(), "a call outlived its answer");
        }
    }

    @Test
    void whatComesTooLateToRunIsRecordedToo() throws Exception {
        CompletableFuture<Generation> answer = new CompletableFuture<>();
        try (Stage stage = stage(calls("look(name=\"a\")", "look(name=\"b\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(tool("look", call -> ToolResult.of(""), ToolHint.READ_ONLY)).guard(request -> {
                            answer.join().cancel();
                            return ToolDecision.ALLOW;
                        }).start();
                Generation generation = conversation.send("Go.")) {
            answer.complete(generation);
            generation.answer();
            assertEquals(List.of("a", "b"),
                    reports.stream().map(report -> report.request().call().arguments().get("name")).sorted().toList());
            assertEquals(Verdict.CANCELLED, reports.stream()
                    .filter(report -> "b".equals(report.request().call().arguments().get("name"))).findFirst()
                    .orElseThrow().verdict());
        }
    }

    @Test
    void progressIsTold() {
        ToolProvider slow = tool(Stage.definition("lamp"), (call, progress) -> {
            progress.update("half", 0.5);
            progress.update("less", 0.2);
            progress.update("all", 7);
            return ToolResult.of("on");
        });
        try (Stage stage = stage(calls("lamp(name=\"a\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation().tools(slow).start()) {
            List<Event.ToolProgressed> told = events(conversation).stream()
                    .filter(Event.ToolProgressed.class::isInstance).map(Event.ToolProgressed.class::cast).toList();
            assertEquals("half", told.getFirst().what());
            assertEquals(0.5, told.getFirst().fraction());
            assertEquals("all", told.getLast().what());
            assertEquals(1, told.getLast().fraction());
            assertTrue(told.stream().allMatch(one -> one.fraction() >= 0.5), told::toString);
        }
    }

    @Test
    void whatCannotBeRecordedDoesNotRun() {
        try (Stage stage = stage(calls("lamp(name=\"a\")"), "Done."); Model model = stage.open()) {
            stage.engine.addListener(new ToolListener() {
                @Override
                public void starting(ToolRequest request) {
                    throw new IllegalStateException("the disk is full");
                }

                @Override
                public void ended(ToolReport report) {
                    throw new IllegalStateException("the disk is full");
                }
            });
            try (Conversation conversation = model.conversation().tools(tool("lamp", call -> {
                throw new AssertionError("it ran");
            })).start()) {
                assertEquals(List.of("The call cannot be recorded, so it does not run: the disk is full"),
                        results(events(conversation)));
            }
        }
    }

    @Test
    void picturesAreRefusedWithTheReason() {
        try (Stage stage = stage(calls("lamp(name=\"a\")"), "Done.");
                Model model = stage.open();
                Conversation conversation = model.conversation()
                        .tools(tool("lamp", call -> ToolResult.of(new byte[]{1, 2, 3}))).start()) {
            assertTrue(results(events(conversation)).getFirst().contains("reads text only"));
        }
    }

    @Test
    void whoeverRunsAToolOutsideOfAConversationMeetsTheSameRules() throws InterruptedException {
        try (Stage stage = stage()) {
            stage.engine.addGuard(request -> request.user().equals("guest")
                    ? ToolDecision.refuse("Not for guests.")
                    : new ToolDecision.Allow(Optional.empty(), OptionalInt.of(3)));
            Tool lamp = tool("lamp", call -> ToolResult.of("bright")).tools().getFirst();
            ToolCall call = new ToolCall("1", "lamp", Map.of("name", "a"));
            ToolResult refused = stage.engine.runTool(lamp, new ToolRequest("", "guest", lamp.definition(), call),
                    ToolApprover.NOBODY, Progress.NONE);
            assertEquals(ToolResult.error("Not for guests."), refused);
            ToolResult ran = stage.engine.runTool(lamp, new ToolRequest("", "anna", lamp.definition(), call),
                    ToolApprover.NOBODY, Progress.NONE);
            assertTrue(String.valueOf(ran.value()).startsWith("bri\n[Cut here"), () -> String.valueOf(ran.value()));
            ToolResult wrong = stage.engine.runTool(lamp, new ToolRequest(lamp.definition(),
                    new ToolCall("2", "lamp", Map.of("name", List.of()))), ToolApprover.NOBODY, Progress.NONE);
            assertTrue(wrong.error());
            assertEquals(List.of(Verdict.REFUSED, Verdict.ALLOWED, Verdict.REFUSED),
                    reports.stream().map(ToolReport::verdict).toList());
            assertFalse(starts.isEmpty());
        }
    }

    @Test
    void aToolThatHangsIsLeftAloneUntilItsCallsHaveEnded() throws InterruptedException {
        try (Stage stage = stage()) {
            stage.engine.addGuard(
                    request -> new ToolDecision.Allow(Optional.of(Duration.ofMillis(10)), OptionalInt.empty()));
            CountDownLatch release = new CountDownLatch(1);
            AtomicInteger begun = new AtomicInteger();
            AtomicInteger deaf = new AtomicInteger();
            Tool valve = tool("valve", call -> {
                begun.incrementAndGet();
                while (release.getCount() > 0) {
                    try {
                        release.await();
                    } catch (InterruptedException e) {
                        deaf.incrementAndGet(); // the fault that is tried here
                    }
                }
                return ToolResult.of("open");
            }).tools().getFirst();
            Callable<ToolResult> one = () -> stage.engine.runTool(valve, new ToolRequest("", "anna", valve.definition(),
                    new ToolCall("1", "valve", Map.of("name", "a"))), ToolApprover.NOBODY, Progress.NONE);
            try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
                for (Future<ToolResult> each : callers.invokeAll(Collections.nCopies(4, one))) {
                    assertTrue(each.get().error());
                }
                assertEquals(4.0, hanging(stage));
                String said = String.valueOf(callers.submit(one).get().value());
                assertTrue(said.contains("earlier calls of it have not ended"), said);
                assertEquals(4, begun.get());
                release.countDown();
                while (hanging(stage) > 0) {
                    Thread.onSpinWait();
                }
                callers.submit(one).get();
                assertEquals(5, begun.get());
            } catch (ExecutionException e) {
                throw new AssertionError(e);
            } finally {
                release.countDown();
            }
        }
    }

    private static double hanging(Stage stage) {
        return stage.engine.metrics().stream().filter(metric -> metric.name().equals("tool_calls_hanging"))
                .mapToDouble(metric -> ((Metric.Gauge) metric).value()).sum();
    }
}
