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
import dev.millrace.api.Conversation;
import dev.millrace.api.Event;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.LoopLimits;
import dev.millrace.api.Message;
import dev.millrace.api.Model;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.api.TokenScore;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.TokenHistory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What can be asked of an answer, from the first token to the last. */
@Timeout(60)
class AnswersTest {

    private static final String THOUGHTFUL = "<think>Is it the pump or the valve?</think>It is the valve.";

    @TempDir
    Path folder;

    private ScriptedBackend backend = new ScriptedBackend("a", true, THOUGHTFUL, "Indeed.");

    private interface Check {
        void on(Model model) throws Exception;
    }

    private void withModel(Check check) throws Exception {
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            check.on(model);
        }
        assertEquals(0, backend.openSequences.get(), "all sequences are closed");
    }

    // ---- several answers

    @Test
    void severalAnswersReadThePromptOnce() throws Exception {
        withModel(model -> {
            Conversation conversation = model.conversation()
                    .sampling(Sampling.greedy().withTemperature(4).withTopK(40).withSeed(5)).maxTokens(20).start();
            List<Generation> answers = conversation.send(List.of(Message.user("Which one?")), 4);
            assertEquals(4, answers.size());
            Set<String> different = new HashSet<>();
            int completed = 0;
            for (Generation generation : answers) {
                Answer answer = generation.answer();
                different.add(answer.thinking() + "|" + answer.text());
                completed += answer.usage().completionTokens();
                assertEquals(answers.getFirst().answer().usage().promptTokens(), answer.usage().promptTokens());
            }
            assertTrue(different.size() > 1, "each has a seed of its own: " + different);
            int prompt = answers.getFirst().answer().usage().promptTokens();
            // the prompt once, its last token for each, and each chosen token but the last
            assertEquals(prompt - 1 + 4 + completed - 4, backend.tokensRead.get());
            assertEquals(2, conversation.messages().size(), "the first answer is the conversation's");
            assertEquals(answers.getFirst().answer().text(), conversation.messages().getLast().content());
        });
    }

    @Test
    void theSameSeedGivesTheSameSeveralAnswers() throws Exception {
        withModel(model -> {
            List<List<String>> rounds = new ArrayList<>();
            for (int round = 0; round < 2; round++) {
                try (Conversation conversation = model.conversation()
                        .sampling(Sampling.greedy().withTemperature(4).withTopP(0.9).withSeed(5)).maxTokens(12)
                        .start()) {
                    rounds.add(conversation.send(List.of(Message.user("x")), 3).stream()
                            .map(generation -> generation.answer().thinking() + "|" + generation.answer().text())
                            .toList());
                }
            }
            assertEquals(rounds.getFirst(), rounds.getLast());
        });
    }

    @Test
    void allAnswersEndWhenTheFirstCannotBegin() throws Exception {
        backend.onForward = steps -> {
            throw new IllegalStateException("broken");
        };
        withModel(model -> {
            List<Generation> answers = model.conversation().start().send(List.of(Message.user("x")), 3);
            for (Generation generation : answers) {
                assertThrows(RuntimeException.class, generation::answer);
                assertTrue(generation.isDone());
            }
        });
    }

    @Test
    void allAnswersStartAlsoIfWhatWasReadCannotBeForkedForOne() throws Exception {
        AtomicBoolean failed = new AtomicBoolean();
        backend.onState = () -> {
            if (!failed.getAndSet(true)) {
                throw new IllegalStateException("broken");
            }
        };
        withModel(model -> {
            List<Generation> answers = model.conversation().start().send(List.of(Message.user("x")), 3);
            for (Generation generation : answers) {
                assertEquals("It is the valve.", generation.answer().text());
            }
            assertTrue(failed.get());
        });
    }

    @Test
    void closingEndsAnswersThatHaveNotStarted() throws Exception {
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch reading = new CountDownLatch(1);
        backend.onForward = steps -> {
            reading.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        };
        withModel(model -> {
            List<Generation> answers = model.conversation().start().send(List.of(Message.user("x")), 3);
            reading.await();
            Thread closing = Thread.startVirtualThread(model::close);
            go.countDown();
            closing.join();
            answers.forEach(generation -> assertTrue(generation.isDone()));
        });
    }

    /** A stage of which no third copy can be made. */
    private static final class Uncopied implements SamplerStage {

        private final AtomicInteger forks;

        Uncopied(AtomicInteger forks) {
            this.forks = forks;
        }

        @Override
        public void apply(float[] logits, TokenHistory history) {
            // looks on
        }

        @Override
        public SamplerStage fork() {
            if (forks.incrementAndGet() == 3) {
                throw new IllegalStateException("no third copy");
            }
            return this;
        }
    }

    @Test
    void answersThatCannotBeginLeaveNothingAndKeepNobodyWaiting() throws Exception {
        try (Stage stage = new Stage(folder, backend)) {
            AtomicInteger forks = new AtomicInteger();
            stage.services.stages.add(Stage.stages(context -> new Uncopied(forks)));
            stage.engine.configure(Map.of("answers", 4));
            try (Model model = stage.open(); Conversation conversation = model.conversation().start()) {
                assertThrows(IllegalStateException.class, () -> conversation.send(List.of(Message.user("x")), 4));
                assertEquals(List.of(), conversation.messages());
                assertEquals("It is the valve.", conversation.send("x").answer().text());
                while (stage.engine.health().getFirst().answers() > 0) {
                    Thread.onSpinWait();
                }
            }
        }
        assertEquals(0, backend.openSequences.get());
    }

    // ---- answers that are begun

    @Test
    void goesOnWithTheTextOfAnAnswer() throws Exception {
        backend = new ScriptedBackend("a", true, "It is the valve of the pump.", "Indeed.");
        withModel(model -> {
            Conversation conversation = model.conversation().start();
            Answer answer = conversation.send(List.of(Message.user("What?"), Message.assistant("It is the v")))
                    .answer();
            assertEquals("alve of the pump.", answer.text());
            assertEquals(List.of(Message.user("What?"), Message.assistant("It is the valve of the pump.")),
                    conversation.messages());
            assertEquals("Indeed.", conversation.send("Really?").answer().text());
        });
    }

    @Test
    void goesOnWithTheThinkingOfAnAnswer() throws Exception {
        withModel(model -> {
            Conversation conversation = model.conversation().start();
            Message begun = Message.assistant("", "Is it the p", List.of());
            Answer answer = conversation.send(List.of(Message.user("What?"), begun)).answer();
            assertEquals("ump or the valve?", answer.thinking());
            assertEquals("It is the valve.", answer.text());
            assertEquals(Message.assistant("It is the valve.", "Is it the pump or the valve?", List.of()),
                    conversation.messages().getLast());
        });
    }

    @Test
    void goesOnBehindTheThinkingAndAfterACut() throws Exception {
        withModel(model -> {
            Conversation conversation = model.conversation().start();
            Message begun = Message.assistant("It is", "Is it the pump or the valve?", List.of());
            assertEquals(" the valve.",
                    conversation.send(List.of(Message.user("What?"), begun)).answer().text());
        });
    }

    @Test
    void goesOnWithAnAnswerThatWasCutAsIfItHadNotBeen() throws Exception {
        withModel(model -> {
            Conversation conversation = model.conversation().maxTokens(8).start();
            StringBuilder thinking = new StringBuilder(conversation.send("What?").answer().thinking());
            FinishReason reason = FinishReason.LENGTH;
            StringBuilder text = new StringBuilder();
            while (reason == FinishReason.LENGTH) {
                Message cut = conversation.messages().getLast();
                conversation.rewind(1);
                Answer more = conversation.send(List.of(cut)).answer();
                thinking.append(more.thinking());
                text.append(more.text());
                reason = more.reason();
            }
            assertEquals("Is it the pump or the valve?", thinking.toString());
            assertEquals("It is the valve.", text.toString());
            assertEquals(2, conversation.messages().size());
        });
    }

    // ---- how an answer ends, and what is told of it

    @Test
    void endsAtATokenOfTheCaller() throws Exception {
        withModel(model -> {
            int valve = model.tokenizer().encode("v")[0];
            Answer answer = model.conversation().stopTokens(Set.of(valve)).start().send("x").answer();
            assertEquals(FinishReason.STOP, answer.reason());
            assertEquals("Is it the pump or the ", answer.thinking());
            assertThrows(IllegalArgumentException.class,
                    () -> model.conversation().stopTokens(Set.of(ScriptedModel.VOCABULARY)));
            assertThrows(IllegalArgumentException.class, () -> model.conversation()
                    .sampling(Sampling.greedy().withLogitBias(Map.of(ScriptedModel.VOCABULARY, 1.0))).start());
        });
    }

    @Test
    void tellsHowLikelyTheTokensOfAPieceWere() throws Exception {
        withModel(model -> {
            List<Event> events = new ArrayList<>();
            model.conversation().logprobs(3).start().send("x").forEach(events::add);
            StringBuilder said = new StringBuilder();
            for (Event event : events) {
                List<TokenScore> scores = switch (event) {
                    case Event.Thinking piece -> piece.tokens();
                    case Event.Text piece -> piece.tokens();
                    default -> List.of();
                };
                for (TokenScore score : scores) {
                    byte[] bytes = new byte[score.token().bytes().size()];
                    for (int i = 0; i < bytes.length; i++) {
                        bytes[i] = score.token().bytes().get(i);
                    }
                    said.append(new String(bytes, StandardCharsets.ISO_8859_1));
                    double sum = Math.log(Math.exp(10) + ScriptedModel.VOCABULARY - 1);
                    assertEquals(10 - sum, score.token().logprob(), 1e-5);
                    assertEquals(3, score.alternatives().size());
                    assertEquals(score.token().id(), score.alternatives().getFirst().id());
                    assertEquals(-sum, score.alternatives().getLast().logprob(), 1e-5);
                }
            }
            assertEquals("Is it the pump or the valve?It is the valve.", said.toString());
            assertThrows(IllegalArgumentException.class, () -> model.conversation().logprobs(101));
        });
    }

    @Test
    void bannedTextsStayOutOfAnAnswer() throws Exception {
        withModel(model -> {
            Answer answer = model.conversation().sampling(Sampling.greedy().withBannedTexts(List.of("valve", "pump")))
                    .maxTokens(60).start().send("x").answer();
            assertFalse((answer.thinking() + answer.text()).contains("valve"), answer.thinking() + answer.text());
            assertFalse((answer.thinking() + answer.text()).contains("pump"), answer.thinking() + answer.text());
        });
    }

    // ---- thinking

    @Test
    void aBudgetEndsTheThinking() throws Exception {
        withModel(model -> {
            Answer answer = model.conversation().reasoning(Reasoning.DEFAULT.withBudget(5)).start().send("x").answer();
            assertEquals("Is it", answer.thinking());
            assertEquals(FinishReason.STOP, answer.reason());
            // the script goes on where it stands, but may not think again
            assertTrue(answer.text().endsWith("It is the valve."), answer.text());
        });
    }

    @Test
    void thinkingCanBeLeftOut() throws Exception {
        withModel(model -> {
            Answer answer = model.conversation().reasoning(Reasoning.off()).start().send("x").answer();
            assertEquals("", answer.thinking());
            assertFalse(answer.text().isEmpty());
        });
    }

    @Test
    void thinkingCanBeHidden() throws Exception {
        withModel(model -> {
            Conversation conversation = model.conversation().reasoning(Reasoning.DEFAULT.withHidden(true)).start();
            Answer answer = conversation.send("x").answer();
            assertEquals("", answer.thinking());
            assertEquals("It is the valve.", answer.text());
            assertEquals("Is it the pump or the valve?", conversation.messages().getLast().thinking());
        });
    }

    @Test
    void anAnswerCanBeWantedAtOnce() throws Exception {
        CompletableFuture<Generation> running = new CompletableFuture<>();
        int[] passes = new int[1];
        backend.onForward = steps -> {
            if (passes[0]++ == 6) {
                running.join().answerNow();
            }
        };
        withModel(model -> {
            running.complete(model.conversation().start().send("x"));
            Answer answer = running.join().answer();
            assertTrue(answer.thinking().length() <= 7, answer.thinking());
            assertTrue("Is it the pump".startsWith(answer.thinking()), answer.thinking());
            assertTrue(answer.text().endsWith("It is the valve."), answer.text());
        });
    }

    @Test
    void aLoopInTheThinkingIsClosedAndOneInTheAnswerEnds() throws Exception {
        String loop = "Wait, is it the pump? ".repeat(80);
        backend = new ScriptedBackend("a", true, "<think>" + loop, loop, loop);
        withModel(model -> {
            Conversation conversation = model.conversation().start();
            Answer thought = conversation.send("x").answer();
            assertTrue(thought.thinking().length() < loop.length() / 2, "closed after " + thought.thinking().length());
            assertFalse(thought.text().isEmpty(), "it answers");
            Answer said = conversation.send("y").answer();
            assertEquals(FinishReason.LOOP, said.reason());
            assertTrue(said.text().length() < loop.length(), "ended after " + said.text().length());
            Conversation free = model.conversation().loops(LoopLimits.OFF).messages(List.of(Message.user("a"),
                    Message.assistant("b"), Message.user("c"), Message.assistant("d"))).start();
            assertEquals(loop, free.send("z").answer().text());
        });
    }
}
