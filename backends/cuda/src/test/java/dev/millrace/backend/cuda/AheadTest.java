/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import static dev.millrace.backend.cuda.LikelyAnswer.TRUSTED;
import static dev.millrace.backend.cuda.LikelyAnswer.VOCABULARY;
import static dev.millrace.backend.cuda.LikelyAnswer.read;
import static dev.millrace.backend.cuda.LikelyAnswer.same;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Passes that are computed before they are asked for: the same bits as without them, whatever is asked for instead. The emulated driver
 * does what is queued as late as may be, so that whatever is overwritten too early is noticed; a device does it as soon as may be.
 */
class AheadTest {

    @BeforeEach
    void needsCompiler() {
        Emulated.backend();
    }

    @Test
    void theSameBitsComeOutInAnyOrderAndOfAnyKind() {
        same(1, (one, all) -> read(one, 40, all));
        same(3, (one, all) -> {
            for (int i = 0; i < 8; i++) {
                read(one, Step.Logits.BEST, all[i % 3], all[(i + 1) % 3], all[(i + 2) % 3]);
                read(one, Step.Logits.LAST, all[2], all[1], all[0]);
            }
        });
        same(2, (one, all) -> {
            long[] odd = {0xAAAA_AAAA_AAAA_AAAAL, 0xAAAA_AAAA_AAAA_AAAAL};
            all[0].step.best().count(7).allow(odd);
            all[1].step.best().penalise(new int[]{1, 2, 3, 4}, new float[]{2, 2, 2, 2}, new float[4], 4);
            read(one, 20, all);
        });
    }

    @Test
    void anythingElseLeavesIt() {
        same(2, (one, all) -> {
            all[0].next = (all[0].next + 1) % VOCABULARY;
            read(one, 30, all);
        });
        same(2, (one, all) -> {
            read(one, 1, all[1]);
            read(one, TRUSTED, all);
            read(one, TRUSTED, all[0]);
        });
        same(1, (one, all) -> {
            // several at once, then nothing wanted
            one.forward(List.of(all[0].step.feed(new int[]{all[0].next, 3, 4}, 0, 3, Step.Logits.ALL)));
            one.forward(List.of(all[0].step.feed(new int[]{9}, 0, 1, Step.Logits.NONE)));
            read(one, 30, all);
        });
        same(1, (one, all) -> {
            assertTrue(all[0].step.sequence().truncate(all[0].step.sequence().length()));
            read(one, 12, all);
            assertTrue(all[0].step.sequence().truncate(0));
            read(one, 30, all);
        });
    }

    /** Behind it a pass is queued that never comes; each sequence must be free of it, whichever of them found nothing. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aChoiceThatFindsNothingLeavesIt(int who) {
        same(3, (one, all) -> {
            all[who].step.best().allow(new long[2]);
            one.forward(Stream.of(all[2], all[0], all[1])
                    .map(each -> each.step.feed(new int[]{each.next}, 0, 1, Step.Logits.BEST)).toList());
            assertEquals(0, all[who].step.best().size());
            all[who].step.best().allow(null);
            // one by one, so that nobody stands in the row that it had
            for (LikelyAnswer answer : all) {
                read(one, 2, answer);
                read(one, TRUSTED, all[who]);
            }
            read(one, TRUSTED, all);
        });
    }

    @Test
    void forksStatesAndOtherSequencesAreAsWithoutIt() {
        same(2, (one, all) -> {
            for (int i = 0; i < 24; i++) {
                Sequence sequence = all[0].step.sequence();
                Step fork = new Step(sequence.fork(), VOCABULARY);
                one.forward(List.of(fork.feed(new int[]{i}, 0, 1, Step.Logits.LAST)));
                all[1].given.add(fork.logits()[0]);
                read(one, 1, all);
                one.forward(List.of(fork.feed(new int[]{i}, 0, 1, Step.Logits.LAST)));
                all[1].given.add(fork.logits()[0]);
                fork.sequence().close();
                read(one, i % 3 == 0 ? TRUSTED / 2 : 1, all[0]);
            }
        });
        same(2, (one, all) -> {
            for (int i = 0; i < 4; i++) {
                read(one, TRUSTED, all);
                try (SequenceState state = all[0].step.sequence().export(); Sequence copy = one.newSequence(state)) {
                    Step step = new Step(copy, VOCABULARY);
                    one.forward(List.of(step.feed(new int[]{3}, 0, 1, Step.Logits.LAST)));
                    all[1].given.add(step.logits()[0]);
                }
            }
        });
        same(2, (one, all) -> {
            // its pages go to the next one while the device still writes there
            all[0].step.sequence().close();
            LikelyAnswer other = new LikelyAnswer(one, 70, 50);
            read(one, TRUSTED, other, all[1]);
            all[1].given.addAll(other.given);
        });
    }
}
