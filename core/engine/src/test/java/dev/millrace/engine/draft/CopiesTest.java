/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.draft;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.text.TokenHistory;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Where the last tokens of a text stood before. */
class CopiesTest {

    private static final class Text implements TokenHistory {

        private final int[] tokens;
        private int length;

        Text(int... tokens) {
            this.tokens = tokens;
            length = tokens.length;
        }

        @Override
        public int length() {
            return length;
        }

        @Override
        public int promptLength() {
            return 0;
        }

        @Override
        public int token(int index) {
            return tokens[index];
        }
    }

    @Test
    void theLongestIsFoundAndOfSeveralTheLast() {
        Copies copies = new Copies();
        Text text = new Text(1, 2, 3, 4, 9, 2, 3, 5, 9, 2, 3, 6, 1, 2, 3);
        copies.note(text);
        assertTrue(copies.find(text));
        assertEquals(3, copies.length());
        assertEquals(4, text.token(copies.place()));
        Text other = new Text(1, 2, 3, 4, 9, 2, 3, 5, 9, 2, 3, 6, 7, 2, 3);
        Copies others = new Copies();
        others.note(other);
        assertTrue(others.find(other));
        assertEquals(2, others.length());
        assertEquals(6, other.token(others.place()));
    }

    @Test
    void nothingIsFoundWhereNothingIsRepeated() {
        for (Text text : new Text[]{new Text(), new Text(1), new Text(1, 1), new Text(1, 2, 3, 4, 5, 1, 6, 2)}) {
            Copies copies = new Copies();
            copies.note(text);
            assertFalse(copies.find(text));
        }
    }

    @Test
    void aTextThatGrowsGivesWhatLookingAtAllOfItGives() {
        Random random = new Random(4);
        int[] tokens = new int[3000];
        for (int i = 0; i < tokens.length; i++) {
            // now and then a piece of what came before
            tokens[i] = i > 50 && i % 100 < 30 ? tokens[i - 47] : random.nextInt(400);
        }
        Text text = new Text(tokens);
        Copies copies = new Copies();
        int found = 0;
        for (text.length = 0; text.length <= tokens.length; text.length += 1 + random.nextInt(4)) {
            copies.note(text);
            int longest = 0;
            for (int at = 2; at < text.length; at++) {
                int same = 0;
                while (same < Copies.MOST && same < at
                        && tokens[at - 1 - same] == tokens[text.length - 1 - same]) {
                    same++;
                }
                longest = Math.max(longest, same);
            }
            assertEquals(longest >= Copies.LEAST, copies.find(text));
            if (longest >= Copies.LEAST) {
                assertEquals(longest, copies.length());
                found++;
            }
        }
        assertTrue(found > 100);
    }
}
