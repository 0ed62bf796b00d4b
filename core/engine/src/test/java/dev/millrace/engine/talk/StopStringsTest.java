/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.talk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class StopStringsTest {

    private static String random(Random random, int most) {
        StringBuilder text = new StringBuilder();
        int length = 1 + random.nextInt(most);
        for (int i = 0; i < length; i++) {
            text.append("ab👋".codePoints().skip(random.nextInt(3)).findFirst().stream()
                    .mapToObj(Character::toString).findFirst().orElseThrow());
        }
        return text.toString();
    }

    @Test
    void cutsAtTheStopStringThatIsCompleteFirstHoweverTheTextComes() {
        Random random = new Random(11);
        for (int round = 0; round < 20_000; round++) {
            String text = random(random, 30);
            List<String> stops = new ArrayList<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                stops.add(random(random, 6));
            }
            int cut = stops.stream().filter(text::contains)
                    .min(Comparator.<String>comparingInt(stop -> text.indexOf(stop) + stop.length())
                            .thenComparingInt(text::indexOf))
                    .map(text::indexOf).orElse(text.length());
            StopStrings.Search search = new StopStrings(stops, false).search();
            StringBuilder given = new StringBuilder();
            for (int at = 0; at < text.length();) {
                int end = text.offsetByCodePoints(at, 1);
                while (end < text.length() && random.nextBoolean()) {
                    end = text.offsetByCodePoints(end, 1);
                }
                given.append(search.next(text.substring(at, end)));
                assertTrue(text.startsWith(given.toString()), "only what certainly stands before a stop string");
                at = end;
            }
            given.append(search.rest());
            assertEquals(text.substring(0, cut), given.toString(), text + " by " + stops);
            assertEquals(cut < text.length(), search.isFound());
        }
    }

    @Test
    void keepsBackNoMoreThanItHasTo() {
        StopStrings.Search search = new StopStrings(List.of("END", "\n\n"), false).search();
        assertEquals("one ", search.next("one E"));
        assertEquals("EN", search.next("NN").substring(0, 2));
        assertEquals("x", search.next("x\n").substring(0, 1));
        assertEquals("", search.next("\nrest"));
        assertEquals(Optional.of("\n\n"), search.found());
    }
}
