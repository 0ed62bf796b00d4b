/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.synthesis;

import java.util.List;
import java.util.stream.IntStream;

/**
 * The sizes of a model.
 *
 * @param name what it is asked for by
 * @param family GGUF's name of its family, which says what else its layers have
 * @param headSize values per head
 * @param tied whether the embedding is the head
 * @param hidden width of the stream
 * @param layers how many
 * @param attention which of them are attention; the others are convolutions
 * @param heads query heads
 * @param kvHeads key and value heads
 * @param inner width of a dense feed-forward
 * @param moe experts, or none
 * @param theta base of the rope
 * @param context tokens
 * @param tokens the vocabulary's size and control tokens
 */
public record ModelShape(String name, String family, int headSize, boolean tied, int hidden, int layers,
        List<Integer> attention, int heads, int kvHeads,
        int inner,
        Mixture moe, float theta, int context, Tokens tokens) {

    /**
     * Experts.
     *
     * @param dense layers before the first with experts
     * @param count experts in a layer, 0 for a dense model
     * @param used at work for a token
     * @param inner width of one
     */
    public record Mixture(int dense, int count, int used, int inner) {
    }

    /**
     * A vocabulary.
     *
     * @param size tokens
     * @param control first ids of the control tokens
     */
    public record Tokens(int size, int control) {
    }

    private static final Mixture NONE = new Mixture(0, 0, 0, 0);
    private static final List<Integer> EIGHT_B = List.of(2, 6, 10, 14, 18, 21);

    /** All shapes that have a name. */
    public static final List<ModelShape> ALL = List.of(
            lfm2("lfm2.5-8b-a1b", 2048, 24, EIGHT_B, 32, 7168, new Mixture(2, 32, 4, 1792), 5e6f, 131_072,
                    new Tokens(128_000, 124_893)),
            lfm2("lfm2-8b-a1b", 2048, 24, EIGHT_B, 32, 7168, new Mixture(2, 32, 4, 1792), 1e6f, 128_000,
                    new Tokens(65_536, 0)),
            lfm2("lfm2-1.2b", 2048, 16, List.of(2, 5, 8, 10, 12, 14), 32, 8192, NONE, 1e6f, 128_000,
                    new Tokens(65_536, 0)),
            new ModelShape("llama-3.2-1b", "llama", 64, true, 2048, 16, every(16), 32, 8, 8192, NONE, 5e5f, 131_072,
                    new Tokens(128_256, 128_000)),
            new ModelShape("qwen3-1.7b", "qwen3", 128, true, 2048, 28, every(28), 16, 8, 6144, NONE, 1e6f, 40_960,
                    new Tokens(151_936, 151_643)),
            new ModelShape("qwen3-30b-a3b", "qwen3moe", 128, false, 2048, 48, every(48), 32, 4, 6144,
                    new Mixture(0, 128, 8, 768), 1e6f, 40_960, new Tokens(151_936, 151_643)),
            new ModelShape("gemma-3-1b", "gemma3", 256, true, 1152, 26, every(26), 4, 1, 6912, NONE, 1e6f, 32_768,
                    new Tokens(262_144, 0)),
            new ModelShape("gpt-oss-20b", "gpt-oss", 64, false, 2880, 24, every(24), 64, 8, 2880,
                    new Mixture(0, 32, 4, 2880), 150_000, 131_072, new Tokens(201_088, 199_998)),
            lfm2("tiny", 256, 6, List.of(2, 4), 4, 512, new Mixture(2, 8, 2, 256), 1e6f, 4096, new Tokens(1024, 0)),
            new ModelShape("tiny-dense", "llama", 64, true, 256, 6, every(6), 4, 2, 512, NONE, 1e6f, 4096,
                    new Tokens(1024, 0)));

    private static ModelShape lfm2(String name, int hidden, int layers, List<Integer> attention, int heads, int inner,
            Mixture moe, float theta, int context, Tokens tokens) {
        return new ModelShape(name, moe.count() > 0 ? "lfm2moe" : "lfm2", hidden / heads, true, hidden, layers,
                attention,
                heads, heads == 4 ? 2 : 8, inner, moe, theta, context, tokens);
    }

    private static List<Integer> every(int layers) {
        return IntStream.range(0, layers).boxed().toList();
    }
}
