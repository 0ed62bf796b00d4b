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
            default -> Optional.empty();
        };
    }
}
