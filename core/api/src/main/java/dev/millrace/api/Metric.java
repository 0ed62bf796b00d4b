/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Something that the runtime counts or measures, as it stood when {@link Millrace#metrics} was called. Immutable.
 *
 * <p>
 * Names are words in lower case with underscores; what is measured in a unit ends with it, for example
 * {@code first_token_seconds} or {@code prefix_bytes}. Name and labels together occur once in a snapshot. Those of one name have the
 * same kind, the same description and the same names of labels. So a plugin can write all of them in the form of its monitoring
 * system without knowing any. docs/engine.md lists what there is.
 *
 * <p>
 * Minor versions may add kinds, and runtimes metrics.
 */
public sealed interface Metric {

    /**
     * What is measured.
     *
     * @return for example {@code prompt_tokens}
     */
    String name();

    /**
     * What that is, for people.
     *
     * @return one sentence
     */
    String description();

    /**
     * Of what it was measured.
     *
     * @return name to value in the order of the names, for example {@code model} to {@code nano}; empty if it concerns the whole
     *         runtime
     */
    Map<String, String> labels();

    /**
     * Something that only grows, from 0 as the runtime starts.
     *
     * @param name see {@link Metric#name}
     * @param description see {@link Metric#description}
     * @param labels see {@link Metric#labels}
     * @param value how often, or how many
     */
    record Counter(String name, String description, Map<String, String> labels, long value) implements Metric {

        /** Copies the labels. */
        public Counter {
            labels = sorted(labels);
        }
    }

    /**
     * Something that rises and falls.
     *
     * @param name see {@link Metric#name}
     * @param description see {@link Metric#description}
     * @param labels see {@link Metric#labels}
     * @param value as it was at that moment
     */
    record Gauge(String name, String description, Map<String, String> labels, double value) implements Metric {

        /** Copies the labels. */
        public Gauge {
            labels = sorted(labels);
        }
    }

    /**
     * How values are spread, since the runtime started.
     *
     * @param name see {@link Metric#name}
     * @param description see {@link Metric#description}
     * @param labels see {@link Metric#labels}
     * @param buckets how many values were at most this large, by rising bounds; the last bound is infinite and counts all
     * @param sum of all values
     */
    record Histogram(String name, String description, Map<String, String> labels, List<Bucket> buckets, double sum)
            implements
                Metric {

        /**
         * Copies labels and buckets.
         *
         * @throws IllegalArgumentException if bounds or counts fall, or the last bound is not infinite
         */
        public Histogram {
            labels = sorted(labels);
            buckets = List.copyOf(buckets);
            Bucket before = new Bucket(Double.NEGATIVE_INFINITY, 0);
            for (Bucket bucket : buckets) {
                if (!(bucket.most() > before.most()) || bucket.count() < before.count()) {
                    throw new IllegalArgumentException(
                            "Bounds and counts of a histogram rise: " + before + ", " + bucket);
                }
                before = bucket;
            }
            if (before.most() != Double.POSITIVE_INFINITY) {
                throw new IllegalArgumentException("The last bucket of a histogram counts all values.");
            }
        }

        /**
         * How many values there were.
         *
         * @return 0 or more
         */
        public long count() {
            return buckets.getLast().count();
        }

        /**
         * A value that so many others do not exceed, as far as the buckets tell.
         *
         * @param part of all values, from 0 to 1: 0.5 gives the median
         * @return a value between the bounds of its bucket; the largest finite bound if it is above that, 0 if there are no values
         * @throws IllegalArgumentException if the part is out of range
         */
        public double quantile(double part) {
            if (!(part >= 0 && part <= 1)) {
                throw new IllegalArgumentException("A part of all values is from 0 to 1: " + part);
            }
            double wanted = part * count();
            Bucket before = new Bucket(0, 0);
            for (Bucket bucket : buckets) {
                if (bucket.count() >= wanted && bucket.count() > before.count()) {
                    if (bucket.most() == Double.POSITIVE_INFINITY) {
                        return before.most();
                    }
                    double inside = (wanted - before.count()) / (bucket.count() - before.count());
                    return before.most() + inside * (bucket.most() - before.most());
                }
                before = bucket;
            }
            return 0;
        }
    }

    /**
     * A bucket of a histogram.
     *
     * @param most its bound
     * @param count how many values were at most that
     */
    record Bucket(double most, long count) {
    }

    private static Map<String, String> sorted(Map<String, String> labels) {
        return Collections.unmodifiableMap(new TreeMap<>(labels));
    }
}
