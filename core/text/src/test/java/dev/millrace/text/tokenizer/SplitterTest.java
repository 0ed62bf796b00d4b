/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A scanner gives the pieces of the regular expression that it stands for. */
class SplitterTest {

    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";

    @ParameterizedTest
    @ValueSource(strings = {
            CONTRACTIONS + "|" + PREFIX + "\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" + SPACES,
            CONTRACTIONS + "|" + PREFIX + "\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" + SPACES,
            CONTRACTIONS + "|" + PREFIX + "[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" + SPACES,
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            PREFIX + UPPER + "*" + LOWER + "+" + CONTRACTIONS + "?|" + PREFIX + UPPER + "+" + LOWER + "*" + CONTRACTIONS
                    + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + SPACES,
            PREFIX + UPPER + "*" + LOWER + "+|" + PREFIX + UPPER + "+" + LOWER
                    + "*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + SPACES,
            "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
                    + "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" + SPACES,
            "\\p{N}{1,3}", "\\p{N}", "\\p{N}+", "[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+"})
    void cutsLikeTheExpression(String regex) {
        Splitter splitter = KnownSplits.byRegex(regex).orElseThrow();
        assertSame(List.of(regex), List.of(splitter));
    }

    @Test
    void cutsFalconsFilesLikeTheirExpressions() {
        assertSame(List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+",
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                "[0-9][0-9][0-9]"),
                SplitNames.of("falcon").splitters());
    }

    @Test
    void cutsDeepSeekCodersFilesLikeTheirExpressions() {
        assertSame(
                List.of("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+",
                        "\\p{N}"),
                SplitNames.of("deepseek-coder").splitters());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lfm2", "llama-bpe", "llama3", "default", "", "gpt-2", "qwen2", "qwen35", "deepseek-llm",
            "deepseek-coder", "deepseek-v3", "falcon", "starcoder", "refact", "mpt", "command-r", "smollm", "tekken",
            "gpt-4o",
            "llama4", "bloom", "viking", "superbpe", "chameleon", "jais-2", "exaone-moe", "youtu", "kimi-k2",
            "tiny_aya",
            "minicpm5", "laguna", "seed-coder", "glm4", "dbrx", "hunyuan"})
    void everyKnownSplitKeepsEveryCharacter(String name) {
        SplitNames.Split split = SplitNames.of(name);
        Random random = new Random(3);
        for (int n = 0; n < 300; n++) {
            String text = RandomText.next(random);
            Pieces pieces = Pieces.whole(text.toCharArray(), 0, text.length(), true);
            for (PreTokenizer step : split.preTokenizers()) {
                pieces = step.apply(pieces);
            }
            for (Splitter splitter : split.splitters()) {
                pieces = new StoredSplit(splitter).apply(pieces);
            }
            assertEquals(text, String.join("", strings(pieces)));
        }
    }

    private static void assertSame(List<String> regexes, List<Splitter> splitters) {
        Random random = new Random(5);
        boolean several = false;
        for (int n = 0; n < 4000; n++) {
            String text = n < RandomText.SAMPLES.size() ? RandomText.SAMPLES.get(n) : RandomText.next(random);
            Pieces expected = Pieces.whole(text.toCharArray(), 0, text.length(), true);
            Pieces found = expected;
            for (int i = 0; i < regexes.size(); i++) {
                expected = MatchSplitter.isolated(new Regex("test", regexes.get(i))).apply(expected);
                found = new StoredSplit(splitters.get(i)).apply(found);
            }
            assertEquals(strings(expected), strings(found), text);
            several |= found.count() > 3;
        }
        assertTrue(several);
    }

    private static List<String> strings(Pieces pieces) {
        List<String> strings = new ArrayList<>();
        for (int i = 0; i < pieces.count(); i++) {
            strings.add(new String(pieces.text(), pieces.from(i), pieces.to(i) - pieces.from(i)));
        }
        return strings;
    }
}
