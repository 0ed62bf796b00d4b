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

    /** Letters that have a case, as the files of DeepSeek LLM list them. */
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
            case "deepseek-llm" -> staged(
                    List.of(regex("[\r\n]"), regex("\\s?[" + CASED + "]+"),
                            regex("\\s?[!-/:-~\uFF01-\uFF0F\uFF1A-\uFF5E\u2018-\u201F\u3000-\u3002]+"), regex("\\s+$")),
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
