/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import dev.millrace.backend.cpu.weights.Matrix;
import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.backend.cpu.weights.WeightForm;

/**
 * The inner loops: as machine code made at run time, in Java for SIMD, and in plain Java. Safe for use from any thread. Products
 * with integer codes have the same bits in all of them.
 *
 * <p>
 * Lanes are rows: a row's result is added up column by column, in the same order whether one vector or many are multiplied, and
 * whatever else is computed in the same call. So results do not depend on the number of threads or on how tokens are grouped.
 *
 * <p>
 * Results of tiles lie as {@code [vector][lane]}: the rows of a group for one vector after the other.
 */
public interface Kernels extends WeightForm {

    /** Columns that are unpacked at a time: with 512-bit vectors a panel of shorts is 8 KiB, one of floats 16. */
    int PANEL = 128;

    /** What this is, for people. */
    String description();

    /** Does every operation once, before others are used, so that none is new to compiled code. Takes some hundredths of a second. */
    void rehearse();

    /**
     * Decodes one row, such as the embedding of a token.
     *
     * @param row which
     * @param scratch for the scales of the row's group
     * @param into gets the values
     * @param at index of the first
     */
    void row(Matrix matrix, int row, ScaleScratch scratch, float[] into, int at);

    /**
     * How so many vectors are wanted for a product with integer codes: as {@link Activations.Form#QUADS} for {@link #quads}, in tiles
     * for {@link #tiles}, or alone for {@link #integers}.
     */
    Activations.Form form(Packing packing, int count);

    /**
     * Decodes the scales and minima of a group.
     *
     * @param scratch working memory, which gets them as {@code [block][lane]}, minima with the sign with which they are added
     */
    void scales(Matrix matrix, int group, ScaleScratch scratch);

    /**
     * Quantises a vector: 8 bits per value and one scale for 32 columns, rounded to nearest.
     *
     * @param x holds the vector
     * @param from index of its first element
     * @param into gets it
     * @param place where in there
     * @param vector as which vector
     * @param scratch working memory
     */
    void quantise(float[] x, int from, Activations into, Activations.Place place, int vector, QuadScratch scratch);

    /**
     * The products of groups with integer codes and one vector of width 1; decodes scales and minima itself.
     *
     * @param first first group
     * @param groups how many
     * @param scratch working memory
     * @param y results from an index on
     */
    void integers(Matrix matrix, int first, int groups, ScaleScratch scratch, Activations x, Activations.Place place,
            int vector, float[] y, int at);

    /**
     * The products of groups with one vector of floats. Not for types that fast precision multiplies as integers.
     *
     * @param first first group
     * @param groups how many
     * @param scratch working memory
     * @param y results from an index on
     */
    void floats(Matrix matrix, int first, int groups, ScaleScratch scratch, float[] x, int from, float[] y, int at);

    /**
     * Unpacks columns of a group to 16-bit integers, {@code [column / 2][lane][column % 2]}. For nibbles and 6-bit codes.
     *
     * @param first first column, a multiple of 32
     * @param count columns, a multiple of 32
     */
    void unpack(Matrix matrix, int group, int first, int count, short[] panel);

    /**
     * Unpacks columns of a group to weights, {@code [column][lane]}.
     *
     * @param first first column, a multiple of 32
     * @param count columns
     * @param scratch decoded scales and minima, {@code [block][lane]}
     * @param codes working memory, as large as the panel
     */
    void unpack(Matrix matrix, int group, int first, int count, ScaleScratch scratch, short[] codes, float[] panel);

    /**
     * The products of a group with integer codes and vectors in tiles; decodes scales and minima itself.
     *
     * @param count vectors
     * @param scratch working memory
     * @param panel working memory for {@link #PANEL} columns
     * @param floats the same for floats
     * @param y results, {@code [vector][lane]}, with room for whole tiles
     */
    void tiles(Matrix matrix, int group, int count, ScaleScratch scratch, short[] panel, float[] floats, Activations x,
            Activations.Place place, float[] y);

    /**
     * The products of groups with integer codes and the vectors of a tile of {@link Activations.Form#QUADS}. Only kernels whose
     * {@link #form} asks for that have this.
     *
     * @param first first group
     * @param groups how many
     * @param scratch gets the results, {@code [vector][group][lane]}
     */
    default void quads(Matrix matrix, int first, int groups, Activations x, Activations.Place place, int tile,
            QuadScratch scratch) {
        throw new UnsupportedOperationException(description() + " has no products of quads");
    }

    /**
     * Adds the products of a panel of weights with a tile of {@link Activations#TILE} vectors of floats.
     *
     * @param count columns
     * @param first first column of the panel
     * @param vectors how many of the tile's vectors are wanted
     * @param y results from an index on
     */
    void tile(float[] panel, int count, Activations x, Activations.Place place, int tile, int first, int vectors,
            float[] y, int at);

    /** The inner loop of attention. */
    AttentionKernels attention();

    /** {@code gate[i] = silu(gate[i]) * up[i]} for n values, both from an index on. */
    void silu(float[] gate, int gateAt, float[] up, int upAt, int n);

    /** {@code gate[i] = gelu(gate[i]) * up[i]} for n values, with GELU in its tanh form. */
    void gelu(float[] gate, int gateAt, float[] up, int upAt, int n);

    /** {@code gate[i] = c * sigmoid(alpha * c) * (v + 1)} with {@code c = min(gate[i], limit)} and v the bounded {@code up[i]}. */
    void clampedSwiglu(float alpha, float limit, float[] gate, int gateAt, float[] up, int upAt, int n);
}
