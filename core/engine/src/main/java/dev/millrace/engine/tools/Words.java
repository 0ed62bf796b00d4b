/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What is compared of names and sentences: words, cut so that forms of one are the same, or runs of their letters. */
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

    /** Letters of a run; four do best for English (McNamee and Mayfield, Character N-Gram Tokenization, 2004). */
    private static final int RUN = 4;

    private Words() {
    }

    /** The words of a text that say something, in order: {@code readings} and {@code reading} are the same. */
    static List<String> of(String text) {
        List<String> words = new ArrayList<>();
        each(text, word -> words.add(stem(word)));
        return words;
    }

    /** All runs of four letters within the words that say something: related words share some, in most languages. */
    static List<String> runs(String text) {
        List<String> runs = new ArrayList<>();
        each(text, word -> {
            String bounded = " " + word + " ";
            for (int i = 0; i == 0 || i + RUN <= bounded.length(); i++) {
                runs.add(bounded.substring(i, Math.min(i + RUN, bounded.length())));
            }
        });
        return runs;
    }

    private static void each(String text, Consumer<String> taker) {
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) {
            String word = matcher.group().toLowerCase(Locale.ROOT);
            if (!STOP.contains(word)) {
                taker.accept(word);
            }
        }
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
