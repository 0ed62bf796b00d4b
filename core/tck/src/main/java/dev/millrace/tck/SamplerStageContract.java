/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.millrace.api.AnswerFormat;
import dev.millrace.api.MillraceException;
import dev.millrace.api.Sampling;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.Test;

/**
 * What every sampler stage promises. A stage's tests extend this class, name the factory and, where it enforces a format, that
 * format. The conversation has a small vocabulary of bytes, words and control tokens.
 */
@DisplayNameGeneration(Sentences.class)
public abstract class SamplerStageContract {

    private static final int TOKENS = 24;
    private static final int MOST_TOKENS = 400;
    private static final int SEEDS = 12;

    /** For classes that extend this one. */
    protected SamplerStageContract() {
    }

    /**
     * The factory under test.
     *
     * @return the same each time, or a new one
     */
    protected abstract SamplerStage.Factory factory();

    /**
     * The format that the conversation asks for.
     *
     * @return free text by default; where the factory enforces formats, one of those
     */
    protected AnswerFormat format() {
        return AnswerFormat.TEXT;
    }

    /**
     * Whether a complete answer has the format.
     *
     * @param answer the text of an answer that ended by an end token
     * @return true by default
     */
    protected boolean hasFormat(String answer) {
        return true;
    }

    /**
     * Whether stages keep something from one answer of a conversation to the next, on purpose.
     *
     * @return false by default: a new answer begins as the first one did
     */
    protected boolean remembers() {
        return false;
    }

    private SmallVocabulary conversation() {
        return new SmallVocabulary(format(), Sampling.greedy().withTemperature(0.7));
    }

    private SamplerStage stage(StageContext context) {
        return factory().create(context).orElseThrow(() -> new AssertionError("create takes no part in the conversation"
                + " under test, which asks for " + context.format() + ": name a format() in which it does."));
    }

    /** Tokens of a conversation. */
    private static final class Tokens implements TokenHistory {

        private final List<Integer> all = new ArrayList<>();
        private final int prompt;

        Tokens(int[] prompt) {
            Arrays.stream(prompt).forEach(all::add);
            this.prompt = prompt.length;
        }

        Tokens(Tokens other) {
            all.addAll(other.all);
            prompt = other.prompt;
        }

        @Override
        public int length() {
            return all.size();
        }

        @Override
        public int promptLength() {
            return prompt;
        }

        @Override
        public int token(int index) {
            return all.get(index);
        }

        int[] answer() {
            return all.subList(prompt, all.size()).stream().mapToInt(Integer::intValue).toArray();
        }
    }

    /** An answer in the making: rows of made-up logits, of which the largest is chosen each time. */
    private static final class Answer {

        private final SmallVocabulary conversation;
        private final SamplerStage stage;
        private final Tokens tokens;
        private final List<float[]> rows = new ArrayList<>();
        private boolean ended;

        private Answer(SmallVocabulary conversation, SamplerStage stage, Tokens tokens) {
            this.conversation = conversation;
            this.stage = stage;
            this.tokens = tokens;
        }

        static Answer begin(SmallVocabulary conversation, SamplerStage stage, String prompt) {
            Tokens tokens = new Tokens(conversation.encode(prompt));
            stage.begin(tokens, 0);
            return new Answer(conversation, stage, tokens);
        }

        Answer fork() {
            Answer fork = new Answer(conversation, stage.fork(), new Tokens(tokens));
            fork.rows.addAll(rows);
            fork.ended = ended;
            return fork;
        }

        /** Logits that depend on the seed and the position alone. */
        private float[] logits(long seed) {
            Random random = new Random(seed * 31 + tokens.length());
            float[] row = new float[conversation.size()];
            for (int i = 0; i < row.length; i++) {
                row[i] = (float) random.nextGaussian() * 3;
            }
            return row;
        }

        /** What the stage makes of logits. */
        float[] applied(float[] logits) {
            int before = tokens.length();
            float[] row = logits.clone();
            stage.apply(row, tokens);
            assertEquals(before, tokens.length());
            if (stage.bounds()) {
                assertArrayEquals(row, masked(logits), 0,
                        "allowed() and apply do not forbid the same tokens: a stage that bounds"
                                + " is asked for one or the other");
            }
            boolean possible = false;
            for (int i = 0; i < row.length; i++) {
                int token = i;
                float logit = row[i];
                assertFalse(Float.isNaN(logit) || logit == Float.POSITIVE_INFINITY,
                        () -> "apply makes the logit of token " + token + " " + logit + " after " + before
                                + " tokens: logits stay finite, or become minus infinity to ban a token.");
                possible |= logit > Float.NEGATIVE_INFINITY;
            }
            assertTrue(possible || Arrays.equals(logits, row), () -> "apply bans every token after "
                    + conversation.decode(tokens.answer())
                    + ": at least one has to stay possible, an end token if nothing else.");
            return row;
        }

        private float[] masked(float[] logits) {
            float[] row = logits.clone();
            long[] mask = stage.allowed(tokens);
            for (int i = 0; i < row.length && mask != null; i++) {
                if ((mask[i >> 6] & 1L << i) == 0) {
                    row[i] = Float.NEGATIVE_INFINITY;
                }
            }
            return row;
        }

        Answer go(int count, long seed) {
            for (int i = 0; i < count && !ended; i++) {
                float[] row = applied(logits(seed));
                rows.add(row);
                accept(Feeder.best(row));
            }
            return this;
        }

        void accept(int token) {
            stage.accept(token);
            tokens.all.add(token);
            ended = conversation.endTokens().contains(token);
        }

        String text() {
            return conversation
                    .decode(Arrays.stream(tokens.answer()).filter(id -> !conversation.isControl(id)).toArray());
        }
    }

    private static void assertSame(Answer expected, Answer actual, String what) {
        assertEquals(expected.text(), actual.text(), what);
        for (int i = 0; i < expected.rows.size(); i++) {
            assertArrayEquals(expected.rows.get(i), actual.rows.get(i), 0, what + " (logits of token " + i + ")");
        }
    }

    // ---- the factory

    @Test
    void orderStaysTheSame() {
        int order = factory().order();
        stage(conversation());
        assertEquals(order, factory().order(), "order is a constant of the factory");
    }

    @Test
    void everyConversationGetsAStageOfItsOwn() {
        SmallVocabulary conversation = conversation();
        assertNotSame(stage(conversation), stage(conversation),
                "create gives a new stage for each conversation: two conversations would disturb each other.");
    }

    @Test
    void anyConversationCanBeLookedAt() {
        for (AnswerFormat format : List.of(AnswerFormat.TEXT, new AnswerFormat.JsonSchema(Map.of("type", "object")),
                new AnswerFormat.JsonSchema(Map.of("type", 7L)), new AnswerFormat.Grammar("root ::= \"a\""),
                new AnswerFormat.Grammar("root ::= ("), new AnswerFormat.Pattern("[a-z]+"),
                new AnswerFormat.Pattern("("))) {
            for (Sampling sampling : List.of(Sampling.greedy(), Sampling.greedy().withTemperature(1).withTopK(3))) {
                assertDoesNotThrow(() -> {
                    try {
                        if (!(format instanceof AnswerFormat.Text)) {
                            factory().enforces(format);
                        }
                        factory().create(new SmallVocabulary(format, sampling));
                    } catch (IllegalArgumentException e) {
                        // the person who wrote the format reads it
                        Bench.assertSentence(String.valueOf(e.getMessage()));
                    }
                }, () -> "enforces and create look at any conversation, here one with " + format
                        + "; a format that is wrong is refused by an IllegalArgumentException with a sentence");
            }
        }
    }

    // ---- what it does to logits

    @Test
    void logitsStayFiniteAndAnswersPossible() {
        SmallVocabulary conversation = conversation();
        for (int seed = 0; seed < SEEDS; seed++) {
            Answer.begin(conversation, stage(conversation), "Is the valve open?").go(TOKENS, seed);
        }
        assertTrue(conversation.isUnchanged(),
                "The arrays that StageContext.bytes gives are not the stage's to change.");
    }

    @Test
    void whatOthersHaveBannedStaysBanned() {
        SmallVocabulary conversation = conversation();
        Answer answer = Answer.begin(conversation, stage(conversation), "Is the valve open?");
        for (int i = 0; i < TOKENS && !answer.ended; i++) {
            float[] logits = answer.logits(3);
            float[] row = logits.clone();
            for (int token = i % 3; token < row.length; token += 3) {
                row[token] = Float.NEGATIVE_INFINITY;
            }
            answer.stage.apply(row, answer.tokens);
            for (int token = i % 3; token < row.length; token += 3) {
                int banned = token;
                assertEquals(Float.NEGATIVE_INFINITY, row[token],
                        () -> "apply makes token " + banned + " possible again, which another stage has banned.");
            }
            answer.go(1, 3);
        }
    }

    @Test
    void lookingTwiceChangesNothing() {
        SmallVocabulary conversation = conversation();
        Answer once = Answer.begin(conversation, stage(conversation), "Is the valve open?").go(TOKENS, 4);
        Answer twice = Answer.begin(conversation, stage(conversation), "Is the valve open?");
        for (int i = 0; i < TOKENS && !twice.ended; i++) {
            twice.applied(twice.logits(4));
            twice.go(1, 4);
        }
        assertSame(once, twice,
                "apply was called twice for each token, and that makes a difference: what a stage knows of an"
                        + " answer comes from begin and accept");
    }

    @Test
    void tokensThatItWouldNotHaveChosenAreTaken() {
        SmallVocabulary conversation = conversation();
        SamplerStage stage = stage(conversation);
        Answer answer = Answer.begin(conversation, stage, "Is the valve open?");
        Random random = new Random(6);
        assertDoesNotThrow(() -> {
            try {
                for (int i = 0; i < TOKENS; i++) {
                    // control tokens first, the end token among them
                    answer.accept(i < 3 ? conversation.size() - 3 + i : random.nextInt(conversation.size()));
                    stage.apply(answer.logits(6), answer.tokens);
                }
            } catch (MillraceException e) {
                // an answer that cannot have its format any more ends here, and a person is told why
                assertFalse(format() instanceof AnswerFormat.Text, () -> "no format was asked for: " + e.getMessage());
                Bench.assertSentence(e.getMessage());
            }
        }, "accept is called for each token, also if other stages decided, and it has to live with that");
    }

    // ---- its life

    @Test
    void conversationsDoNotDisturbEachOther() {
        SmallVocabulary conversation = conversation();
        Answer alone = Answer.begin(conversation, stage(conversation), "Is the valve open?").go(TOKENS, 7);
        SamplerStage.Factory shared = factory();
        Answer one = Answer.begin(conversation, shared.create(conversation).orElseThrow(), "Is the valve open?");
        Answer two = Answer.begin(conversation, shared.create(conversation).orElseThrow(), "Say the password.");
        for (int i = 0; i < TOKENS; i++) {
            two.go(1, 8);
            one.go(1, 7);
        }
        assertSame(alone, one,
                "another conversation on the same factory makes a difference: a stage owns what it keeps");
    }

    @Test
    void forksGoOnByThemselves() {
        SmallVocabulary conversation = conversation();
        Answer whole = Answer.begin(conversation, stage(conversation), "Is the valve open?").go(TOKENS, 9);
        Answer trunk = Answer.begin(conversation, stage(conversation), "Is the valve open?").go(TOKENS / 2, 9);
        Answer other = trunk.fork().go(TOKENS, 10);
        Answer branch = trunk.fork();
        assertNotSame(trunk.stage, branch.stage, "fork gives a copy");
        trunk.go(TOKENS - TOKENS / 2, 9);
        assertSame(whole, trunk,
                "a stage that was forked goes on otherwise than one that was not: fork copies what changes");
        branch.go(TOKENS - TOKENS / 2, 9);
        assertSame(whole, branch, "a fork does not go on where its origin stood: fork takes over what the stage knows");
        assertFalse(other.rows.isEmpty());
    }

    @Test
    void everyAnswerBeginsAnew() {
        assumeFalse(remembers(), "remembers() says that stages keep something from answer to answer");
        SmallVocabulary conversation = conversation();
        Answer first = Answer.begin(conversation, stage(conversation), "Say the password.").go(TOKENS, 11);
        for (int cutOff : new int[]{1, 7, TOKENS}) {
            SamplerStage stage = stage(conversation);
            Answer.begin(conversation, stage, "Is the valve open?").go(cutOff, 12);
            assertSame(first, Answer.begin(conversation, stage, "Say the password.").go(TOKENS, 11),
                    "an answer of " + cutOff + " tokens before makes a difference: begin ends what belongs to it");
        }
    }

    // ---- formats

    @Test
    void answersHaveTheFormatThatIsEnforced() {
        assumeTrue(!(format() instanceof AnswerFormat.Text), "format() names no format");
        assertTrue(factory().enforces(format()),
                () -> "enforces() is false for " + format() + ", so a conversation that asks for it would be refused.");
        SmallVocabulary conversation = conversation();
        int complete = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            Answer answer = Answer.begin(conversation, stage(conversation), "Is the valve open?").go(MOST_TOKENS, seed);
            if (answer.ended) {
                complete++;
                assertTrue(hasFormat(answer.text()),
                        () -> "An answer ended as \"" + answer.text() + "\", which has not the format " + format()
                                + ".");
            }
        }
        assertTrue(complete > 0, "No answer came to its end: a complete answer lets an end token be chosen.");
    }
}
