/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.spi.text.TokenHistory;
import dev.millrace.spi.text.WatchingStage.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LoopGuardTest {

    private static final String SENTENCE = "Wait, let me check that once more: the pump runs at the second stage, so the answer is the valve. ";

    /** The guard looks at what it accepts. */
    private static final TokenHistory NOTHING = new TokenHistory() {
        @Override
        public int length() {
            return 0;
        }

        @Override
        public int promptLength() {
            return 0;
        }

        @Override
        public int token(int index) {
            throw new IndexOutOfBoundsException(index);
        }
    };

    private static final int MOST_NUDGED = 2;

    private final Words words = new Words();

    /** After how many tokens each verdict came first, and the first nudge; -1 where it never came. */
    private record Noticed(int nudge, int close, int end) {
    }

    private Noticed watch(int[] tokens) {
        LoopGuard guard = new LoopGuard(words);
        int nudge = -1;
        int close = -1;
        int end = -1;
        for (int i = 0; i < tokens.length; i++) {
            guard.accept(tokens[i]);
            Words.Noted noted = new Words.Noted();
            guard.change(NOTHING, noted);
            nudge = nudge < 0 && !noted.offsets.isEmpty() ? i : nudge;
            close = close < 0 && guard.verdict() == Verdict.CLOSE_THINKING ? i : close;
            end = end < 0 && guard.verdict() == Verdict.END ? i : end;
        }
        return new Noticed(nudge, close, end);
    }

    private static String times(int count, IntFunction<String> text) {
        return IntStream.range(0, count).mapToObj(text).collect(Collectors.joining());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 10, 25, 60, 200})
    void anExactPeriodIsNoticedWithinAFewRepeats(int period) {
        int[] once = IntStream.range(0, period).map(i -> 10 + i).toArray();
        int[] stream = IntStream.range(0, 6000).map(i -> once[i % period]).toArray();
        Noticed noticed = watch(stream);
        int least = period < 8 ? 4 * 64 : 64;
        assertTrue(noticed.nudge() > 0 && noticed.nudge() <= Math.max(4 * period, least) + 2 * period + 10,
                noticed.toString());
        assertTrue(
                noticed.close() > noticed.nudge()
                        && noticed.close() <= Math.max(7 * period, 2 * least) + 2 * period + 10,
                noticed.toString());
        assertTrue(
                noticed.end() > noticed.close() && noticed.end() <= Math.max(11 * period, 8 * least) + 2 * period + 10,
                noticed.toString());
    }

    @Test
    void smallVariationsDoNotHideALoop() {
        int sentence = words.encode(SENTENCE).length;
        Noticed two = watch(varied(List.of("Wait, ", "Hmm, "), 0));
        assertTrue(two.nudge() > 0 && two.nudge() < 11 * sentence, two + " of " + sentence);
        assertTrue(two.close() > 0 && two.close() < 16 * sentence, two + " of " + sentence);
        assertTrue(two.end() > 0 && two.end() < 26 * sentence, two + " of " + sentence);
        // eight ways from one to the next: it takes until they have been seen
        Noticed eight = watch(varied(List.of("Wait, ", "Hmm, ", "But wait, ", "Actually, "), 0.25));
        assertTrue(eight.nudge() > 0 && eight.nudge() < 16 * sentence, eight + " of " + sentence);
        assertTrue(eight.close() > 0 && eight.close() < 20 * sentence, eight + " of " + sentence);
        assertTrue(eight.end() > 0 && eight.end() < 30 * sentence, eight + " of " + sentence);
    }

    private int[] varied(List<String> openers, double yes) {
        Random random = new Random(3);
        return words.encode("The user wants to know which part is broken. " + times(200,
                i -> openers.get(random.nextInt(openers.size())) + SENTENCE.substring("Wait, ".length())
                        + (random.nextDouble() < yes ? "Yes. " : "")));
    }

    @Test
    void whatIsRepeatedBecomesLessLikelyAndNothingElse() {
        LoopGuard guard = new LoopGuard(words);
        int[] sentence = words.encode(SENTENCE);
        for (int i = 0; i < 8; i++) {
            for (int token : sentence) {
                guard.accept(token);
            }
        }
        Words.Noted noted = new Words.Noted();
        guard.change(NOTHING, noted);
        assertEquals(1, noted.offsets.size(), "one token would go on as before");
        assertEquals(sentence[0], noted.offsets.keySet().iterator().next());
    }

    @Test
    void aNewAnswerBeginsCalm() {
        LoopGuard guard = new LoopGuard(words);
        int[] sentence = words.encode(SENTENCE);
        for (int round = 0; round < 3; round++) {
            guard.begin(NOTHING, 0);
            for (int i = 0; i < 2; i++) {
                for (int token : sentence) {
                    guard.accept(token);
                    assertEquals(Verdict.GO_ON, guard.verdict());
                }
            }
            Words.Noted noted = new Words.Noted();
            guard.change(NOTHING, noted);
            assertTrue(noted.offsets.isEmpty());
        }
    }

    @Test
    void staysQuietOnAThousandStreamsThatGoOn() throws IOException {
        List<int[]> streams = new ArrayList<>();
        Random random = new Random(11);
        for (int i = 0; i < 300; i++) {
            int alphabet = (int) Math.pow(2, 1 + random.nextInt(16));
            streams.add(IntStream.range(0, 1500).map(j -> 1 + random.nextInt(alphabet)).toArray());
        }
        for (int i = 0; i < 100; i++) {
            int number = i;
            // lists, tables, JSON and code repeat their frame
            streams.add(words.encode(times(120, row -> "{\"id\": " + (row * 7 + number) + ", \"on\": " + (row % 2 == 0)
                    + ", \"place\": \"cellar\", \"kind\": \"sensor\"},\n")));
            streams.add(words.encode("| no | value | unit |\n|---|---|---|\n" + times(150,
                    row -> "| " + row + " | " + random.nextInt(100) + " | degrees |\n")));
            streams.add(words.encode(times(150, row -> (row + 1) + ". The sensor in the room number " + (row + number)
                    + " of the house reports that all is well today.\n")));
            streams.add(words.encode(times(200, row -> "    values[" + row + "] = read(" + (row + number) + ");\n")));
        }
        int made = streams.size();
        List<String> texts = natural();
        for (int i = 0; streams.size() < 1000; i++) {
            String text = texts.get(i % texts.size());
            int from = random.nextInt(Math.max(1, text.length() - 6000));
            streams.add(words.encode(text.substring(from, Math.min(text.length(), from + 6000))));
        }
        int nudged = 0;
        int number = 0;
        for (int[] stream : streams) {
            Noticed noticed = watch(stream);
            assertEquals(-1, noticed.end(), "ended: " + excerpt(stream, noticed.end()));
            assertEquals(-1, noticed.close(), "closed: " + excerpt(stream, noticed.close()));
            nudged += noticed.nudge() < 0 ? 0 : 1;
            // pages and sources change: a code example may come back often enough to be nudged, never to be stopped
            assertTrue(nudged <= (number++ < made ? 0 : MOST_NUDGED),
                    "nudged: " + excerpt(stream, Math.max(0, noticed.nudge())));
        }
        assertEquals(1000, streams.size());
    }

    /** What stood before the place. */
    private String excerpt(int[] stream, int place) {
        StringBuilder text = new StringBuilder();
        for (int i = Math.max(0, place - 200); i <= place; i++) {
            text.append(stream[i] < words.size() ? words.decode(stream[i]) : "#" + stream[i]);
        }
        return text.toString();
    }

    /** The project's own pages and sources. */
    private static List<String> natural() throws IOException {
        List<String> texts = new ArrayList<>();
        for (Path root : List.of(Path.of("../../docs"), Path.of("src/main/java"), Path.of("src/test/java"))) {
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(path -> path.toString().matches(".*\\.(md|java)")).sorted().toList()) {
                    texts.add(Files.readString(file));
                }
            }
        }
        return texts;
    }
}
