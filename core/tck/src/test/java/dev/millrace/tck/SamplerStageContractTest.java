/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import dev.millrace.api.AnswerFormat;
import dev.millrace.spi.text.SamplerStage;
import dev.millrace.spi.text.StageContext;
import dev.millrace.spi.text.TokenHistory;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The contract of sampler stages finds what is wrong with one. */
class SamplerStageContractTest {

    /** One thing at a time. */
    enum Fault {
        NONE, BANS_ALL, MAKES_NO_NUMBERS, ALLOWS_WHAT_IS_BANNED, WRITES_INTO_BYTES, COUNTS_LOOKS, FEARS_OTHER_TOKENS, SHARES_STATE, FORK_IS_ITSELF, FORK_SHARES, FORK_FORGETS, GOES_ON_IN_THE_NEXT_ANSWER, HAS_ONE_STAGE, CHANGES_ITS_ORDER, THROWS_AT_FORMATS, DENIES_ITS_FORMAT, LEAVES_ITS_FORMAT, NEVER_ENDS
    }

    /** Forbids a word, or enforces small letters, five at most. */
    private static final class Words implements SamplerStage.Factory {

        private static final byte[] WORD = "password".getBytes(StandardCharsets.UTF_8);

        private final Fault fault;
        private final byte[] tails = new byte[WORD.length * 64];
        private int tailLength;
        private int orders;
        private @Nullable Stage only;

        Words(Fault fault) {
            this.fault = fault;
        }

        @Override
        public int order() {
            return fault == Fault.CHANGES_ITS_ORDER ? orders++ : 50;
        }

        @Override
        public boolean enforces(AnswerFormat format) {
            if (fault == Fault.THROWS_AT_FORMATS) {
                return ((AnswerFormat.Pattern) format).regex().isEmpty();
            }
            return format instanceof AnswerFormat.Pattern && fault != Fault.DENIES_ITS_FORMAT;
        }

        @Override
        public Optional<SamplerStage> create(StageContext context) {
            if (fault == Fault.HAS_ONE_STAGE) {
                only = only == null ? new Stage(this, context, new byte[0]) : only;
                return Optional.of(only);
            }
            return Optional.of(new Stage(this, context, new byte[0]));
        }
    }

    private static final class Stage implements SamplerStage {

        private final Words words;
        private final StageContext context;
        private byte[] tail;
        private int looks;
        private int letters;

        Stage(Words words, StageContext context, byte[] tail) {
            this.words = words;
            this.context = context;
            this.tail = tail;
        }

        @Override
        public void apply(float[] logits, TokenHistory history) {
            looks++;
            switch (words.fault) {
                case BANS_ALL -> Arrays.fill(logits, Float.NEGATIVE_INFINITY);
                case MAKES_NO_NUMBERS -> logits[7] = Float.NaN;
                case ALLOWS_WHAT_IS_BANNED -> {
                    for (int i = 0; i < logits.length; i++) {
                        logits[i] = Math.max(logits[i], -100);
                    }
                }
                case WRITES_INTO_BYTES -> context.bytes(65)[0] = 'B';
                case COUNTS_LOOKS -> logits[9] -= looks;
                default -> {
                    // below
                }
            }
            if (context.format() instanceof AnswerFormat.Pattern) {
                letters(logits);
                return;
            }
            for (int token = 0; token < logits.length; token++) {
                byte[] all = joined(token);
                if (new String(all, StandardCharsets.ISO_8859_1).contains("password")) {
                    logits[token] = Float.NEGATIVE_INFINITY;
                }
            }
            logits[11] -= Math.floorMod(Arrays.hashCode(tail()), 7);
        }

        private void letters(float[] logits) {
            for (int token = 0; token < logits.length; token++) {
                boolean letter = token >= 'a' && token <= 'z' && letters < 5;
                boolean end = context.endTokens().contains(token) && letters > 0 && words.fault != Fault.NEVER_ENDS;
                boolean wrong = (words.fault == Fault.LEAVES_ITS_FORMAT && token == 'A')
                        || (words.fault == Fault.NEVER_ENDS && token == 'a');
                if (!letter && !end && !wrong) {
                    logits[token] = Float.NEGATIVE_INFINITY;
                }
            }
        }

        private byte[] tail() {
            return words.fault == Fault.SHARES_STATE ? Arrays.copyOf(words.tails, words.tailLength) : tail;
        }

        private byte[] joined(int token) {
            byte[] more = context.bytes(token);
            byte[] all = Arrays.copyOf(tail(), tail().length + more.length);
            System.arraycopy(more, 0, all, tail().length, more.length);
            return all;
        }

        @Override
        public void accept(int token) {
            if (words.fault == Fault.FEARS_OTHER_TOKENS && context.tokenizer().isControl(token)
                    && !context.endTokens().contains(token)) {
                throw new IllegalStateException("what is that?");
            }
            letters++;
            byte[] all = joined(token);
            byte[] kept = Arrays.copyOfRange(all, Math.max(0, all.length - Words.WORD.length + 1), all.length);
            if (words.fault == Fault.SHARES_STATE) {
                System.arraycopy(kept, 0, words.tails, 0, kept.length);
                words.tailLength = kept.length;
            } else if (words.fault == Fault.FORK_SHARES && kept.length == tail.length) {
                System.arraycopy(kept, 0, tail, 0, kept.length);
            } else {
                tail = kept;
            }
        }

        @Override
        public void begin(TokenHistory history, int round) {
            if (words.fault != Fault.GOES_ON_IN_THE_NEXT_ANSWER) {
                tail = new byte[0];
                words.tailLength = 0;
            }
            letters = 0;
        }

        @Override
        public SamplerStage fork() {
            Stage fork = switch (words.fault) {
                case FORK_IS_ITSELF -> this;
                case FORK_FORGETS -> new Stage(words, context, new byte[0]);
                case FORK_SHARES -> new Stage(words, context, tail);
                default -> new Stage(words, context, tail.clone());
            };
            fork.letters = letters;
            return fork;
        }
    }

    /** The contract, for a stage with the fault that was planted. */
    @ExtendWith(ContractRun.Planted.class)
    static class Subject extends SamplerStageContract {

        private final Words words;

        Subject(Fault fault) {
            words = new Words(fault);
        }

        @Override
        protected SamplerStage.Factory factory() {
            return words;
        }
    }

    /** The same for one that enforces a format. */
    static class Enforcing extends Subject {

        Enforcing(Fault fault) {
            super(fault);
        }

        @Override
        protected AnswerFormat format() {
            return new AnswerFormat.Pattern("[a-z]{1,5}");
        }

        @Override
        protected boolean hasFormat(String answer) {
            return answer.matches("[a-z]{1,5}");
        }
    }

    @Test
    void soundStagesPass() {
        ContractRun.all(Subject.class, Fault.NONE).assertSound(10);
        ContractRun.all(Enforcing.class, Fault.NONE).assertSound(11);
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
            BANS_ALL,                   logitsStayFiniteAndAnswersPossible,      at least one
            MAKES_NO_NUMBERS,           logitsStayFiniteAndAnswersPossible,      stay finite
            WRITES_INTO_BYTES,          logitsStayFiniteAndAnswersPossible,      not the stage's
            ALLOWS_WHAT_IS_BANNED,      whatOthersHaveBannedStaysBanned,         possible again
            COUNTS_LOOKS,               lookingTwiceChangesNothing,              begin and accept
            FEARS_OTHER_TOKENS,         tokensThatItWouldNotHaveChosenAreTaken,  other stages decided
            SHARES_STATE,               conversationsDoNotDisturbEachOther,      owns what it keeps
            FORK_IS_ITSELF,             forksGoOnByThemselves,                   fork
            FORK_SHARES,                forksGoOnByThemselves,                   fork copies
            FORK_FORGETS,               forksGoOnByThemselves,                   takes over
            GOES_ON_IN_THE_NEXT_ANSWER, everyAnswerBeginsAnew,                   begin ends
            HAS_ONE_STAGE,              everyConversationGetsAStageOfItsOwn,     a new stage
            CHANGES_ITS_ORDER,          orderStaysTheSame,                       constant
            THROWS_AT_FORMATS,          anyConversationCanBeLookedAt,            look at any conversation
            """)
    void aFaultIsReportedByTheTestThatIsMeantForIt(Fault fault, String test, String words) {
        ContractRun.one(Subject.class, fault, test).assertReports(words);
    }

    @ParameterizedTest
    @CsvSource({"DENIES_ITS_FORMAT, enforces() is false", "LEAVES_ITS_FORMAT, has not the format",
            "NEVER_ENDS, No answer came to its end"})
    void aFormatThatIsNotKeptIsReported(Fault fault, String words) {
        ContractRun.one(Enforcing.class, fault, "answersHaveTheFormatThatIsEnforced").assertReports(words);
    }
}
