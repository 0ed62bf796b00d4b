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
import java.util.regex.Pattern;
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

    private static final String CASED = "A-Za-z\\x{B5}\\x{C0}-\\x{D6}\\x{D8}-\\x{F6}\\x{F8}-\\x{1BA}\\x{1BC}-\\x{1BF}\\x{1C4}-\\x{293}\\x"
            + "{295}-\\x{2AF}\\x{370}-\\x{373}\\x{376}\\x{377}\\x{37B}-\\x{37D}\\x{37F}\\x{386}\\x{388}-\\x{38"
            + "A}\\x{38C}\\x{38E}-\\x{3A1}\\x{3A3}-\\x{3F5}\\x{3F7}-\\x{481}\\x{48A}-\\x{52F}\\x{531}-\\x{556}"
            + "\\x{10A0}-\\x{10C5}\\x{13A0}-\\x{13F5}\\x{13F8}-\\x{13FD}\\x{1C90}-\\x{1CBA}\\x{1CBD}-\\x{1CBF"
            + "}\\x{1D00}-\\x{1D2B}\\x{1D6B}-\\x{1D77}\\x{1D79}-\\x{1D9A}\\x{1E00}-\\x{1F15}\\x{1F18}-\\x{1F1"
            + "D}\\x{1F20}-\\x{1F45}\\x{1F48}-\\x{1F4D}\\x{1F50}-\\x{1F57}\\x{1F59}\\x{1F5B}\\x{1F5D}\\x{1F5F"
            + "}-\\x{1F7D}\\x{1F80}-\\x{1FB4}\\x{1FB6}-\\x{1FBC}\\x{1FBE}\\x{1FC2}-\\x{1FC4}\\x{1FC6}-\\x{1FC"
            + "C}\\x{1FD0}-\\x{1FD3}\\x{1FD6}-\\x{1FDB}\\x{1FE0}-\\x{1FEC}\\x{1FF2}-\\x{1FF4}\\x{1FF6}-\\x{1F"
            + "FC}\\x{2102}\\x{2107}\\x{210A}-\\x{2113}\\x{2115}\\x{2119}-\\x{211D}\\x{2124}\\x{2126}\\x{2128"
            + "}\\x{212A}-\\x{212D}\\x{212F}-\\x{2134}\\x{2139}\\x{213C}-\\x{213F}\\x{2145}-\\x{2149}\\x{214E"
            + "}\\x{2183}\\x{2184}\\x{2C00}-\\x{2C7B}\\x{2C7E}-\\x{2CE4}\\x{2CEB}-\\x{2CEE}\\x{2CF2}\\x{2CF3}"
            + "\\x{A640}-\\x{A66D}\\x{A680}-\\x{A69B}\\x{A722}-\\x{A76F}\\x{A771}-\\x{A787}\\x{A78B}-\\x{A78E"
            + "}\\x{AB70}-\\x{ABBF}\\x{FB00}-\\x{FB06}\\x{FB13}-\\x{FB17}\\x{FF21}-\\x{FF3A}\\x{FF41}-\\x{FF5"
            + "A}\\x{10400}-\\x{1044F}\\x{104B0}-\\x{104D3}\\x{104D8}-\\x{104FB}\\x{10C80}-\\x{10CB2}\\x{10C"
            + "C0}-\\x{10CF2}\\x{118A0}-\\x{118DF}\\x{1E900}-\\x{1E943}";

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

    @Test
    void cutsDeepSeekLlmsFilesLikeTheirExpressions() {
        assertSame(
                List.of("[\r\n]", "\\s?[" + CASED + "]+",
                        "\\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+", "\\s+$",
                        "[\u4E00-\u9FA5\u0800-\u4E00\uAC00-\uD7FF]+", "\\p{N}+"),
                SplitNames.of("deepseek-llm").splitters());
    }

    @Test
    void deepSeekLlmsLettersAreThoseOfItsFiles() {
        Splitter letters = SplitNames.of("deepseek-llm").splitters().get(1);
        Pattern cased = Pattern.compile("[" + CASED + "]");
        for (int code = 0; code <= Character.MAX_CODE_POINT; code++) {
            if (code >= Character.MIN_SURROGATE && code <= Character.MAX_SURROGATE) {
                continue;
            }
            // a letter goes on from the A, anything else is cut off from it
            String text = "A" + Character.toString(code);
            int end = letters.end(text.toCharArray(), 0, text.length());
            assertEquals(cased.matcher(Character.toString(code)).matches(), end > 1, () -> text);
        }
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
