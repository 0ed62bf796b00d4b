/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.spi.Blueprint;
import java.util.ArrayList;
import java.util.List;

/**
 * How keys and values lie in memory: in pages of {@link #PAGE} tokens that hold all attention layers; in a page, for each layer,
 * head by head, so that what one head needs is read in one stretch.
 *
 * <p>
 * A page is made of lanes of 32 bits that hold {@link KvType#run} values each, little-endian. Keys are matrices of
 * {@code [headSize / run][token]} lanes of neighbouring dimensions, values of {@code [token / run][headSize]} lanes of
 * neighbouring tokens. So vectors of lanes give scores of neighbouring tokens, and sums of neighbouring dimensions, without
 * adding up the lanes of a vector, and one layout suits all widths. A matrix lies in stripes of {@link #STRIPE} columns, one
 * after the other, since kernels read it so, and memory is read ahead only where it is read from front to back.
 *
 * @param type how a value is kept
 * @param layers one entry a layer of the blueprint; those without attention have no heads
 * @param pageBytes size of a page
 */
record KvLayout(KvType type, List<Layer> layers, long pageBytes) {

    /** Tokens in a page. */
    static final int PAGE = 64;

    /** Columns that lie together: two vectors of 512 bits. A head's values are filled up with zeros to whole stripes. */
    static final int STRIPE = 32;

    /**
     * One layer's share of a page. Places are in bytes from the start of the page.
     *
     * @param type how a value is kept
     * @param heads key-value heads
     * @param headSize values in a head
     * @param start where the first head begins
     */
    record Layer(KvType type, int heads, int headSize, long start) {

        /** Values in a head, filled up. */
        int width() {
            return KvLayout.width(headSize);
        }

        /** Where the keys of a head begin. */
        long keys(int head) {
            return start + head * headBytes();
        }

        /** Where the values of a head begin. */
        long values(int head) {
            return keys(head) + (long) PAGE * width() * type.bytes;
        }

        /** Where the scales of a head's keys begin, if the type has any: one float a token, then those of the values. */
        long scales(int head) {
            return values(head) + (long) PAGE * width() * type.bytes;
        }

        /** Place of one value of a key, relative to the keys of its head. */
        long key(int token, int dimension) {
            return place(dimension, token, width());
        }

        /** Place of one value, relative to the values of its head. */
        long value(int token, int dimension) {
            return place(token, dimension, PAGE);
        }

        private long place(int row, int column, int rows) {
            int lane = (column / STRIPE * (rows / type.run) + row / type.run) * STRIPE + column % STRIPE;
            return ((long) lane * type.run + row % type.run) * type.bytes;
        }

        private long headBytes() {
            long scales = type == KvType.Q8 ? 2L * PAGE * Float.BYTES : 0;
            return 2L * PAGE * width() * type.bytes + scales;
        }

        private long end() {
            return start + heads * headBytes();
        }
    }

    static KvLayout of(Blueprint blueprint, KvType type) {
        List<Layer> layers = new ArrayList<>();
        long bytes = 0;
        for (Blueprint.Layer layer : blueprint.layers()) {
            Layer share = layer.mixer() instanceof Blueprint.Attention a
                    ? new Layer(type, a.kvHeads(), a.headSize(), bytes)
                    : new Layer(type, 0, 0, bytes);
            layers.add(share);
            bytes = share.end();
        }
        return new KvLayout(type, List.copyOf(layers), bytes);
    }

    /** Pages that hold so many tokens. */
    static int pages(int tokens) {
        return tokens / PAGE + (tokens % PAGE == 0 ? 0 : 1);
    }

    /** A head's size, filled up to whole vectors. */
    static int width(int headSize) {
        return (headSize + STRIPE - 1) / STRIPE * STRIPE;
    }
}
