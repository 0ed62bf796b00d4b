/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Penalties;
import dev.millrace.api.Reasoning;
import dev.millrace.api.Sampling;
import dev.millrace.spi.text.SparseStage;
import dev.millrace.spi.text.ThinkingMarks;
import dev.millrace.spi.text.TokenHistory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class OwnStagesTest {

    @SuppressWarnings("ArrayRecordComponent")
    private record History(int promptLength, int... tokens) implements TokenHistory {
        @Override
        public int length() {
            return tokens.length;
        }

        @Override
        public int token(int index) {
            return tokens[index];
        }
    }

    private static Words.Noted changes(SparseStage stage, TokenHistory history) {
        Words.Noted noted = new Words.Noted();
        stage.change(history, noted);
        return noted;
    }

    @Test
    void penaltiesCountWhatStandsInTheirWindow() {
        Random random = new Random(2);
        for (int window : new int[]{0, 1, 5, 40}) {
            OccurrencePenalties stage = new OccurrencePenalties(1.5, 0.25, 0.125, window);
            int[] tokens = random.ints(120, 0, 9).toArray();
            stage.begin(new History(30, Arrays.copyOf(tokens, 30)), 0);
            for (int length = 30; length <= tokens.length; length++) {
                int from = window == 0 ? 0 : Math.max(0, length - window);
                Map<Integer, Float> divisors = new HashMap<>();
                Map<Integer, Float> offsets = new HashMap<>();
                for (int i = from; i < length; i++) {
                    divisors.put(tokens[i], 1.5f);
                    if (i >= 30) {
                        offsets.merge(tokens[i], 0.375f, (old, first) -> old + 0.125f);
                    }
                }
                Words.Noted noted = changes(stage, new History(30, Arrays.copyOf(tokens, length)));
                assertEquals(divisors, noted.divisors, "window " + window + ", length " + length);
                assertEquals(offsets, noted.offsets, "window " + window + ", length " + length);
            }
        }
    }

    @Test
    void dryPenalisesWhatWouldGoOnAsBefore() {
        Penalties.Dry dry = new Penalties.Dry(0.5, 2, 2, 0, List.of("|"));
        Words words = new Words(Sampling.greedy().withDry(dry));
        Map<String, Map<String, Float>> cases = Map.of("a b c d a b c", Map.of(" d", 0.5f * 2), "a b c d a b",
                Map.of(" c", 0.5f), "a b c d a", Map.of(), "a b | d a b |", Map.of(), "a b c | b c", Map.of(" ", 0.5f),
                // the longest of two counts
                "x a b c y b c z a b c", Map.of(" y", 0.5f * 2, " z", 0.5f));
        cases.forEach((text, expected) -> {
            int[] tokens = words.encode(" " + text);
            Map<String, Float> found = new HashMap<>();
            changes(new DryPenalty(words), new History(0, tokens)).offsets
                    .forEach((token, offset) -> found.put(words.decode(token), offset));
            assertEquals(expected, found, text);
        });
    }

    /** For any text: the length of the longest sequence before each place that equals the latest, found the slow way. */
    @Test
    void dryFindsTheLongestSequences() {
        Random random = new Random(4);
        for (int round = 0; round < 300; round++) {
            Penalties.Dry dry = new Penalties.Dry(1, 1.5, 1 + random.nextInt(3), random.nextBoolean() ? 0 : 20,
                    List.of());
            int[] tokens = random.ints(60, 1, 4).toArray();
            Map<Integer, Float> expected = new HashMap<>();
            int first = dry.window() == 0 ? 0 : tokens.length - dry.window();
            for (int end = first + 1; end < tokens.length; end++) {
                int length = 0;
                while (end - 1 - length >= first
                        && tokens[end - 1 - length] == tokens[tokens.length - 1 - length]) {
                    length++;
                }
                if (length >= dry.allowedLength()) {
                    expected.merge(tokens[end], (float) Math.pow(1.5, length - dry.allowedLength()), Math::max);
                }
            }
            DryPenalty stage = new DryPenalty(new Words(Sampling.greedy().withDry(dry)));
            assertEquals(expected, changes(stage, new History(0, tokens)).offsets, Arrays.toString(tokens));
        }
    }

    @Test
    void bannedTextsAreNeverSpelled() {
        Random random = new Random(6);
        List<String> pieces = List.of("a", "b", "ab", "ba", "aab", "bb", "abab", "é", "c");
        Words words = new Words();
        for (String piece : List.of("a", "b", "c")) {
            words.token(piece);
        }
        Map<Integer, String> spelled = new HashMap<>();
        pieces.forEach(piece -> {
            for (int id : words.encode(" " + piece)) {
                spelled.put(id, words.decode(id));
            }
        });
        for (int id = 1; id < words.size(); id++) {
            spelled.put(id, words.decode(id));
        }
        for (List<String> banned : List.of(List.of("aba"), List.of(" ab a", "bb"), List.of("é b"),
                List.of("a", "cc"))) {
            for (int round = 0; round < 60; round++) {
                BannedTexts stage = new BannedTexts(words, banned);
                stage.begin(new History(0), 0);
                StringBuilder text = new StringBuilder();
                for (int i = 0; i < 60; i++) {
                    Set<Integer> bans = new TreeSet<>(changes(stage, new History(0)).offsets.keySet());
                    for (Map.Entry<Integer, String> token : spelled.entrySet()) {
                        boolean completes = banned.stream()
                                .anyMatch(one -> (text + token.getValue()).contains(one));
                        assertEquals(completes, bans.contains(token.getKey()),
                                "after \"" + text + "\": \"" + token.getValue() + "\"");
                    }
                    List<Integer> left = spelled.keySet().stream().filter(id -> !bans.contains(id)).toList();
                    if (left.isEmpty()) {
                        break;
                    }
                    int next = left.get(random.nextInt(left.size()));
                    text.append(spelled.get(next));
                    stage.accept(next);
                }
            }
        }
    }

    @Test
    void thinkingIsClosedWithTheModelsMarkAndStaysClosed() {
        Words words = new Words();
        int open = words.token("(");
        int[] close = words.encode("). ");
        words.encode(" so it goes on ");
        ThinkingControl control = new ThinkingControl(words, Optional.of(new ThinkingMarks("(", "). ", "")),
                Reasoning.DEFAULT.withBudget(3));
        control.beginRound(true);
        assertEquals(-1, control.forced());
        for (int i = 0; i < 3; i++) {
            assertEquals(-1, control.forced(), "within the budget");
            control.chosen(words.token(" it"), true);
        }
        for (int token : close) {
            assertEquals(token, control.forced());
            control.chosen(token, token != close[close.length - 1]);
        }
        assertEquals(-1, control.forced());
        assertEquals(Set.of(open, 0), changes(control, new History(0)).offsets.keySet(),
                "neither thinks again nor ends at once");
        control.chosen(words.token(" so"), false);
        assertEquals(Set.of(open), changes(control, new History(0)).offsets.keySet());
        control.beginRound(true);
        assertEquals(close[0], control.forced(), "the budget is that of the whole answer");
    }

    @Test
    void thinkingEndsWhenItIsWanted() {
        Words words = new Words();
        int open = words.token("(");
        words.encode("). it");
        ThinkingControl control = new ThinkingControl(words, Optional.of(new ThinkingMarks("(", ").", "")),
                Reasoning.DEFAULT);
        control.beginRound(false);
        assertTrue(changes(control, new History(0)).offsets.isEmpty());
        control.chosen(open, true);
        assertEquals(-1, control.forced());
        control.stopThinking();
        assertEquals(words.token(")"), control.forced());
        ThinkingControl before = new ThinkingControl(words, Optional.of(new ThinkingMarks("(", ").", "")),
                Reasoning.DEFAULT);
        before.beginRound(false);
        before.stopThinking();
        assertEquals(-1, before.forced());
        assertEquals(Set.of(open), changes(before, new History(0)).offsets.keySet(), "it does not begin");
        ThinkingControl unknown = new ThinkingControl(words, Optional.empty(), Reasoning.off());
        unknown.beginRound(true);
        assertEquals(-1, unknown.forced());
        assertFalse(changes(unknown, new History(0)).offsets.containsKey(open));
    }

    @Test
    void changesOfSeveralStagesAddUpInOneOrder() {
        Changes changes = new Changes(130);
        changes.subtract(1, 2);
        changes.divide(1, 2);
        changes.divide(1, 2);
        changes.divide(2, 4);
        changes.ban(3);
        changes.subtract(3, -5);
        long[] even = new long[3];
        Arrays.fill(even, 0x5555555555555555L);
        long[] low = {0b111110L, 0, 0};
        changes.allow(low);
        changes.allow(even);
        float[] row = new float[130];
        Arrays.fill(row, 8);
        row[2] = -8;
        changes.apply(row);
        assertEquals(-32, row[2]);
        assertEquals(8, row[4]);
        assertEquals(Float.NEGATIVE_INFINITY, row[1], "odd");
        assertEquals(Float.NEGATIVE_INFINITY, row[128], "not low");
        changes.clear();
        changes.subtract(1, 2);
        changes.divide(1, 4);
        Arrays.fill(row, 8);
        changes.apply(row);
        assertEquals(0, row[1], "divided first");
        assertEquals(8, row[3]);
        assertThrows(IllegalArgumentException.class, () -> changes.subtract(130, 1));
        assertThrows(IllegalArgumentException.class, () -> changes.allow(new long[2]));
        assertThrows(IllegalArgumentException.class, () -> changes.divide(0, 0));
    }

    @Test
    void aFormWinsOverBansThatLeaveNothing() {
        for (int allowed : new int[]{2, 3}) {
            Changes changes = new Changes(70);
            changes.ban(65);
            changes.ban(66);
            changes.ban(1);
            changes.allow(new long[]{0, allowed == 2 ? 0b110L : 0b1110L});
            changes.settle();
            float[] row = new float[70];
            changes.apply(row);
            assertEquals(allowed == 2 ? 0 : Float.NEGATIVE_INFINITY, row[65]);
            assertEquals(allowed == 2 ? Float.NEGATIVE_INFINITY : 0, row[67]);
            assertEquals(Float.NEGATIVE_INFINITY, row[1]);
        }
    }

    @Test
    void aTableOfTokensGrowsAndForgets() {
        TokenIndex index = new TokenIndex();
        Random random = new Random(1);
        for (int round = 0; round < 3; round++) {
            Map<Integer, Integer> expected = new HashMap<>();
            for (int i = 0; i < 5000; i++) {
                int token = random.nextInt(130_000);
                index.put(token, i);
                expected.put(token, i);
            }
            expected.forEach((token, value) -> assertEquals(value, index.get(token)));
            assertEquals(-1, index.get(200_000));
            index.clear();
            expected.keySet().forEach(token -> assertEquals(-1, index.get(token)));
        }
    }
}
