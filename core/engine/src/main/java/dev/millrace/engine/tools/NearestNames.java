/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** Which tools somebody may have meant who wrote a name that no tool has. */
public final class NearestNames {

    private static final int MOST = 3;
    private static final double LEAST_LIKENESS = 0.5;

    private NearestNames() {
    }

    private record Near(String name, double likeness) {
    }

    /**
     * Finds them.
     *
     * @param wrong a name that no tool has
     * @param names of all tools
     * @return at most three, the nearest first; empty if none is alike
     */
    public static List<String> of(String wrong, Collection<String> names) {
        String meant = wrong.length() <= 128 ? wrong : wrong.substring(0, 128);
        return names.stream().map(name -> new Near(name, likeness(meant, name)))
                .filter(near -> near.likeness() >= LEAST_LIKENESS)
                .sorted(Comparator.comparingDouble(Near::likeness).reversed()).limit(MOST).map(Near::name).toList();
    }

    /** From 0 to 1: by the letters, or by the words, whichever is more. */
    private static double likeness(String one, String other) {
        String a = letters(one);
        String b = letters(other);
        int longer = Math.max(a.length(), b.length());
        double byLetters = longer == 0 ? 0 : 1 - (double) distance(a, b) / longer;
        Set<String> words = new HashSet<>(Words.of(one));
        Set<String> others = new HashSet<>(Words.of(other));
        Set<String> shared = new HashSet<>(words);
        shared.retainAll(others);
        int all = words.size() + others.size() - shared.size();
        return Math.max(byLetters, all == 0 ? 0 : (double) shared.size() / all);
    }

    private static String letters(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[_.\\-\\s]", "");
    }

    /** How many letters have to be put in, left out or changed (Levenshtein). */
    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(changed, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return row[b.length()];
    }
}
