/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static dev.millrace.text.tokenizer.CharClass.LETTER;
import static dev.millrace.text.tokenizer.CharClass.MARK;

import java.util.Optional;

/** Scanners for the regular expressions that vocabulary files use most: the same pieces, many times faster. */
final class KnownSplits {

    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";
    private static final String FIRST = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String SECOND = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    private KnownSplits() {
    }

    /** The scanner for a regular expression as files spell it. */
    static Optional<Splitter> byRegex(String regex) {
        return switch (regex) {
            case CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" + SPACES ->
                Optional.of(new WordSplitter(true, 3, LETTER, true));
            case CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" + SPACES ->
                Optional.of(new WordSplitter(true, 1, LETTER, true));
            case CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|"
                    + SPACES ->
                Optional.of(new WordSplitter(true, 1, LETTER | MARK, true));
            case "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+" ->
                Optional.of(new ClassicSplitter());
            case PREFIX + FIRST + "*" + SECOND + "+" + CONTRACTIONS + "?|" + PREFIX + FIRST + "+" + SECOND + "*"
                    + CONTRACTIONS
                    + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + SPACES ->
                Optional.of(new CasedSplitter(true, 3));
            case PREFIX + FIRST + "*" + SECOND + "+|" + PREFIX + FIRST + "+" + SECOND
                    + "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + SPACES ->
                Optional.of(new CasedSplitter(false, 1));
            case "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                    + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" + SPACES ->
                Optional.of(new PunctuatedSplitter());
            case "\\p{N}{1,3}" -> Optional.of(RunSplitter.category(CharClass.NUMBER, 3));
            case "\\p{N}" -> Optional.of(RunSplitter.category(CharClass.NUMBER, 1));
            case "\\p{N}+" -> Optional.of(RunSplitter.category(CharClass.NUMBER, Integer.MAX_VALUE));
            case "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+" ->
                Optional.of(RunSplitter.runs(KnownSplits::isHanOrKana));
            default -> Optional.empty();
        };
    }

    /** Whether every character of every text belongs to a match, so that nothing lies between matches. */
    static boolean coversAll(String regex) {
        return regex.endsWith("|\\s+(?!\\S)|\\s+") && !regex.contains("\\p{P}");
    }

    /** Chinese characters and both Japanese syllabaries, as DeepSeek's split has them. */
    static boolean isHanOrKana(int code) {
        return (code >= 0x4E00 && code <= 0x9FA5) || (code >= 0x3040 && code <= 0x30FF);
    }
}
