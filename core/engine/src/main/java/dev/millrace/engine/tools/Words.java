/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Words of names and sentences, cut so that forms of one word are the same: {@code readings} and {@code reading}. */
final class Words {

    /** A run of lower case letters with what capital begins it, a run of capitals, or a number. */
    private static final Pattern WORD = Pattern.compile("\\p{Lu}+(?!\\p{Ll})|\\p{Lu}?[\\p{L}&&[^\\p{Lu}]]+|\\p{N}+");

    private static final Set<String> STOP = Set.of("a", "about", "all", "am", "an", "and", "any", "are", "as", "at",
            "be",
            "by", "can", "could", "did", "do", "does", "for", "from", "get", "give", "has", "have", "how", "i", "if",
            "in",
            "is", "it", "its", "me", "my", "of", "on", "one", "or", "our", "please", "should", "so", "that", "the",
            "their", "them", "then", "there", "these", "this", "to", "us", "use", "was", "we", "what", "when", "where",
            "which", "who", "will", "with", "would", "you", "your");

    private Words() {
    }

    /** The words of a text that say something, in order. */
    static List<String> of(String text) {
        List<String> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            String word = matcher.group().toLowerCase(Locale.ROOT);
            if (!STOP.contains(word)) {
                words.add(stem(word));
            }
        }
        return words;
    }

    /** Cuts the commonest English endings. */
    private static String stem(String word) {
        String stem = word;
        if (stem.length() > 4 && stem.endsWith("ies")) {
            return stem.substring(0, stem.length() - 3) + "y";
        }
        if (stem.length() > 3 && stem.endsWith("s") && !stem.endsWith("ss") && !stem.endsWith("us")
                && !stem.endsWith("is")) {
            stem = stem.substring(0, stem.length() - 1);
        }
        if (stem.length() > 5 && stem.endsWith("ing")) {
            stem = undoubled(stem.substring(0, stem.length() - 3));
        } else if (stem.length() > 4 && stem.endsWith("ed")) {
            stem = undoubled(stem.substring(0, stem.length() - 2));
        }
        return stem.length() > 3 && stem.endsWith("e") ? stem.substring(0, stem.length() - 1) : stem;
    }

    private static String undoubled(String stem) {
        int last = stem.length() - 1;
        boolean doubled = last > 2 && stem.charAt(last) == stem.charAt(last - 1)
                && "lsz".indexOf(stem.charAt(last)) < 0;
        return doubled ? stem.substring(0, last) : stem;
    }
}
