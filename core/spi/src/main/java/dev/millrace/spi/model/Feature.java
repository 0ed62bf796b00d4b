/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

/**
 * Something that a blueprint may ask of a backend. Minor versions may add to it; a backend lists those that it computes one by
 * one, and never all that there are, so that one which is added later is refused.
 *
 * @see Blueprint#features
 */
public enum Feature {
    /** Grouped-query attention over all tokens, in its plain form: a rope in half-split order over the whole head. */
    ATTENTION("attention"),
    /** Gated short convolution. */
    SHORT_CONVOLUTION("gated short convolution"),
    /** A norm over each query and key head. */
    HEAD_NORM("norms of query and key heads"),
    /** A norm over all query heads, or all key heads, together. */
    PROJECTION_NORM("norms over all query or key heads together"),
    /** A norm of queries alone, or of keys alone. */
    ONE_HEAD_NORM("a norm of queries or keys alone"),
    /** Attention that knows no positions. */
    NO_POSITION("attention without positions"),
    /** A rope that turns some values of each head only. */
    ROPE_PARTIAL("a rope over a part of each head"),
    /** A rope that turns neighbouring values together. */
    ROPE_INTERLEAVED("a rope in interleaved order"),
    /** Frequencies or magnitudes other than the plain ones: {@link Position.Rope#frequencies}. */
    ROPE_SCALING("a scaled rope"),
    /** A rope whose frequencies depend on the length of the sequence. */
    ROPE_BY_LENGTH("a rope that depends on the length of the sequence"),
    /** Attention over the last tokens only. */
    WINDOW("sliding windows"),
    /** A scale of scores other than {@code 1 / sqrt(headSize)}. */
    ATTENTION_SCALE("another scale of attention"),
    /** Scores that are bounded by a hyperbolic tangent. */
    ATTENTION_SOFTCAP("a softcap of attention"),
    /** Scores that take part in the softmax without a value. */
    ATTENTION_SINKS("attention sinks"),
    /** Biases of attention's projections. */
    ATTENTION_BIAS("biases in attention"),
    /** A part of a layer that reads the stream as it is. */
    NO_NORM_BEFORE("layers without a norm before"),
    /** A norm of what a part of a layer gives. */
    NORM_AFTER("norms after"),
    /** A norm whose weight counts from 1. */
    NORM_ONE_PLUS("norms with 1 + weight"),
    /** SwiGLU. */
    SWIGLU("SwiGLU"),
    /** A gated feed-forward with GELU in its tanh form. */
    GEGLU("GEGLU"),
    /** SwiGLU with bounds, as gpt-oss has it. */
    CLAMPED_SWIGLU("clamped SwiGLU"),
    /** Biases of a feed-forward's matrices. */
    FEED_FORWARD_BIAS("biases in the feed-forward"),
    /** Experts whose scores are sigmoids, with or without a bias for picking, normalised or not, and with any scale. */
    ROUTER_SIGMOID("experts with a sigmoid router"),
    /** Experts whose scores are a softmax over all; bias for picking, normalising and scale as with sigmoids. */
    ROUTER_SOFTMAX("experts with a softmax router"),
    /** Experts whose scores are a softmax over those picked; bias for picking, normalising and scale as with sigmoids. */
    ROUTER_SOFTMAX_OF_PICKED("experts with a softmax over those picked"),
    /** A bias of the router's outputs. */
    ROUTER_BIAS("a bias of the router"),
    /** An expert that works on every token. */
    SHARED_EXPERT("a shared expert"),
    /** A gate of the shared expert. */
    SHARED_EXPERT_GATE("a gate of the shared expert"),
    /** A factor of the embedding. */
    EMBEDDING_MULTIPLIER("an embedding multiplier"),
    /** A factor of what a layer adds. */
    RESIDUAL_MULTIPLIER("a residual multiplier"),
    /** A factor of the logits. */
    LOGITS_MULTIPLIER("a logits multiplier"),
    /** Logits that are bounded by a hyperbolic tangent. */
    LOGITS_SOFTCAP("a softcap of the logits");

    private final String description;

    Feature(String description) {
        this.description = description;
    }

    /**
     * What it is, for messages.
     *
     * @return a few words that fit behind "needs"
     */
    public String description() {
        return description;
    }
}
