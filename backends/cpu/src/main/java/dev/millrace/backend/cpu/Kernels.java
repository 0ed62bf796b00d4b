/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

/**
 * The inner loops, once for SIMD and once in plain Java. Stateless and safe for use from any thread.
 *
 * <p>
 * Lanes are rows: a row's result is added up column by column, in the same order whether one vector or many are multiplied, and
 * whatever else is computed in the same call. So results do not depend on the number of threads or on how tokens are grouped.
 *
 * <p>
 * Results of tiles lie as {@code [vector][lane]}: the rows of a group for one vector after the other.
 */
sealed interface Kernels permits ScalarKernels, VectorKernels {

    /** What this is, for people. */
    String description();

    /** Rows in a group. */
    int lanes();

    /** Whether single vectors are wanted as {@link Activations.Form#DIGITS}, not as pairs. */
    boolean digits();

    /** Vectors from which on unpacking integer codes to a panel is faster than multiplying them as they are; measured. */
    int unpacked(Packing.Codes codes);

    /**
     * Decodes the scales and minima of a group.
     *
     * @param own working memory, which gets them as {@code [block][lane]}, minima with the sign with which they are added
     */
    void scales(Matrix matrix, int group, ScaleScratch own);

    /**
     * Quantises a vector: 8 bits a value and one scale for 32 columns, rounded to nearest.
     *
     * @param x holds the vector
     * @param from index of its first element
     * @param into gets it
     * @param place where in there
     * @param vector as which vector
     * @param own working memory, 32 ints
     */
    void quantise(float[] x, int from, Activations into, Activations.Place place, int vector, int[] own);

    /**
     * Adds what a group's minima contribute: {@code y[lane] += sum over blocks of minimum * total}.
     *
     * @param minima {@code [block][lane]}
     * @param vector of the prepared inputs
     * @param y results from an index on
     */
    void minima(Matrix matrix, float[] minima, Activations x, Activations.Place place, int vector, float[] y, int at);

    /**
     * The products of groups with integer codes and one vector of width 1; decodes scales and minima itself.
     *
     * @param first first group
     * @param groups how many
     * @param own working memory
     * @param y results from an index on
     */
    void integers(Matrix matrix, int first, int groups, ScaleScratch own, Activations x, Activations.Place place,
            int vector, float[] y, int at);

    /**
     * The same with a vector and the next at once, in one pass over the weights for the types that have such a loop.
     *
     * @param y results of the vector from an index on
     * @param z results of the next from an index on
     */
    void integers(Matrix matrix, int first, int groups, ScaleScratch own, Activations x, Activations.Place place,
            int vector, float[] y, int at, float[] z, int zAt);

    /**
     * The products of groups with one vector of floats. Not for types that fast precision multiplies as integers.
     *
     * @param first first group
     * @param groups how many
     * @param own working memory
     * @param y results from an index on
     */
    void floats(Matrix matrix, int first, int groups, ScaleScratch own, float[] x, int from, float[] y, int at);

    /**
     * Unpacks columns of a group to 16-bit integers, {@code [column / 2][lane][column % 2]}. For nibbles and sixes.
     *
     * @param first first column, a multiple of 32
     * @param count columns, a multiple of 32
     */
    void unpack(Matrix matrix, int group, int first, int count, short[] panel);

    /**
     * Unpacks columns of a group to floats, {@code [column][lane]}: weights, or where they are quantised their codes,
     * which are whole numbers.
     *
     * @param first first column, a multiple of 32
     * @param count columns
     * @param own working memory, as large as the panel
     */
    void unpack(Matrix matrix, int group, int first, int count, short[] own, float[] panel);

    /**
     * Makes codes weights: multiplies them with their scales and adds minima.
     *
     * @param own decoded scales and minima, {@code [block][lane]}
     */
    void scale(Matrix matrix, ScaleScratch own, int first, int count, float[] panel);

    /**
     * Adds the products of a panel of integers with a tile of {@link Activations#TILE} vectors.
     *
     * @param first first column of the panel
     * @param count columns
     * @param vectors how many of the tile's vectors are wanted
     * @param y results from an index on
     */
    void tile(Matrix matrix, short[] panel, float[] scales, int first, int count, Activations x,
            Activations.Place place, int tile, int vectors, float[] y, int at);

    /** The same with a panel of weights and vectors of floats. */
    void tile(float[] panel, int count, Activations x, Activations.Place place, int tile, int first, int vectors,
            float[] y, int at);

    /** The inner loop of attention. */
    AttentionKernels attention();

    /** {@code gate[i] = silu(gate[i]) * up[i]} for n values, both from an index on. */
    void gate(float[] gate, int gateAt, float[] up, int upAt, int n);
}
