/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import static dev.millrace.text.tokenizer.CharClass.LETTER;
import static dev.millrace.text.tokenizer.CharClass.MARK;

import dev.millrace.api.MillraceException;
import java.util.List;

/** The splits that GGUF files name in {@code tokenizer.ggml.pre}. */
final class PreTokenizerNames {

    /**
     * What a name stands for.
     *
     * @param preTokenizers first steps
     * @param splitters last steps
     * @param wholeFirst whether a whole pre-token that stands in the vocabulary is one token
     */
    record Split(List<PreTokenizer> preTokenizers, List<Splitter> splitters, boolean wholeFirst) {
    }

    private PreTokenizerNames() {
    }

    static Split of(String name) {
        return switch (name) {
            case "lfm2", "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0",
                    "jina-v5-nano" ->
                new Split(List.of(), List.of(new WordSplitter(true, 3, LETTER, true)), true);
            case "dbrx", "smaug-bpe", "glm4", "chatglm-bpe" ->
                new Split(List.of(), List.of(new WordSplitter(true, 3, LETTER, true)), false);
            case "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open",
                    "grok-2" ->
                new Split(List.of(), List.of(new WordSplitter(true, 1, LETTER, true)), false);
            case "qwen35" -> new Split(List.of(), List.of(new WordSplitter(true, 1, LETTER | MARK, true)), false);
            case "gpt-2" -> new Split(List.of(), List.of(new ClassicSplitter()), false);
            default -> throw new MillraceException("tokenizer.ggml.pre: The split \"" + name
                    + "\" is unknown.");
        };
    }
}
