/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.model;

import java.util.List;

/** How positions enter queries and keys. Minor versions may add kinds. */
public sealed interface Position {

    /** Not at all: the order of tokens shows in what other layers do. */
    record None() implements Position {
    }

    /** Which values of a head turn together. */
    enum Order {
        /** Value {@code j} with value {@code j + dimensions / 2} ("NEOX"). */
        HALVES,
        /** Value {@code 2j} with value {@code 2j + 1}. */
        INTERLEAVED
    }

    /**
     * Rotary position embedding (Su et al., 2021): pair {@code j} of each head turns by
     * {@code position * frequencies(length)[j]}; cosine and sine are multiplied by {@code magnitude(length)}. Values from
     * {@code dimensions} on stay as they are.
     *
     * @param dimensions values per head that turn, from the first on; even, 2 or more
     * @param base of the wavelengths ("theta"), more than 0
     * @param order which values turn together
     * @param scaling how the frequencies are changed for longer contexts
     */
    record Rope(int dimensions, float base, Order order, Scaling scaling) implements Position {

        /**
         * Checks the sizes.
         *
         * @throws IllegalArgumentException if dimensions are odd or less than 2, the base is not a positive number, or the
         *             scaling has another number of divisors than there are pairs
         */
        public Rope {
            if (dimensions < 2 || dimensions % 2 != 0 || !(base > 0 && base < Float.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException(
                        "A rope turns 2 or more values, an even number, with a positive base,"
                                + " not " + dimensions + " values with " + base + ".");
            }
            int pairs = dimensions / 2;
            boolean matches = switch (scaling) {
                case Scaling.Divisors d -> d.divisors.size() == pairs;
                case Scaling.LongRope l -> l.shortDivisors.size() == pairs && l.longDivisors.size() == pairs;
                case Scaling.None n -> true;
                case Scaling.Linear l -> true;
                case Scaling.Llama3 l -> true;
                case Scaling.Yarn y -> true;
            };
            if (!matches) {
                throw new IllegalArgumentException("A rope of " + pairs + " pairs has as many divisors: " + scaling);
            }
        }

        /**
         * A rope in half-split order, without scaling.
         *
         * @param dimensions values per head that turn; even
         * @param base of the wavelengths
         */
        public Rope(int dimensions, float base) {
            this(dimensions, base, Order.HALVES, new Scaling.None());
        }

        /**
         * Radians per position.
         *
         * @param length tokens that the sequence reaches ({@code Step.reach} of the backend's contract); matters for
         *            {@link Scaling.LongRope} alone
         * @return a value for each of the {@code dimensions / 2} pairs
         */
        public double[] frequencies(int length) {
            double[] frequencies = new double[dimensions / 2];
            for (int j = 0; j < frequencies.length; j++) {
                frequencies[j] = Math.pow(base, -2.0 * j / dimensions);
            }
            scaling.apply(this, length, frequencies);
            return frequencies;
        }

        /**
         * Factor of cosine and sine.
         *
         * @param length tokens that the sequence reaches; matters for {@link Scaling.LongRope} alone
         * @return 1 without scaling
         */
        public double magnitude(int length) {
            return scaling.magnitude(length);
        }
    }

    /** How the frequencies of a rope are changed for contexts longer than those the model was first trained on. */
    sealed interface Scaling {

        /**
         * Changes frequencies.
         *
         * @param rope the rope
         * @param length tokens that the sequence reaches
         * @param frequencies plain ones; changed
         */
        void apply(Rope rope, int length, double[] frequencies);

        /**
         * Factor of cosine and sine.
         *
         * @param length tokens that the sequence reaches
         * @return 1 if there is none
         */
        default double magnitude(int length) {
            return 1;
        }

        /** Not at all. */
        record None() implements Scaling {

            @Override
            public void apply(Rope rope, int length, double[] frequencies) {
                // they stay
            }
        }

        /**
         * Position interpolation (Chen et al., 2023): positions are divided.
         *
         * @param factor more than 0
         */
        record Linear(float factor) implements Scaling {

            @Override
            public void apply(Rope rope, int length, double[] frequencies) {
                for (int j = 0; j < frequencies.length; j++) {
                    frequencies[j] /= factor;
                }
            }
        }

        /**
         * Each frequency is divided by a number of its own, which a file states ({@code rope_freqs} in GGUF).
         *
         * @param divisors one per pair
         */
        record Divisors(List<Float> divisors) implements Scaling {

            /** Copies the list. */
            public Divisors {
                divisors = List.copyOf(divisors);
            }

            @Override
            public void apply(Rope rope, int length, double[] frequencies) {
                for (int j = 0; j < frequencies.length; j++) {
                    frequencies[j] /= divisors.get(j);
                }
            }
        }

        /**
         * As Llama 3.1: long wavelengths are divided, short ones stay, those between are mixed.
         *
         * @param factor divides low frequencies
         * @param low wavelengths over {@code originalContext / low} are long
         * @param high wavelengths under {@code originalContext / high} are short; more than low
         * @param originalContext tokens that the model was first trained on
         */
        record Llama3(float factor, float low, float high, int originalContext) implements Scaling {

            @Override
            public void apply(Rope rope, int length, double[] frequencies) {
                for (int j = 0; j < frequencies.length; j++) {
                    double wavelength = 2 * Math.PI / frequencies[j];
                    if (wavelength > originalContext / low) {
                        frequencies[j] /= factor;
                    } else if (wavelength >= originalContext / high) {
                        double smooth = (originalContext / wavelength - low) / (high - low);
                        frequencies[j] = (1 - smooth) * frequencies[j] / factor + smooth * frequencies[j];
                    }
                }
            }
        }

        /**
         * YaRN (Peng et al., 2023): pairs that turn often within the original context keep their frequency, those that turn
         * seldom are divided, with a ramp between.
         *
         * @param factor divides low frequencies
         * @param originalContext tokens that the model was first trained on
         * @param fast turns within the original context from which on a pair keeps its frequency
         * @param slow turns below which it is divided
         * @param truncate whether the ends of the ramp are whole pairs
         * @param attention factor of cosine and sine
         */
        record Yarn(float factor, int originalContext, float fast, float slow, boolean truncate, float attention)
                implements
                    Scaling {

            /**
             * The factor of cosine and sine where a file states none: {@code 0.1 ln(factor) + 1}.
             *
             * @param factor see {@link #factor}
             * @return 1 or more
             */
            public static float attention(float factor) {
                return factor <= 1 ? 1 : (float) (0.1 * Math.log(factor) + 1);
            }

            @Override
            public void apply(Rope rope, int length, double[] frequencies) {
                double first = pair(rope, fast);
                double last = pair(rope, slow);
                if (truncate) {
                    first = Math.floor(first);
                    last = Math.ceil(last);
                }
                first = Math.max(first, 0);
                last = Math.min(last, rope.dimensions() - 1.0);
                double span = first == last ? 0.001 : last - first;
                for (int j = 0; j < frequencies.length; j++) {
                    double divided = Math.clamp((j - first) / span, 0, 1);
                    frequencies[j] *= divided / factor + (1 - divided);
                }
            }

            /** The pair that turns so many times within the original context, as a fraction. */
            private double pair(Rope rope, double turns) {
                return rope.dimensions() * Math.log(originalContext / (turns * 2 * Math.PI))
                        / (2 * Math.log(rope.base()));
            }

            @Override
            public double magnitude(int length) {
                return attention;
            }
        }

        /**
         * LongRoPE (Ding et al., 2024): frequencies are divided by one of two lists, the second where the sequence is longer
         * than the original context.
         *
         * @param shortDivisors one per pair, for short sequences
         * @param longDivisors one per pair, for long ones
         * @param originalContext tokens that the model was first trained on
         * @param shortAttention factor of cosine and sine for short sequences
         * @param longAttention factor of cosine and sine for long ones
         */
        record LongRope(List<Float> shortDivisors, List<Float> longDivisors, int originalContext,
                float shortAttention, float longAttention) implements Scaling {

            /** Copies the lists. */
            public LongRope {
                shortDivisors = List.copyOf(shortDivisors);
                longDivisors = List.copyOf(longDivisors);
            }

            @Override
            public void apply(Rope rope, int length, double[] frequencies) {
                List<Float> divisors = length > originalContext ? longDivisors : shortDivisors;
                for (int j = 0; j < frequencies.length; j++) {
                    frequencies[j] /= divisors.get(j);
                }
            }

            @Override
            public double magnitude(int length) {
                return length > originalContext ? longAttention : shortAttention;
            }
        }
    }
}
