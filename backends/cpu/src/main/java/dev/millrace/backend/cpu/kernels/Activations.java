/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kernels;

import dev.millrace.backend.cpu.weights.Packing;
import dev.millrace.spi.model.TensorType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Input vectors prepared for the kernels: quantised to 8 bits, or as floats, and interleaved for tiles. Vectors of one product
 * are cut into tiles of a width; in a tile, element {@code i} of all its vectors lies side by side. Grows to the largest use,
 * then allocates no more.
 */
public final class Activations {

    /** Vectors in a tile of a matrix-matrix product. */
    public static final int TILE = 8;
    /** Columns that share a scale. */
    public static final int BLOCK = 32;
    /** A share of the room for quantised vectors that is taken in advance: experts fill other numbers of tiles in each chunk. */
    public static final int SPARE = 8;
    /** Where the pairs of a block begin in working memory, so that there is one to read before them. */
    public static final int PAIRS = 1;

    /** How vectors are prepared. */
    public enum Form {
        /** Floats as they are, in tiles of {@link #values}. */
        FLOATS(TILE),
        /** Quantised, two neighbouring columns an int of {@link #pairs}, the even one in the lower half; each vector by itself. */
        PAIRS(1),
        /** The same in tiles. */
        PAIR_TILES(TILE),
        /**
         * Quantised, each vector by itself in {@link #words}: for nibbles and 6-bit codes as {@code NibbleDots} multiplies codes that
         * are not masked, for bytes as floats.
         */
        DELTAS(1),
        /** Quantised, but as floats, in tiles of {@link #values}. */
        WHOLE_TILES(TILE),
        /**
         * Quantised, four columns an int, signed bytes in the order in which codes are packed, in tiles of {@link #words}. The last
         * tile is as wide as there are vectors left. In a tile lies block after block, and of each, vector beside vector: 8 ints, a
         * word for each run of the weights, and the quantisation scale. The word is {@code -zero * sum}, an integer, or for weights
         * with minima the sum times the scale.
         */
        QUADS(TILE);

        private final int width;

        Form(int width) {
            this.width = width;
        }

        /** Vectors side by side: 1 or {@link #TILE}. */
        public int width() {
            return width;
        }
    }

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Quantised values, two per int. */
    public int[] pairs = {};
    /** Quantisation scales; one per block of {@link #BLOCK} columns. */
    public float[] scales = {};
    /** Sums of quantised values over a weight's block, even columns in the lower half. */
    int[] sums = {};
    /** The same sums, even and odd together, times the scale. */
    public float[] totals = {};
    /** Floats. */
    public float[] values = {};
    /**
     * What {@link Form#DELTAS} and {@link Form#QUADS} are made of, 4 bytes each; outside the heap, since machine code reads there, and
     * since from there C2 multiplies with a value right from memory: out of an array most values took a detour, and nibbles were
     * read at 20 instead of 29 GB/s from the second-level cache. Freed with this object.
     */
    public MemorySegment words = MemorySegment.NULL;
    private int pairsUsed;
    private int scalesUsed;
    private int sumsUsed;
    private int valuesUsed;
    private int wordsUsed;

    /** How the inputs of a product lie here. */
    public static final class Place {
        public Form form = Form.FLOATS;
        /** The width of the form. */
        public int width;
        /** Columns of a vector. */
        public int columns;
        /** How the weights are coded. */
        public Packing.Codes codes = Packing.Codes.FLOATS;
        /** Of the weights. */
        public Packing packing = Packing.of(TensorType.F32, 1);
        int vectors;
        /** Columns in a block of the weights; of floats 0. */
        public int block;
        int pairs;
        int scales;
        int sums;
        int totals;
        int values;

        /** Index of the first pair of columns, or delta, of a vector; the next are {@link #width} apart. */
        public int pair(int vector) {
            return at(pairs, vector, ints());
        }

        public int scale(int vector) {
            return at(scales, vector, columns / BLOCK);
        }

        public int sum(int vector) {
            return at(sums, vector, columns / block);
        }

        public int total(int vector) {
            return at(totals, vector, columns / block);
        }

        public int value(int vector) {
            return at(values, vector, columns);
        }

        /** Index of the first word of a tile of {@link Form#QUADS}. */
        public int tile(int tile) {
            return pairs + tile * TILE * ints();
        }

        /** Vectors of a tile of {@link Form#QUADS}. */
        public int tileWidth(int tile) {
            return Math.min(TILE, vectors - tile * TILE);
        }

        /** Words of a block of {@link Form#QUADS} for each vector. */
        public static int blockWords(int run) {
            return BLOCK / 4 + BLOCK / run + 1;
        }

        private int at(int base, int vector, int elements) {
            return base + vector / width * elements * width + vector % width;
        }

        /** Ints that a vector takes: deltas of 6-bit codes that are cut in two are multiplied twice. */
        private int ints() {
            return switch (form) {
                case DELTAS -> switch (codes) {
                    case SIX_BITS -> columns / 16 * 10;
                    case BYTES -> columns;
                    default -> columns / 2;
                };
                case QUADS -> columns / BLOCK * blockWords(block);
                default -> columns / 2;
            };
        }

        private int vectors(int count) {
            return (count + width - 1) / width * width;
        }
    }

    /** Forgets what was prepared. */
    public void clear() {
        pairsUsed = 0;
        scalesUsed = 0;
        sumsUsed = 0;
        valuesUsed = 0;
        wordsUsed = 0;
    }

    /**
     * Gives quantised vectors a place.
     *
     * @param packing of the weights
     */
    public void integers(Place place, Form form, int count, int columns, Packing packing) {
        place.form = form;
        place.width = form.width();
        place.columns = columns;
        place.codes = packing.codes();
        place.block = packing.run();
        place.packing = packing;
        place.vectors = count;
        if (form == Form.QUADS) {
            place.pairs = wordsUsed;
            wordsUsed = Math.addExact(wordsUsed, Math.multiplyExact(count, place.ints()));
            wordsUsed = (wordsUsed + 15) & -16;
            return;
        }
        int vectors = place.vectors(count);
        if (form == Form.WHOLE_TILES) {
            place.values = valuesUsed;
            place.scales = scalesUsed;
            valuesUsed = Math.addExact(valuesUsed, Math.multiplyExact(vectors, columns));
            scalesUsed += vectors * (columns / BLOCK);
            return;
        }
        int ints = Math.multiplyExact(vectors, place.ints());
        int inputScales = vectors * (columns / BLOCK);
        int runs = vectors * (columns / place.block) + 1; // kernels read one ahead
        if (form == Form.DELTAS) {
            place.pairs = wordsUsed;
            place.scales = place.pairs + ints;
            place.sums = place.scales + inputScales;
            place.totals = place.sums + runs;
            wordsUsed = place.totals + runs;
        } else {
            place.pairs = pairsUsed;
            place.scales = scalesUsed;
            place.sums = sumsUsed;
            place.totals = sumsUsed;
            pairsUsed = Math.addExact(pairsUsed, ints);
            scalesUsed += inputScales;
            sumsUsed += runs;
        }
    }

    /** Gives vectors of floats a place. */
    public void floats(Place place, int count, int columns) {
        place.form = Form.FLOATS;
        place.width = Form.FLOATS.width();
        place.columns = columns;
        place.codes = Packing.Codes.FLOATS;
        place.block = 0;
        place.values = valuesUsed;
        valuesUsed = Math.addExact(valuesUsed, Math.multiplyExact(place.vectors(count), columns));
    }

    /** Makes the room that places were given since the last {@link #clear}; what was prepared before it is lost. */
    public void makeRoom() {
        if (pairsUsed > pairs.length) {
            pairs = new int[withSpare(pairsUsed)];
        }
        if (scalesUsed > scales.length) {
            scales = new float[withSpare(scalesUsed)];
        }
        if (sumsUsed > sums.length) {
            sums = new int[withSpare(sumsUsed)];
            totals = new float[sums.length];
        }
        if (valuesUsed > values.length) {
            values = new float[valuesUsed];
        }
        if (4L * wordsUsed > words.byteSize()) {
            words = Arena.ofAuto().allocate(4L * withSpare(wordsUsed), 64);
        }
    }

    private static int withSpare(int used) {
        return Math.addExact(used, used / SPARE);
    }

    /** Writes one vector as floats. */
    public void put(Place place, int vector, float[] x, int from) {
        int at = place.value(vector);
        for (int i = 0; i < place.columns; i++) {
            values[at + i * place.width] = x[from + i];
        }
    }

    /**
     * Writes a block of {@link #BLOCK} quantised values: as pairs, or as deltas for 6-bit codes. Those for nibbles are written by the kernels,
     * in vectors.
     *
     * @param quantised the values, two per int, from {@link #PAIRS} on
     * @param inputScale the quantisation scale
     */
    public void put(Place place, int vector, int block, int[] quantised, float inputScale) {
        switch (place.form) {
            case QUADS -> quads(place, vector, block, quantised, inputScale);
            case WHOLE_TILES -> {
                int at = place.value(vector) + BLOCK * block * place.width;
                for (int i = 0; i < BLOCK; i++) {
                    values[at + i * place.width] = value(quantised, i);
                }
                scales[place.scale(vector) + block * place.width] = inputScale;
            }
            case DELTAS -> {
                putScales(place, vector, block, quantised, inputScale);
                if (place.codes == Packing.Codes.BYTES) {
                    for (int i = 0; i < BLOCK; i++) {
                        words.setAtIndex(FLOAT, place.pair(vector) + BLOCK * block + i, value(quantised, i));
                    }
                } else {
                    sixBits(place.pair(vector) + 20 * block, PAIRS, quantised);
                    sixBits(place.pair(vector) + 20 * block + 10, PAIRS + 8, quantised);
                }
            }
            default -> {
                putScales(place, vector, block, quantised, inputScale);
                int at = place.pair(vector) + 16 * block * place.width;
                for (int i = 0; i < 16; i++) {
                    pairs[at + i * place.width] = quantised[PAIRS + i];
                }
            }
        }
    }

    /** One of the quantised values of a block. */
    private static int value(int[] quantised, int column) {
        int both = quantised[PAIRS + column / 2];
        return column % 2 == 0 ? (short) both : both >> 16;
    }

    private void quads(Place place, int vector, int block, int[] quantised, float inputScale) {
        int tile = vector / TILE;
        int width = place.tileWidth(tile);
        int runs = BLOCK / place.block;
        int at = place.tile(tile) + block * Place.blockWords(place.block) * width + vector % TILE;
        boolean nibbles = place.codes == Packing.Codes.NIBBLES;
        for (int i = 0; i < BLOCK / 4; i++) {
            int from = PAIRS + (nibbles ? i / 2 * 4 + i % 2 : 2 * i);
            int low = quantised[from] & 0x00ff00ff;
            int high = quantised[from + (nibbles ? 2 : 1)] & 0x00ff00ff;
            words.setAtIndex(INT, at + i * width, low | high << 8);
        }
        at += BLOCK / 4 * width;
        for (int run = 0; run < runs; run++) {
            int sum = 0;
            for (int i = PAIRS + run * place.block / 2; i < PAIRS + (run + 1) * place.block / 2; i++) {
                sum += (short) quantised[i] + (quantised[i] >> 16);
            }
            if (place.packing.minima()) {
                words.setAtIndex(FLOAT, at, sum * inputScale);
            } else {
                words.setAtIndex(INT, at, -place.packing.zero() * sum);
            }
            at += width;
        }
        words.setAtIndex(FLOAT, at, inputScale);
    }

    /** Writes what belongs to a block beside its values: scale, sums and totals. */
    public void putScales(Place place, int vector, int block, int[] quantised, float inputScale) {
        for (int run = 0; run < BLOCK / place.block; run++) {
            int even = 0;
            int odd = 0;
            for (int i = PAIRS + run * place.block / 2; i < PAIRS + (run + 1) * place.block / 2; i++) {
                even += (short) quantised[i];
                odd += quantised[i] >> 16;
            }
            int at = (block * BLOCK / place.block + run) * place.width;
            int sum = (even & 0xffff) | (odd << 16);
            if (place.form == Form.DELTAS) {
                words.setAtIndex(INT, place.sum(vector) + at, sum);
                words.setAtIndex(FLOAT, place.total(vector) + at, (even + odd) * inputScale);
            } else {
                sums[place.sum(vector) + at] = sum;
                totals[place.total(vector) + at] = (even + odd) * inputScale;
            }
        }
        if (place.form == Form.DELTAS) {
            words.setAtIndex(FLOAT, place.scale(vector) + block, inputScale);
        } else {
            scales[place.scale(vector) + block * place.width] = inputScale;
        }
    }

    private void sixBits(int at, int first, int[] quantised) {
        int e1 = quantised[first + 1];
        int e3 = quantised[first + 3];
        int e5 = quantised[first + 5];
        int e6 = quantised[first + 6];
        int e7 = quantised[first + 7];
        delta(at, quantised[first]);
        delta(at + 1, less(e1, quantised[first], 6));
        delta(at + 2, less(e6, e1, 6));
        delta(at + 3, quantised[first + 2]);
        delta(at + 4, less(e3, quantised[first + 2], 6));
        delta(at + 5, less(e7, e3, 6));
        delta(at + 6, quantised[first + 4]);
        delta(at + 7, less(e5, quantised[first + 4], 6));
        delta(at + 8, less(left(e6, 4), e5, 6));
        delta(at + 9, less(left(e7, 4), left(e6, 4), 2));
    }

    private void delta(int at, int value) {
        words.setAtIndex(INT, at, value);
    }

    /** {@code a - (b << bits)} in both halves, modulo 2^16. */
    private static int less(int a, int b, int bits) {
        return ((a - (b << bits)) & 0xffff) | (((a >> 16) - (b >> 16 << bits)) << 16);
    }

    private static int left(int a, int bits) {
        return ((a << bits) & 0xffff) | (a >> 16 << (bits + 16));
    }

    /** Writes zeros after the last vector, to the end of its tile. */
    public void pad(Place place, int count) {
        for (int v = count; v % place.width != 0; v++) {
            if (place.form == Form.QUADS) {
                return; // whose last tile is not filled up
            }
            if (place.form == Form.FLOATS || place.form == Form.WHOLE_TILES) {
                fill(values, place.value(v), place.columns, place.width);
            }
            if (place.form == Form.WHOLE_TILES) {
                fill(scales, place.scale(v), place.columns / BLOCK, place.width);
            } else if (place.form != Form.FLOATS) {
                fill(pairs, place.pair(v), place.columns / 2, place.width);
                fill(sums, place.sum(v), place.columns / place.block, place.width);
                fill(totals, place.total(v), place.columns / place.block, place.width);
                fill(scales, place.scale(v), place.columns / BLOCK, place.width);
            }
        }
    }

    private static void fill(int[] array, int at, int count, int stride) {
        for (int i = 0; i < count; i++) {
            array[at + i * stride] = 0;
        }
    }

    private static void fill(float[] array, int at, int count, int stride) {
        for (int i = 0; i < count; i++) {
            array[at + i * stride] = 0;
        }
    }
}
