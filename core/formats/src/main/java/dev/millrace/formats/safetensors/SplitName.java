/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.safetensors;

import dev.millrace.spi.model.KeyTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The name that GGUF has ({@code tokenizer.ggml.pre}) for the way in which a tokenizer.json splits text. */
final class SplitName {

    private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private static final String PREFIX = "[^\\r\\n\\p{L}\\p{N}]?";
    private static final String SPACES = "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
    private static final String SIGNS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|";
    private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
    private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";

    /** GPT-4's words with numbers of up to three digits: Llama 3, LFM2, OLMo 2, Phi-4. */
    private static final String THREE_DIGITS = CONTRACTIONS + "|" + PREFIX + "\\p{L}+|\\p{N}{1,3}" + SIGNS + SPACES;
    /** The same with digits by themselves: Qwen. */
    private static final String ONE_DIGIT = CONTRACTIONS + "|" + PREFIX + "\\p{L}+|\\p{N}" + SIGNS + SPACES;
    /** GPT-4o's words, which part where a capital follows: gpt-oss, Phi-4-mini. */
    private static final String CASED = PREFIX + UPPER + "*" + LOWER + "+" + CONTRACTIONS + "?|" + PREFIX + UPPER + "+"
            + LOWER + "*" + CONTRACTIONS + "?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" + SPACES;

    private SplitName() {
    }

    static String of(KeyTable tokenizer) {
        List<String> steps = new ArrayList<>();
        collect(tokenizer.find("pre_tokenizer"), steps);
        boolean wholeFirst = tokenizer.group("model").flagOr(false, "ignore_merges");
        boolean lfm2 = tokenizer.list("added_tokens").stream()
                .anyMatch(t -> t instanceof Map<?, ?> added && "<|startoftext|>".equals(added.get("content")));
        return switch (String.join(" then ", steps)) {
            case THREE_DIGITS -> wholeFirst ? lfm2 ? "lfm2" : "llama-bpe" : "dbrx";
            case ONE_DIGIT -> "qwen2";
            case CASED -> "gpt-4o";
            case "words" -> "gpt-2";
            case "digits then words", "\\p{N} then words" -> "starcoder";
            default -> throw tokenizer.wrong("pre_tokenizer", "splits text in a way that GGUF has no name for");
        };
    }

    /** The steps that split: regular expressions as they are, and the two that have a name. */
    private static void collect(@Nullable Object step, List<String> steps) {
        if (!(step instanceof Map<?, ?> map)) {
            return;
        }
        switch (String.valueOf(map.get("type"))) {
            case "Sequence" -> {
                if (map.get("pretokenizers") instanceof List<?> parts) {
                    parts.forEach(part -> collect(part, steps));
                }
            }
            case "Split" -> steps.add(map.get("pattern") instanceof Map<?, ?> pattern
                    ? String.valueOf(pattern.get("Regex"))
                    : "a text");
            case "Digits" -> steps.add(Boolean.TRUE.equals(map.get("individual_digits")) ? "digits" : "numbers");
            // without a value it splits
            case "ByteLevel" -> {
                if (!Boolean.FALSE.equals(map.get("use_regex"))) {
                    steps.add(Boolean.TRUE.equals(map.get("add_prefix_space")) ? "spaced words" : "words");
                }
            }
            default -> steps.add(String.valueOf(map.get("type")));
        }
    }
}
