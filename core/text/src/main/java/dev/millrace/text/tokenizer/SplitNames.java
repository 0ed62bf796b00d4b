/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static dev.millrace.text.tokenizer.CharClass.LETTER;
import static dev.millrace.text.tokenizer.CharClass.MARK;
import static dev.millrace.text.tokenizer.CharClass.NUMBER;
import static dev.millrace.text.tokenizer.CharClass.PUNCTUATION;

import dev.millrace.api.MillraceException;
import java.util.Arrays;
import java.util.List;

/**
 * The splits that GGUF files name in {@code tokenizer.ggml.pre}. Each stands for the regular expressions of the tokenizer.json that
 * the file was made from.
 */
final class SplitNames {

    /**
     * What a name stands for.
     *
     * @param preTokenizers first steps
     * @param splitters last steps
     * @param wholeFirst whether a whole pre-token that stands in the vocabulary is one token
     */
    record Split(List<PreTokenizer> preTokenizers, List<Splitter> splitters, boolean wholeFirst) {
    }

    private static final String KEY = "tokenizer.ggml.pre";
    private static final String KNOWN = "default, gpt-2, llama-bpe, lfm2, qwen2, qwen35, deepseek-llm, deepseek-coder, deepseek-v3, "
            + "falcon, starcoder, refact, command-r, smollm, mpt, olmo, tekken, gpt-4o, llama4, kimi-k2 and others of llama.cpp";

    /** Letters that have a case, as the files of DeepSeek LLM list them: first and last code point of each range, ascending. */
    private static final int[] CASED = {
            0x41, 0x5A, 0x61, 0x7A, 0xB5, 0xB5, 0xC0, 0xD6, 0xD8, 0xF6, 0xF8, 0x1BA, 0x1BC, 0x1BF, 0x1C4, 0x293, 0x295,
            0x2AF, 0x370, 0x373, 0x376, 0x376, 0x377, 0x377, 0x37B, 0x37D, 0x37F, 0x37F, 0x386, 0x386, 0x388, 0x38A,
            0x38C,
            0x38C, 0x38E, 0x3A1, 0x3A3, 0x3F5, 0x3F7, 0x481, 0x48A, 0x52F, 0x531, 0x556, 0x10A0, 0x10C5, 0x13A0, 0x13F5,
            0x13F8, 0x13FD, 0x1C90, 0x1CBA, 0x1CBD, 0x1CBF, 0x1D00, 0x1D2B, 0x1D6B, 0x1D77, 0x1D79, 0x1D9A, 0x1E00,
            0x1F15,
            0x1F18, 0x1F1D, 0x1F20, 0x1F45, 0x1F48, 0x1F4D, 0x1F50, 0x1F57, 0x1F59, 0x1F59, 0x1F5B, 0x1F5B, 0x1F5D,
            0x1F5D,
            0x1F5F, 0x1F7D, 0x1F80, 0x1FB4, 0x1FB6, 0x1FBC, 0x1FBE, 0x1FBE, 0x1FC2, 0x1FC4, 0x1FC6, 0x1FCC, 0x1FD0,
            0x1FD3,
            0x1FD6, 0x1FDB, 0x1FE0, 0x1FEC, 0x1FF2, 0x1FF4, 0x1FF6, 0x1FFC, 0x2102, 0x2102, 0x2107, 0x2107, 0x210A,
            0x2113,
            0x2115, 0x2115, 0x2119, 0x211D, 0x2124, 0x2124, 0x2126, 0x2126, 0x2128, 0x2128, 0x212A, 0x212D, 0x212F,
            0x2134,
            0x2139, 0x2139, 0x213C, 0x213F, 0x2145, 0x2149, 0x214E, 0x214E, 0x2183, 0x2183, 0x2184, 0x2184, 0x2C00,
            0x2C7B,
            0x2C7E, 0x2CE4, 0x2CEB, 0x2CEE, 0x2CF2, 0x2CF2, 0x2CF3, 0x2CF3, 0xA640, 0xA66D, 0xA680, 0xA69B, 0xA722,
            0xA76F,
            0xA771, 0xA787, 0xA78B, 0xA78E, 0xAB70, 0xABBF, 0xFB00, 0xFB06, 0xFB13, 0xFB17, 0xFF21, 0xFF3A, 0xFF41,
            0xFF5A,
            0x10400, 0x1044F, 0x104B0, 0x104D3, 0x104D8, 0x104FB, 0x10C80, 0x10CB2, 0x10CC0, 0x10CF2, 0x118A0, 0x118DF,
            0x1E900, 0x1E943};
    private static final String SENTENCE = " ?[^(\\s|.,!?\u2026\u3002\uFF0C\u3001\u0964\u06D4\u060C)]+";
    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";

    private SplitNames() {
    }

    /**
     * Finds a split.
     *
     * @param name value of {@code tokenizer.ggml.pre}; empty means default, as in old files
     * @throws MillraceException if it is not known
     */
    static Split of(String name) {
        return switch (name) {
            case "lfm2", "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0",
                    "jina-v5-nano" ->
                wholeFirst(new WordSplitter(true, 3, LETTER, true));
            case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe" -> split(new WordSplitter(true, 3, LETTER, true));
            case "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open",
                    "grok-2",
                    "bailingmoe", "bailingmoe2", "llada-moe" ->
                split(new WordSplitter(true, 1, LETTER, true));
            case "qwen35" -> split(new WordSplitter(true, 1, LETTER | MARK, true));
            case "seed-coder" -> split(new WordSplitter(true, 1, LETTER, false));
            case "minicpm5" -> wholeFirst(RunSplitter.category(NUMBER, 3),
                    new WordSplitter(true, WordSplitter.ANY, LETTER, true));
            case "laguna" -> split(RunSplitter.runs(code -> code == '\n'), new WordSplitter(true, 1, LETTER, true));
            case "gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2" -> split(new CasedSplitter(true, 3));
            case "granite-embed-multi-97m" -> wholeFirst(new CasedSplitter(true, 3));
            case "tekken" -> wholeFirst(new CasedSplitter(false, 1));
            case "tiny_aya", "cohere2moe" -> staged(List.of(regex("\\d{1,3}(?=(?:\\d{3})*\\b)")),
                    new CasedSplitter(true, 3));
            case "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v1-en", "jina-v2-es", "jina-v2-de", "jina-v2-code",
                    "roberta-bpe", "gigachat", "a.x-4.0", "mellum", "modern-bert", "mpt", "olmo", "jais", "trillion",
                    "granite-docling", "exaone4" ->
                split(new ClassicSplitter());
            case "starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2" ->
                split(RunSplitter.category(NUMBER, 1), new ClassicSplitter());
            case "falcon" ->
                split(RunSplitter.runs(code -> isSign(code) || code == '`'), new ClassicSplitter(), triples());
            case "", "default" -> split(RunSplitter.runs(SplitNames::isSign), new ClassicSplitter(),
                    RunSplitter.category(NUMBER, Integer.MAX_VALUE), triples());
            case "deepseek-v3", "hunyuan-dense", "joyai-llm" ->
                split(RunSplitter.category(NUMBER, 3), RunSplitter.runs(KnownSplits::isHanOrKana),
                        new PunctuatedSplitter());
            case "deepseek-coder" -> split(newlines(), new RunSplitter(code -> (CharClass.of(code) & LETTER) != 0, 1,
                    Integer.MAX_VALUE, true),
                    new RunSplitter(code -> (CharClass.of(code) & PUNCTUATION) != 0, 1, Integer.MAX_VALUE, true),
                    asian(),
                    RunSplitter.category(NUMBER, 1));
            case "deepseek-llm" -> split(newlines(), new RunSplitter(SplitNames::isCased, 1, Integer.MAX_VALUE, true),
                    new RunSplitter(SplitNames::isDeepSeekSign, 1, Integer.MAX_VALUE, true), SplitNames::spaceAtEnd,
                    asian(), RunSplitter.category(NUMBER, Integer.MAX_VALUE));
            case "bloom", "poro-chat", "gpt3-finnish" -> staged(List.of(regex(SENTENCE)));
            case "viking" -> staged(List.of(regex(SENTENCE)), RunSplitter.category(NUMBER, 1));
            case "superbpe" -> staged(List.of(regex("\\p{N}+"), regex("(?=(\\d{3})+(?!\\d))")));
            case "chameleon" -> staged(
                    List.of(regex("<sentinel:[0-9]+>"), regex("(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z"),
                            regex("([\\t\\n]|    |  )"), regex("\\p{N}"), regex("[\\p{P}!-/:-@\\[-`{-~]")),
                    new ClassicSplitter());
            case "jais-2" -> staged(List.of(regex(CONTRACTIONS
                    + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+"
                    + "|\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{128}(?!\\S)|\\s{64}(?!\\S)|\\s{32}(?!\\S)|\\s{16}(?!\\S)"
                    + "|\\s{8}(?!\\S)|\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s{1}")));
            case "exaone-moe" -> staged(List.of(regex(CONTRACTIONS
                    + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}\\p{M}*(?: ?\\p{L}\\p{M}*)*+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?"
                    + "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+")));
            case "youtu" -> wholeFirst(List.of(regex("[\uAC00-\uD7A3\u3131-\u318E]+"
                    + "|[\uFF01\u2026\u201C\u201D\u2018\u2019\u2014\uFF1A\uFF1B\uFF0C\u3001-\u303F\uFE30-\uFE4F]+"
                    + "|[\u3105-\u312F]+|[\u4E00-\u9FA5\u3040-\u309F\u30A0-\u30FF]+")), new CasedSplitter(true, 1));
            case "kimi-k2" -> staged(List.of(regex(kimi())));
            default -> throw new MillraceException(KEY + ": The split \"" + shorten(name)
                    + "\" is not known; known are " + KNOWN + ".");
        };
    }

    private static Split split(Splitter... splitters) {
        return new Split(List.of(), List.of(splitters), false);
    }

    private static Split wholeFirst(Splitter... splitters) {
        return new Split(List.of(), List.of(splitters), true);
    }

    private static Split wholeFirst(List<PreTokenizer> first, Splitter... splitters) {
        return new Split(first, List.of(splitters), true);
    }

    private static Split staged(List<PreTokenizer> first, Splitter... splitters) {
        return new Split(first, List.of(splitters), false);
    }

    private static PreTokenizer regex(String regex) {
        return MatchSplitter.isolated(new Regex(KEY, regex));
    }

    private static Splitter newlines() {
        return RunSplitter.single(code -> code == '\n' || code == '\r');
    }

    private static Splitter triples() {
        return new RunSplitter(code -> code >= '0' && code <= '9', 3, 3, false);
    }

    private static Splitter asian() {
        return RunSplitter.runs(code -> (code >= 0x0800 && code <= 0x9FA5) || (code >= 0xAC00 && code <= 0xD7FF));
    }

    private static boolean isSign(int code) {
        return (CharClass.of(code) & PUNCTUATION) != 0 || (code < 0x80 && "$+<=>^~|".indexOf(code) >= 0);
    }

    private static boolean isCased(int code) {
        int range = Arrays.binarySearch(CASED, code);
        // what is not a bound lies in a range if its place is between a first and a last code point
        return range >= 0 || (~range & 1) == 1;
    }

    private static boolean isDeepSeekSign(int code) {
        return (code >= '!' && code <= '~' && !(code >= '0' && code <= '9')) || (code >= 0xFF01 && code <= 0xFF0F)
                || (code >= 0xFF1A && code <= 0xFF5E) || (code >= 0x2018 && code <= 0x201F)
                || (code >= 0x3000 && code <= 0x3002);
    }

    /** Parts white space at the end of a range, {@code \s+$}, from what is before it. */
    private static int spaceAtEnd(char[] text, int from, int to) {
        int start = to;
        while (start > from && CharClass.isSpace(text[start - 1])) {
            start--;
        }
        return start > from ? start : to;
    }

    private static String kimi() {
        String first = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]";
        String second = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}&&[^\\p{Han}]]";
        String prefix = "[^\\r\\n\\p{L}\\p{N}]?";
        return "[\\p{Han}]+|" + prefix + first + "*" + second + "+" + CONTRACTIONS + "?|" + prefix + first + "+"
                + second + "*"
                + CONTRACTIONS + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    }

    private static String shorten(String name) {
        return name.length() > 40 ? name.substring(0, 40) + "…" : name;
    }
}
