/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.AnswerFormat;
import dev.millrace.api.BackendException;
import dev.millrace.api.Conversation;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Model;
import dev.millrace.api.ModelOptions;
import dev.millrace.api.Sampling;
import dev.millrace.api.ToolResult;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What backends and plugins may do, and what the engine then does. */
@Timeout(60)
class ContractsTest {

    private static final String LONG = "abcdefghij".repeat(12);

    @TempDir
    Path folder;

    @Test
    void asksForNoMoreThanABackendTakesAndSaysHowLongThePromptIs() {
        ScriptedBackend backend = new ScriptedBackend("a", true, LONG);
        backend.limits = Limits.of(16);
        List<Integer> reach = new CopyOnWriteArrayList<>();
        List<Step.Logits> wanted = new CopyOnWriteArrayList<>();
        backend.onStep = step -> {
            reach.add(step.reach());
            wanted.add(step.wanted());
        };
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Answer answer = model.conversation().start().send("A question of more than sixteen tokens").answer();
            assertEquals(LONG, answer.text());
            assertEquals(answer.usage().promptTokens(), reach.getFirst(), "the first piece knows the whole prompt");
            assertEquals(EnumSet.of(Step.Logits.NONE, Step.Logits.BEST), EnumSet.copyOf(wanted));
            wanted.clear();
            model.conversation().sampling(Sampling.greedy().withTemperature(1)).start().send("All").answer();
            assertTrue(wanted.contains(Step.Logits.LAST), "a draw from all tokens needs the whole row");
        }
    }

    @Test
    void aStepThatFailsFailsAlone() {
        for (RuntimeException problem : List.of(new BackendException("Not this one."),
                new IllegalArgumentException("Not this one."))) {
            Path own = folder.resolve(problem.getClass().getSimpleName());
            assertTrue(own.toFile().mkdir());
            ScriptedBackend backend = new ScriptedBackend("a", true, LONG);
            CountDownLatch both = new CountDownLatch(1);
            backend.onForward = steps -> {
                await(both);
                if (problem instanceof IllegalArgumentException && steps.stream().anyMatch(s -> s.reach() > 400)) {
                    throw problem;
                }
            };
            backend.onStep = step -> {
                if (step.reach() > 400 && problem instanceof BackendException known) {
                    step.fail(known);
                }
            };
            try (Stage stage = new Stage(own, backend); Model model = stage.open()) {
                Generation good = model.conversation().start().send("Short");
                Generation bad = model.conversation().start().send("Long ".repeat(100));
                both.countDown();
                MillraceException e = assertThrows(MillraceException.class, bad::answer);
                assertTrue(e.getMessage().contains("Not this one."), e.getMessage());
                assertEquals(LONG, good.answer().text());
            }
        }
    }

    @Test
    void waitsForRoomUntilOthersEnd() {
        ScriptedBackend backend = new ScriptedBackend("a", true, LONG, "Second.");
        backend.limits = Limits.of(512).withStates(true).withSequences(1);
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            List<Conversation> all = Stream.of("1", "2", "3").map(text -> model.conversation().start()).toList();
            List<Generation> answers = all.stream().map(one -> one.send("Go")).toList();
            answers.forEach(answer -> assertEquals(LONG, answer.answer().text()));
            assertEquals("Second.", all.getFirst().send("More").answer().text(), "what made room is read again");
        }
    }

    @Test
    void saysSoWhereNothingCanMakeRoom() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        backend.onStep = step -> step.fail(new OutOfRoomException("All pages are used."));
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            BackendException e = assertThrows(BackendException.class, () -> conversation.send("a").answer());
            assertTrue(e.getMessage().contains("no room") && e.getMessage().contains("All pages"), e.getMessage());
            backend.onStep = step -> {
            };
            assertEquals("First.", conversation.send("a").answer().text());
        }
    }

    @Test
    void readsOnceMoreAndThenElsewhere() {
        ScriptedBackend first = new ScriptedBackend("a", true, LONG);
        ScriptedBackend second = new ScriptedBackend("b", true, LONG);
        AtomicInteger passes = new AtomicInteger();
        first.onForward = steps -> {
            if (passes.incrementAndGet() == 40) {
                throw new BackendException("A hiccup.");
            }
        };
        try (Stage stage = new Stage(folder, first, second);
                Model model = stage.open(ModelOptions.defaults().withBackend("a"))) {
            assertEquals(LONG, model.conversation().start().send("x").answer().text());
            assertEquals("a:0", model.device().id());
            passes.set(0);
            first.onForward = steps -> {
                if (passes.incrementAndGet() >= 40) {
                    throw new BackendException("Broken for good.");
                }
            };
            assertEquals(LONG, model.conversation().start().send("y").answer().text());
            assertEquals("b:0", model.device().id());
        }
        assertEquals(0, first.openExecutors.get());
    }

    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void sneak(Throwable problem) throws E {
        throw (E) problem;
    }

    @Test
    void anAnswerEndsWhateverABackendThrows() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        backend.onForward = steps -> ContractsTest.<RuntimeException>sneak(new java.io.IOException("checked"));
        backend.onSequenceClosed = () -> {
            throw new IllegalStateException("cannot be closed");
        };
        backend.onExecutorClosed = () -> {
            throw new AssertionError("nor can this");
        };
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            MillraceException e = assertThrows(MillraceException.class, () -> conversation.send("a").answer());
            assertTrue(e.getMessage().contains("checked"), e.getMessage());
            backend.onForward = steps -> {
            };
            assertEquals("First.", conversation.send("a").answer().text());
        }
    }

    /** A stage that is told of each token. */
    private record Telling(IntConsumer listener) implements SamplerStage {

        @Override
        public void apply(float[] logits, TokenHistory history) {
            // looks on
        }

        @Override
        public void accept(int token) {
            listener.accept(token);
        }

        @Override
        public SamplerStage fork() {
            return this;
        }
    }

    @Test
    void anAnswerEndsWhateverAStageThrows() {
        List<Throwable> problems = List.of(new IllegalStateException("known"), new StackOverflowError("deep"),
                new NoClassDefFoundError("gone"), new java.io.IOException("checked"));
        AtomicInteger tokens = new AtomicInteger();
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "First."))) {
            stage.services.stages.add(Stage.stages(context -> new Telling(token -> {
                int number = tokens.incrementAndGet();
                if (number <= problems.size()) {
                    ContractsTest.<RuntimeException>sneak(problems.get(number - 1));
                }
            })));
            try (Model model = stage.open(); Conversation conversation = model.conversation().start()) {
                for (Throwable problem : problems) {
                    RuntimeException e = assertThrows(RuntimeException.class, () -> conversation.send("a").answer());
                    assertTrue(String.valueOf(e.getMessage()).contains(problem.getMessage()), e.getMessage());
                }
                assertEquals("First.", conversation.send("a").answer().text());
            }
        }
    }

    @Test
    void anAnswerEndsAlsoIfTheThreadOfItsModelEndsBeforeWhatWasReadIsKept() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        AtomicReference<Conversation> other = new AtomicReference<>();
        int end = 3;
        try (Stage stage = new Stage(folder, backend)) {
            stage.services.stages.add(Stage.stages(context -> new Telling(token -> {
                Conversation second = token == end ? other.getAndSet(null) : null;
                if (second != null) {
                    backend.onLimits = () -> {
                        throw new IllegalStateException("no limits");
                    };
                    assertThrows(BackendException.class, () -> second.send("b").answer());
                }
            })));
            try (Model model = stage.open()) {
                other.set(model.conversation().start());
                BackendException e = assertThrows(BackendException.class,
                        () -> model.conversation().start().send("a").answer());
                assertTrue(e.getMessage().contains("no limits"), e.getMessage());
            }
        }
        assertEquals(0, backend.openExecutors.get());
    }

    /** Not even what a backend may never throw keeps anybody waiting. */
    @Test
    void whateverEndsTheThreadOfAModelEndsItsAnswers() {
        ScriptedBackend backend = new ScriptedBackend("a", true, LONG);
        AtomicInteger passes = new AtomicInteger();
        backend.onForward = steps -> {
            if (passes.incrementAndGet() == 10) {
                backend.onLimits = () -> {
                    throw new IllegalStateException("no limits");
                };
            }
        };
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            List<Conversation> talks = Stream.generate(() -> model.conversation().start()).limit(3).toList();
            List<Generation> answers = talks.stream().map(talk -> talk.send("Go")).toList();
            for (Generation answer : answers) {
                BackendException e = assertThrows(BackendException.class, answer::answer);
                assertTrue(e.getMessage().contains("thread ended") && e.getMessage().contains("no limits"),
                        e.getMessage());
            }
            assertThrows(BackendException.class, () -> talks.getFirst().send("Again").answer());
            assertThrows(BackendException.class, () -> talks.getFirst().fork().send("Again").answer());
        }
        assertEquals(0, backend.openExecutors.get());
    }

    @Test
    void aBackendThatGoesWhileAModelIsLoadedIsLeft() throws InterruptedException {
        ScriptedBackend from = new ScriptedBackend("a", true, "First.", "Second.");
        ScriptedBackend to = new ScriptedBackend("b", true, "First.", "Second.");
        Stage stage = new Stage(folder, from, to);
        CountDownLatch left = new CountDownLatch(1);
        from.onLoad = () -> stage.engine.removeBackend(from);
        from.onExecutorClosed = left::countDown;
        try (stage; Model model = stage.open(ModelOptions.defaults().withBackend("a"))) {
            left.await();
            Conversation conversation = model.conversation().start();
            assertEquals("First.", conversation.send("a").answer().text());
            assertEquals("b:0", model.device().id());
            // and while it moves; another instance with the same id is not the one that went
            ScriptedBackend second = new ScriptedBackend("a", true, "First.", "Second.");
            CountDownLatch again = new CountDownLatch(1);
            second.onLoad = () -> stage.engine.removeBackend(second);
            second.onExecutorClosed = again::countDown;
            stage.engine.addBackend(second);
            model.moveTo("a");
            again.await();
            assertEquals("Second.", conversation.send("b").answer().text());
            assertEquals("b:0", model.device().id());
        }
        assertEquals(0, from.openExecutors.get() + to.openExecutors.get());
    }

    /** Some frameworks take the classes away at once, and what was not loaded before is not found any more. */
    @Test
    void theClassesOfABackendMayGoWhileItRuns() {
        ScriptedBackend from = new ScriptedBackend("a", true, "First.", "Second.", "Third.");
        ScriptedBackend to = new ScriptedBackend("b", true, "First.", "Second.", "Third.");
        Path saved = folder.resolve("saved");
        try (Stage stage = new Stage(folder, from, to);
                Model model = stage.open(ModelOptions.defaults().withBackend("a"));
                Conversation conversation = model.conversation().start()) {
            assertEquals("First.", conversation.send("a").answer().text());
            from.onState = () -> {
                throw new NoClassDefFoundError("a/Block");
            };
            try (Conversation branch = conversation.fork()) {
                assertEquals("Second.", branch.send("b").answer().text());
            }
            conversation.save(saved);
            try (Conversation opened = model.conversation().restore(saved).start()) {
                assertEquals("Second.", opened.send("b").answer().text());
            }
            from.onForward = steps -> {
                throw new NoClassDefFoundError("a/Product");
            };
            assertEquals("Second.", conversation.send("b").answer().text());
            assertEquals("b:0", model.device().id());
            from.onLoad = () -> {
                throw new NoClassDefFoundError("a/Loading");
            };
            BackendException refused = assertThrows(BackendException.class, () -> model.moveTo("a"));
            assertTrue(String.valueOf(refused.getMessage()).contains("not whole: it lacks a/Loading"),
                    refused.getMessage());
            assertEquals("Third.", conversation.send("c").answer().text());
        }
        assertEquals(0, from.openExecutors.get() + to.openExecutors.get());
        assertEquals(0, from.openSequences.get() + to.openSequences.get());
    }

    @Test
    void aBackendThatFailsWhenItIsAskedLeavesTheOthersToRunTheModel() {
        ScriptedBackend broken = new ScriptedBackend("a", true, "First.");
        ScriptedBackend sound = new ScriptedBackend("b", true, "First.");
        List<Supplier<Optional<Fit.Refused>>> faults = List.of(() -> {
            throw new NoClassDefFoundError("a/Widths");
        }, () -> {
            throw new NullPointerException("widths");
        });
        List<String> reasons = List.of("The backend of a:0 is not whole: it lacks a/Widths.",
                "The backend of a:0 failed when it was asked whether it can run the model: java.lang.NullPointerException: widths.");
        try (Stage stage = new Stage(folder, broken, sound)) {
            for (int i = 0; i < faults.size(); i++) {
                broken.onFit = faults.get(i);
                try (Model model = stage.open(); Conversation conversation = model.conversation().start()) {
                    assertEquals("First.", conversation.send("a").answer().text());
                    assertEquals("b:0", model.device().id());
                }
                BackendException refused = assertThrows(BackendException.class,
                        () -> stage.open(ModelOptions.defaults().withBackend("a")));
                assertTrue(String.valueOf(refused.getMessage()).contains(reasons.get(i)), refused.getMessage());
            }
        }
    }

    @Test
    void whereMemoryIsShortTheOldWeightsGoFirst() {
        ScriptedBackend from = new ScriptedBackend("a", true, "First.", "Second.", "Third.");
        ScriptedBackend to = new ScriptedBackend("b", true, "First.", "Second.", "Third.");
        to.bytes = Long.MAX_VALUE;
        AtomicInteger openAtLoad = new AtomicInteger(-1);
        AtomicBoolean fails = new AtomicBoolean(true);
        to.onLoad = () -> {
            openAtLoad.set(from.openExecutors.get());
            if (fails.get()) {
                throw new BackendException("Not today.");
            }
        };
        try (Stage stage = new Stage(folder, from, to);
                Model model = stage.open(ModelOptions.defaults().withBackend("a"))) {
            Conversation conversation = model.conversation().start();
            conversation.send("a").answer();
            assertThrows(BackendException.class, () -> model.moveTo("b"));
            assertEquals(0, openAtLoad.get(), "never two sets of weights");
            assertEquals("a:0", model.device().id());
            Answer second = conversation.send("b").answer();
            assertEquals("Second.", second.text());
            assertTrue(second.usage().cachedTokens() > 0, "states came back");
            fails.set(false);
            model.moveTo("b");
            assertEquals("b:0", model.device().id());
            Answer third = conversation.send("c").answer();
            assertEquals("Third.", third.text());
            assertTrue(third.usage().cachedTokens() > 0, "states came along");
        }
        assertEquals(0, from.openExecutors.get() + to.openExecutors.get());
    }

    @Test
    void aBackendThatRefusesForWantOfMemoryIsAskedAgainWithoutTheOldWeights() {
        ScriptedBackend from = new ScriptedBackend("a", true, "First.", "Second.", "Third.");
        ScriptedBackend to = new ScriptedBackend("b", true, "First.", "Second.", "Third.");
        Fit.Refused full = new Fit.Refused("There is no room beside the model that runs.", Fit.Cause.MEMORY, 1000);
        to.onFit = () -> Optional.of(full).filter(refusal -> from.openExecutors.get() > 0);
        AtomicInteger loads = new AtomicInteger();
        to.onLoad = loads::incrementAndGet;
        try (Stage stage = new Stage(folder, from, to);
                Model model = stage.open(ModelOptions.defaults().withBackend("a"))) {
            Conversation conversation = model.conversation().start();
            conversation.send("a").answer();
            model.moveTo("b");
            assertEquals("b:0", model.device().id());
            Answer second = conversation.send("b").answer();
            assertEquals("Second.", second.text());
            assertTrue(second.usage().cachedTokens() > 0, "states came along");
            // where there is too little even then, it is back as it was
            from.onFit = () -> Optional.of(full);
            assertEquals(full.reason(), assertThrows(BackendException.class, () -> model.moveTo("a")).getMessage());
            assertEquals("b:0", model.device().id());
            assertEquals(2, loads.get(), "to b, and to b again");
            // and what no free memory would help is refused while the model runs on
            for (Fit.Refused other : List.of(new Fit.Refused(full.reason(), Fit.Cause.MEMORY, Long.MAX_VALUE),
                    new Fit.Refused(full.reason(), Fit.Cause.TYPE), new Fit.Refused(full.reason()))) {
                from.onFit = () -> Optional.of(other);
                assertThrows(BackendException.class, () -> model.moveTo("a"));
                assertEquals(2, loads.get(), () -> "loaded again for " + other);
            }
            Answer third = conversation.send("c").answer();
            assertEquals("Third.", third.text());
            assertTrue(third.usage().cachedTokens() > 0, "states came back");
        }
        assertEquals(0, from.openExecutors.get() + to.openExecutors.get());
    }

    @Test
    void refusesAModelWhoseFeaturesABackendLacks() {
        ScriptedBackend backend = new ScriptedBackend("a", true, "First.");
        backend.features = EnumSet.of(Feature.ATTENTION, Feature.HEAD_NORM, Feature.SWIGLU);
        try (Stage stage = new Stage(folder, backend)) {
            BackendException e = assertThrows(BackendException.class, stage::open);
            assertTrue(e.getMessage().contains(Feature.SHORT_CONVOLUTION.description()), e.getMessage());
        }
    }

    private static final class Counting implements SamplerStage {
        private final AtomicInteger made;
        private final List<Integer> accepted;

        Counting(AtomicInteger made, List<Integer> accepted) {
            this.made = made;
            this.accepted = accepted;
            made.incrementAndGet();
        }

        @Override
        public void apply(float[] logits, TokenHistory history) {
            // looks on
        }

        @Override
        public void accept(int token) {
            accepted.add(token);
        }

        @Override
        public SamplerStage fork() {
            return new Counting(made, accepted);
        }
    }

    @Test
    void stagesLiveAsLongAsTheirConversation() {
        AtomicInteger made = new AtomicInteger();
        List<Integer> accepted = new CopyOnWriteArrayList<>();
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "ab", "cd", "ef"))) {
            stage.services.stages.add(new SamplerStage.Factory() {
                @Override
                public int order() {
                    return 10;
                }

                @Override
                public Optional<SamplerStage> create(StageContext context) {
                    return Optional.of(new Counting(made, accepted));
                }

                @Override
                public boolean enforces(AnswerFormat format) {
                    return format instanceof AnswerFormat.Pattern;
                }
            });
            try (Model model = stage.open()) {
                Conversation conversation = model.conversation().format(new AnswerFormat.Pattern("[a-f]+")).start();
                conversation.send("x").answer();
                conversation.send("y").answer();
                assertEquals(1, made.get());
                assertEquals(6, accepted.size(), "each token and each end is told");
                conversation.fork().send("z").answer();
                assertEquals(2, made.get());
                assertThrows(IllegalArgumentException.class,
                        () -> model.conversation().format(new AnswerFormat.Grammar("root ::= x")).start());
            }
        }
    }

    @Test
    void noAnswerIsMadeOfLogitsThatAreNone() {
        ScriptedBackend backend = new ScriptedBackend("a", true, LONG);
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            backend.poison = Float.NaN;
            for (Sampling sampling : List.of(Sampling.greedy(), Sampling.greedy().withTemperature(1),
                    Sampling.greedy().withTemperature(1).withTopK(5))) {
                BackendException e = assertThrows(BackendException.class,
                        () -> model.conversation().sampling(sampling).start().send("x").answer());
                assertTrue(e.getMessage().contains("not numbers"), e.getMessage());
            }
        }
    }

    @Test
    void whatAToolDoesNeverEndsAnAnswer() {
        String call = "<|tool_call_start|>[look(name=\"cellar\")]<|tool_call_end|>";
        List<Stage.Body> bodies = List.of(c -> ToolResult.of("half \uD83D"), c -> ToolResult.error("half \uD83D"),
                c -> ToolResult.of(List.of("\uDC4B")), c -> {
                    throw new StackOverflowError();
                }, c -> {
                    throw new IllegalStateException("half \uD83D");
                }, c -> {
                    Thread.currentThread().interrupt();
                    return ToolResult.of("left an interrupt");
                });
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, call, "Fine."));
                Model model = stage.open()) {
            for (Stage.Body body : bodies) {
                try (Conversation conversation = model.conversation().tools(Stage.tool("look", body)).start()) {
                    assertEquals("Fine.", conversation.send("Look").answer().text());
                    assertTrue(conversation.messages().get(2).content().chars()
                            .noneMatch(c -> Character.isSurrogate((char) c)), "mended");
                }
            }
        }
    }

    @Test
    void aToolMayCloseTheModelOrMoveIt() {
        String call = "<|tool_call_start|>[look(name=\"cellar\")]<|tool_call_end|>";
        ScriptedBackend backend = new ScriptedBackend("a", true, call, "Fine.");
        ScriptedBackend other = new ScriptedBackend("b", true, call, "Fine.");
        try (Stage stage = new Stage(folder, backend, other)) {
            Model model = stage.open(ModelOptions.defaults().withBackend("a"));
            Conversation moving = model.conversation().tools(Stage.tool("look", c -> {
                model.moveTo("b");
                return ToolResult.of("moved");
            })).start();
            assertEquals("Fine.", moving.send("Look").answer().text());
            assertEquals("b:0", model.device().id());
            Generation closing = model.conversation().tools(Stage.tool("look", c -> {
                model.close();
                return ToolResult.of("closed");
            })).start().send("Look");
            assertInstanceOf(FinishReason.class, closing.answer().reason());
        }
        assertEquals(0, backend.openExecutors.get() + other.openExecutors.get());
    }

    @Test
    void theBudgetHoldsOverAllRounds() {
        String call = "<|tool_call_start|>[look(name=\"cellar\")]<|tool_call_end|>";
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, call, "Fine."));
                Model model = stage.open()) {
            int round = 3 + "[look(name=\"cellar\")]".length();
            Answer answer = model.conversation().maxTokens(round)
                    .tools(Stage.tool("look", c -> ToolResult.of("dry"))).start().send("Look").answer();
            assertEquals(FinishReason.LENGTH, answer.reason());
            assertEquals(round, answer.usage().completionTokens());
        }
    }

    @Test
    void aControlTokenIsNeverText() {
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", true, "a<|pad|>b<|im_start|>c<|startoftext|>"));
                Model model = stage.open()) {
            assertEquals("abc", model.conversation().start().send("x").answer().text());
        }
    }

    @Test
    void savesWithABackendThatExchangesNoStates() {
        Path file = folder.resolve("talk.millrace");
        try (Stage stage = new Stage(folder, new ScriptedBackend("a", false, "First.", "Second."));
                Model model = stage.open()) {
            Conversation conversation = model.conversation().start();
            conversation.send("a").answer();
            conversation.save(file);
            assertEquals("Second.", model.conversation().restore(file).start().send("b").answer().text());
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
