/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.synthesis;

import java.util.List;

/**
 * The sizes of a model.
 *
 * @param name what it is asked for by
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
public record ModelShape(String name, int hidden, int layers, List<Integer> attention, int heads, int kvHeads,
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
            new ModelShape("lfm2.5-8b-a1b", 2048, 24, EIGHT_B, 32, 8, 7168, new Mixture(2, 32, 4, 1792), 5e6f, 131_072,
                    new Tokens(128_000, 124_893)),
            new ModelShape("lfm2-8b-a1b", 2048, 24, EIGHT_B, 32, 8, 7168, new Mixture(2, 32, 4, 1792), 1e6f, 128_000,
                    new Tokens(65_536, 0)),
            new ModelShape("lfm2-1.2b", 2048, 16, List.of(2, 5, 8, 10, 12, 14), 32, 8, 8192, NONE, 1e6f, 128_000,
                    new Tokens(65_536, 0)),
            new ModelShape("tiny", 256, 6, List.of(2, 4), 4, 2, 512, new Mixture(2, 8, 2, 256), 1e6f, 4096,
                    new Tokens(1024, 0)));
}
