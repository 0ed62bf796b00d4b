/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RadixTreeTest {

    @Test
    void findsTheLongestBeginning() {
        RadixTree<String> tree = new RadixTree<>();
        tree.put(new int[]{1, 2, 3, 4}, "long");
        tree.put(new int[]{1, 2}, "short");
        tree.put(new int[]{1, 2, 3, 9, 9}, "other");
        assertEquals(6, tree.tokens(), "1 2 3 4 and 9 9");
        RadixTree.Match<String> match = tree.match(new int[]{1, 2, 3, 9, 7}, 5, any -> true);
        assertEquals(4, match.common());
        assertEquals("short", Objects.requireNonNull(match.last()).value());
        RadixTree.Node<String> behind = tree.behind(match.next(), Integer.MAX_VALUE, any -> true);
        assertEquals("other", Objects.requireNonNull(behind).value());
        assertNull(tree.behind(match.next(), 4, any -> true), "it would have to be cut by one");
        assertEquals(3, tree.match(new int[]{1, 2, 3, 4}, 3, any -> true).common(), "no further than the limit");
        tree.remove(behind);
        assertEquals(4, tree.tokens());
        assertEquals("long", Objects.requireNonNull(tree.match(new int[]{1, 2, 3, 4}, 4, any -> true).last()).value());
    }

    @Test
    void isLikeAListOfAllThatWasPut() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            RadixTree<Integer> tree = new RadixTree<>();
            Map<List<Integer>, RadixTree.Node<Integer>> places = new HashMap<>();
            for (int i = 0; i < 120; i++) {
                int[] list = random.ints(1 + random.nextInt(8), 0, 3).toArray();
                List<Integer> key = Arrays.stream(list).boxed().toList();
                if (random.nextInt(3) == 0 && !places.isEmpty()) {
                    List<Integer> some = places.keySet().stream().skip(random.nextInt(places.size())).findFirst()
                            .orElseThrow();
                    tree.remove(Objects.requireNonNull(places.remove(some)));
                } else {
                    places.put(key, tree.put(list, i));
                }
                check(tree, places, random, seed);
            }
        }
    }

    private static void check(RadixTree<Integer> tree, Map<List<Integer>, RadixTree.Node<Integer>> places,
            Random random, int seed) {
        Set<List<Integer>> beginnings = new HashSet<>();
        places.keySet().forEach(key -> {
            for (int i = 1; i <= key.size(); i++) {
                beginnings.add(key.subList(0, i));
            }
        });
        assertEquals(beginnings.size(), tree.tokens(), "seed " + seed);
        long lines = places.keySet().stream().filter(key -> places.keySet().stream().noneMatch(
                other -> other.size() > key.size() && other.subList(0, key.size()).equals(key))).mapToLong(List::size)
                .sum();
        assertEquals(lines, tree.tokensOfLines(), "seed " + seed);
        List<Integer> wanted = random.ints(8, 0, 3).boxed().toList();
        int common = 0;
        int last = 0;
        for (int i = 1; i <= wanted.size(); i++) {
            common = beginnings.contains(wanted.subList(0, i)) ? i : common;
            last = places.containsKey(wanted.subList(0, i)) ? i : last;
        }
        RadixTree.Match<Integer> match = tree.match(wanted.stream().mapToInt(i -> i).toArray(), wanted.size(),
                any -> true);
        assertEquals(common, match.common(), "seed " + seed);
        assertEquals(last, match.last() == null ? 0 : match.last().length(), "seed " + seed);
        if (common > 0) {
            RadixTree.Node<Integer> behind = tree.behind(match.next(), Integer.MAX_VALUE, any -> true);
            assertTrue(places.containsValue(behind), "seed " + seed);
        }
        places.forEach((key, place) -> assertEquals(key.size(), place.length()));
    }
}
