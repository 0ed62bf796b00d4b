/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

import dev.millrace.spi.model.Blueprint;
import java.util.ArrayList;
import java.util.List;

/**
 * How keys and values lie in memory: in pages of {@link #PAGE} tokens that hold all attention layers of a group; in a page, for
 * each layer, head by head, so that what one head needs lies in one piece.
 *
 * <p>
 * Keys are a matrix of {@code [headSize][token]}, values one of {@code [token][headSize]}, little-endian. So vectors of
 * neighbouring columns give scores of neighbouring tokens, and sums of neighbouring dimensions, without adding up the lanes of a
 * vector, and one layout suits all widths. All lies in the order in which kernels with the widest vectors read it, byte by byte:
 * memory is read ahead of them only so.
 *
 * <p>
 * Bytes lie four to an int, {@code [row / 4][column][4]}, since processors multiply and add up four bytes at once. An int of keys
 * holds four neighbouring dimensions, one of values the tokens {@code t}, {@code t + 32}, {@code t + 16} and {@code t + 48}: so the
 * ints of a vector hold neighbours, and weights need not change their lanes.
 *
 * @param type how a value is kept
 * @param layers one entry a layer of the blueprint; those without attention and those of other groups have no heads
 * @param pageBytes size of a page
 */
public record KvLayout(KvType type, List<Layer> layers, long pageBytes) {

    /** Tokens in a page. */
    public static final int PAGE = 64;

    /** Tokens whose scales lie in the lower halves of ints. */
    public static final int HALF_PAGE = PAGE / 2;

    /** Tokens whose values lie in different ints. */
    public static final int QUARTER_PAGE = PAGE / 4;

    /** A head's values are filled up with zeros to a multiple of this: two vectors of 512 bits. */
    static final int WIDTH_MULTIPLE = 32;

    /**
     * One layer's share of a page. Places are in bytes from the start of the page.
     *
     * @param type how a value is kept
     * @param heads key-value heads
     * @param headSize values in a head
     * @param start where the first head begins
     */
    public record Layer(KvType type, int heads, int headSize, long start) {

        /** Values in a head, filled up. */
        public int width() {
            return KvLayout.width(headSize);
        }

        /**
         * Where the scales of a head's keys begin, if the type has any: one bfloat16 a token, then those of the values. Tokens of the
         * first half of a page share ints with those of the second, so that vectors of ints hold neighbours.
         */
        private long scales(int head) {
            return start + head * headBytes();
        }

        /** Place of the scale of a token's key. */
        public long keyScale(int head, int token) {
            return scales(head) + (token % HALF_PAGE) * (long) Integer.BYTES + (token / HALF_PAGE) * (long) Short.BYTES;
        }

        /** Place of the scale of a token's values. */
        public long valueScale(int head, int token) {
            return keyScale(head, token) + PAGE * (long) Short.BYTES;
        }

        /** Where the keys of a head begin. */
        public long keys(int head) {
            return scales(head) + scaleBytes();
        }

        /** Where the values of a head begin. */
        public long values(int head) {
            return keys(head) + (long) PAGE * width() * type.bytes;
        }

        /** Place of one value of a key, relative to the keys of its head. */
        public long key(int token, int dimension) {
            return type == KvType.Q8
                    ? ((long) (dimension / 4) * PAGE + token) * Integer.BYTES + dimension % 4
                    : ((long) dimension * PAGE + token) * type.bytes;
        }

        /** Place of one value, relative to the values of its head. */
        public long value(int token, int dimension) {
            if (type == KvType.Q8) {
                int quarter = token / QUARTER_PAGE;
                return ((long) (token % QUARTER_PAGE) * width() + dimension) * Integer.BYTES
                        + (quarter >> 1 | (quarter & 1) << 1);
            }
            return ((long) token * width() + dimension) * type.bytes;
        }

        private long scaleBytes() {
            return type == KvType.Q8 ? 2L * PAGE * Short.BYTES : 0;
        }

        /** Bytes from one head to the next. */
        public long headBytes() {
            return 2L * PAGE * width() * type.bytes + scaleBytes();
        }

        /** Where the layer after this one begins. */
        public long end() {
            return start + heads * headBytes();
        }
    }

    /** The pages of the layers with a window, or without one if it is 0. */
    static KvLayout of(Blueprint blueprint, KvType type, int window) {
        List<Layer> layers = new ArrayList<>();
        long bytes = 0;
        for (Blueprint.Layer layer : blueprint.layers()) {
            Layer share = layer.mixer() instanceof Blueprint.Attention a && a.span().window() == window
                    ? new Layer(type, a.kvHeads(), a.headSize(), bytes)
                    : new Layer(type, 0, 0, bytes);
            layers.add(share);
            bytes = share.end();
        }
        return new KvLayout(type, List.copyOf(layers), bytes);
    }

    /** Pages that hold so many tokens. */
    public static int pages(int tokens) {
        return tokens / PAGE + (tokens % PAGE == 0 ? 0 : 1);
    }

    /** A head's size, filled up. */
    public static int width(int headSize) {
        return (headSize + WIDTH_MULTIPLE - 1) / WIDTH_MULTIPLE * WIDTH_MULTIPLE;
    }
}
