/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.sample;

import dev.millrace.spi.backend.Best;

/**
 * Tokens that may be drawn, with weights relative to the likeliest one, which weighs 1. They stand in the order of their ids, so that
 * a draw does not depend on how they were found. What is kept is found without sorting. For one thread.
 */
final class Candidates {

    /** A token that is e^45 times less likely than the likeliest is never drawn. */
    private static final double LEAST = -45;
    private static final int FEW = 16;

    private int[] ids = {};
    /** Logits minus the largest, divided by the temperature. */
    private double[] exponents = {};
    private double[] weights = {};
    private double[] keys = {};
    private int[] order = {};
    private int size;
    /** Of those here and of those that were left out when a row was taken. */
    private double total;
    /** Of those left out: the largest exponent that they may have, and their weights times their exponents. */
    private double tailLargest = LEAST;
    private double tailMoment;

    // ---- filling

    /** Takes the largest that a backend has found, so many at most. */
    void take(Best best, int most, double temperature) {
        size = 0;
        total = 0;
        ensure(most);
        int count = Math.min(best.size(), most);
        for (int rank = 0; rank < count; rank++) {
            int id = best.id(rank);
            double exponent = ((double) best.logit(rank) - best.logit(0)) / temperature;
            int at = size++;
            for (; at > 0 && ids[at - 1] > id; at--) {
                ids[at] = ids[at - 1];
                exponents[at] = exponents[at - 1];
            }
            ids[at] = id;
            exponents[at] = exponent;
        }
        weigh();
    }

    /**
     * Takes a row in one pass.
     *
     * @param largest of the row
     * @param least exponent of those that are kept; the others count in the total only
     */
    void take(float[] row, int vocabularySize, float largest, double temperature, double least) {
        ensure(vocabularySize);
        double scale = 1 / temperature;
        double sum = 0;
        double left = 0;
        int count = 0;
        double bound = Math.max(least, LEAST);
        for (int id = 0; id < vocabularySize; id++) {
            double exponent = ((double) row[id] - largest) * scale;
            if (exponent >= LEAST) {
                double weight = Exponential.of(exponent);
                sum += weight;
                if (exponent >= bound) {
                    ids[count] = id;
                    exponents[count] = exponent;
                    weights[count++] = weight;
                } else {
                    left += weight * exponent;
                }
            }
        }
        size = count;
        total = sum;
        tailLargest = bound;
        tailMoment = left;
    }

    private void ensure(int most) {
        if (ids.length < most) {
            ids = new int[most];
            exponents = new double[most];
            weights = new double[most];
        }
    }

    private void weigh() {
        total = 0;
        noTail();
        for (int i = 0; i < size; i++) {
            weights[i] = Exponential.of(exponents[i]);
            total += weights[i];
        }
    }

    private void noTail() {
        tailLargest = LEAST;
        tailMoment = 0;
    }

    // ---- what they are like

    int size() {
        return size;
    }

    double total() {
        return total;
    }

    double sum() {
        double sum = 0;
        for (int i = 0; i < size; i++) {
            sum += weights[i];
        }
        return sum;
    }

    /** Expected surprise, in nats. */
    double entropy() {
        double sum = tailMoment;
        for (int i = 0; i < size; i++) {
            sum += weights[i] * exponents[i];
        }
        return Math.log(total) - sum / total;
    }

    /** Divides all logits once more. */
    void cool(double temperature) {
        for (int i = 0; i < size; i++) {
            exponents[i] /= temperature;
        }
        weigh();
    }

    // ---- keeping some

    /** The likeliest so many. */
    void keepLikeliest(int most) {
        if (most < size) {
            for (int i = 0; i < size; i++) {
                key(i, -exponents[i]);
            }
            keep(most, true);
        }
    }

    /** The likeliest that together reach a part of the whole. */
    void keepNucleus(double part) {
        for (int i = 0; i < size; i++) {
            key(i, -exponents[i]);
        }
        keep(part * total, false);
    }

    /**
     * Those whose surprise is nearest to the expected one, until they reach a part of the whole.
     *
     * @return false, and nothing is done, if some that were left out may belong to them
     */
    boolean keepTypical(double part) {
        double expected = entropy();
        double log = Math.log(total);
        for (int i = 0; i < size; i++) {
            key(i, Math.abs(log - exponents[i] - expected));
        }
        if (tailLargest > LEAST && (sum() < part * total
                || keys[last(part * total, false)] >= log - tailLargest - expected)) {
            return false;
        }
        keep(part * total, false);
        return true;
    }

    /** Those that weigh at least a part of what the heaviest does. */
    void keepHeavy(double part) {
        double heaviest = 0;
        for (int i = 0; i < size; i++) {
            heaviest = Math.max(heaviest, weights[i]);
        }
        double least = part * heaviest;
        int kept = 0;
        total = 0;
        for (int i = 0; i < size; i++) {
            if (weights[i] >= least) {
                put(kept++, i);
                total += weights[i];
            }
        }
        size = kept;
    }

    /** All but those at least this likely; of these, the least likely stays. */
    void excludeTop(double threshold) {
        double least = threshold * total;
        int stays = -1;
        int top = 0;
        for (int i = 0; i < size; i++) {
            if (weights[i] >= least) {
                top++;
                if (stays < 0 || weights[i] < weights[stays]) {
                    stays = i;
                }
            }
        }
        if (top < 2) {
            return;
        }
        int kept = 0;
        total = 0;
        for (int i = 0; i < size; i++) {
            if (weights[i] < least || i == stays) {
                put(kept++, i);
                total += weights[i];
            }
        }
        size = kept;
    }

    private void key(int index, double value) {
        if (keys.length < size) {
            keys = new double[ids.length];
            order = new int[ids.length];
        }
        keys[index] = value;
        order[index] = index;
    }

    /** Keeps those with the smallest keys that together have enough: of weight, or of their number. */
    private void keep(double enough, boolean byNumber) {
        int last = last(enough, byNumber);
        double lastKey = keys[last];
        int kept = 0;
        total = 0;
        noTail();
        for (int i = 0; i < size; i++) {
            if (keys[i] < lastKey || (keys[i] == lastKey && i <= last)) {
                put(kept++, i);
                total += weights[i];
            }
        }
        size = kept;
    }

    private void put(int to, int from) {
        ids[to] = ids[from];
        exponents[to] = exponents[from];
        weights[to] = weights[from];
    }

    /** The last one that is needed, by the way of quicksort, into the one part that holds it. */
    private int last(double enough, boolean byNumber) {
        double reached = 0;
        int low = 0;
        int high = size;
        while (high - low > FEW) {
            int pivot = partition(low, high);
            double before = 0;
            for (int i = low; i < pivot; i++) {
                before += byNumber ? 1 : weights[order[i]];
            }
            if (reached + before >= enough) {
                high = pivot;
            } else {
                reached += before + (byNumber ? 1 : weights[order[pivot]]);
                if (reached >= enough) {
                    return order[pivot];
                }
                low = pivot + 1;
            }
        }
        for (int i = low + 1; i < high; i++) {
            int one = order[i];
            int at = i;
            for (; at > low && isBefore(one, order[at - 1]); at--) {
                order[at] = order[at - 1];
            }
            order[at] = one;
        }
        for (int i = low; i < high; i++) {
            reached += byNumber ? 1 : weights[order[i]];
            if (reached >= enough) {
                return order[i];
            }
        }
        return order[high - 1];
    }

    private boolean isBefore(int one, int other) {
        return keys[one] < keys[other] || (keys[one] == keys[other] && one < other);
    }

    /** Puts what comes before the median of three before it, and gives its place. */
    private int partition(int low, int high) {
        int middle = (low + high) >>> 1;
        if (isBefore(order[middle], order[low])) {
            swap(low, middle);
        }
        if (isBefore(order[high - 1], order[low])) {
            swap(low, high - 1);
        }
        if (isBefore(order[middle], order[high - 1])) {
            swap(middle, high - 1);
        }
        int pivot = order[high - 1];
        int store = low;
        for (int i = low; i < high - 1; i++) {
            if (isBefore(order[i], pivot)) {
                swap(i, store++);
            }
        }
        swap(store, high - 1);
        return store;
    }

    private void swap(int one, int other) {
        int kept = order[one];
        order[one] = order[other];
        order[other] = kept;
    }

    // ---- the draw

    /**
     * Draws.
     *
     * @param chance 0 to 1
     * @return a token id
     */
    int draw(double chance) {
        double left = chance * sum();
        for (int i = 0; i < size - 1; i++) {
            left -= weights[i];
            if (left < 0) {
                return ids[i];
            }
        }
        return ids[size - 1];
    }
}
