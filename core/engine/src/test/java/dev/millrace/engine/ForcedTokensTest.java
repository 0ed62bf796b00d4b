/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Answer;
import dev.millrace.api.Conversation;
import dev.millrace.api.FinishReason;
import dev.millrace.api.Generation;
import dev.millrace.api.Model;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Tokens that a stage leaves no choice about are taken without one, and read together. */
@Timeout(60)
class ForcedTokensTest {

    private static final String LINE = "Indeed, the valve is open.";
    private static final int END = 3;

    @TempDir
    Path folder;

    private final ScriptedBackend backend = new ScriptedBackend("a", true, LINE, LINE);
    private final AtomicInteger forwards = new AtomicInteger();

    /** Forces the beginning of an answer. */
    private static final class Forcing implements SamplerStage, SamplerStage.Factory {

        private final int[] ids;
        private final List<Integer> accepted;

        Forcing(int[] ids, List<Integer> accepted) {
            this.ids = ids;
            this.accepted = accepted;
        }

        @Override
        public int order() {
            return 1;
        }

        @Override
        public Optional<SamplerStage> create(StageContext context) {
            return Optional.of(this);
        }

        @Override
        public boolean bounds() {
            return true;
        }

        @Override
        public long @Nullable [] allowed(TokenHistory history) {
            return null;
        }

        @Override
        public int[] forced(TokenHistory history) {
            return history.length() == history.promptLength() ? ids : new int[0];
        }

        @Override
        public void apply(float[] logits, TokenHistory history) {
            // all are allowed
        }

        @Override
        public void accept(int token) {
            accepted.add(token);
        }

        @Override
        public SamplerStage fork() {
            return this;
        }
    }

    private Answer answer(UnaryOperator<Conversation.Builder> how, String text, boolean withEnd, int turns) {
        backend.onForward = steps -> forwards.incrementAndGet();
        List<Integer> accepted = new ArrayList<>();
        try (Stage stage = new Stage(folder, backend); Model model = stage.open()) {
            int[] ids = model.tokenizer().encode(text);
            int[] all = withEnd ? Arrays.copyOf(ids, ids.length + 1) : ids;
            if (withEnd) {
                all[ids.length] = END;
            }
            stage.services.stages.add(new Forcing(all, accepted));
            try (Conversation conversation = how.apply(model.conversation()).start()) {
                Answer last = null;
                for (int turn = 0; turn < turns; turn++) {
                    forwards.set(0);
                    accepted.clear();
                    try (Generation generation = conversation.send("Is it?")) {
                        last = generation.answer();
                    }
                    assertEquals(last.usage().completionTokens(), accepted.size(), "all stages see each token");
                }
                return java.util.Objects.requireNonNull(last);
            }
        }
    }

    @Test
    void whatIsForcedIsReadAtOnce() {
        Answer answer = answer(how -> how, "Indeed, the valve", false, 1);
        assertEquals(LINE, answer.text());
        assertEquals(FinishReason.STOP, answer.reason());
        assertEquals(LINE.length() + 1, answer.usage().completionTokens());
        // the prompt, what is forced, and each token that is chosen but the end
        assertEquals(2 + " is open.".length(), forwards.get());
    }

    @Test
    void aForcedEndIsNotReadAtAll() {
        Answer answer = answer(how -> how, LINE, true, 1);
        assertEquals(LINE, answer.text());
        assertEquals(FinishReason.STOP, answer.reason());
        assertEquals(1, forwards.get(), "the prompt");
    }

    @Test
    void theNextTurnGoesOnBehindIt() {
        Answer answer = answer(how -> how, LINE, true, 2);
        assertEquals(LINE, answer.text());
        assertEquals(1, forwards.get(), "the prompt of the second turn");
        assertTrue(answer.usage().cachedTokens() > 0);
    }

    @Test
    void limitsHoldForForcedTokensToo() {
        Answer cut = answer(how -> how.maxTokens(6), LINE, true, 1);
        assertEquals("Indeed", cut.text());
        assertEquals(FinishReason.LENGTH, cut.reason());
        assertEquals(6, cut.usage().completionTokens());
    }

    @Test
    void stopTextsHoldForForcedTokensToo() {
        Answer stopped = answer(how -> how.stop(List.of("valve")), LINE, true, 1);
        assertEquals("Indeed, the ", stopped.text());
        assertEquals(FinishReason.STOP_STRING, stopped.reason());
    }

    @Test
    void whoAsksHowLikelyTokensAreSeesAllOfThem() {
        Answer answer = answer(how -> how.logprobs(1), "Indeed, the valve", false, 1);
        assertEquals(LINE, answer.text());
        assertEquals(LINE.length() + 1, forwards.get());
    }
}
