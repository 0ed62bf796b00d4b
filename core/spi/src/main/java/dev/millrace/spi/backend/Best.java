/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The largest logits of a row, in place of the row: on a device with memory of its own, a full row of 128 000 logits for each of
 * 256 sequences is 131 MB per forward. For one thread; part of a {@link Step}.
 *
 * <p>
 * Asked for: {@link #count}; {@link #allowed}, outside of which tokens are as if they had a logit of minus infinity; and
 * {@link #penalise penalties}. Given: ids with their logits after that, largest first, the lower id first where two are equal, and
 * the logarithm of the sum of {@code e^logit} over all allowed tokens. Neither a logit of minus infinity nor one that is not a
 * number counts as one of the largest. One that is not a number makes the sum not a number, if its token is allowed.
 *
 * <p>
 * What is asked for stays until it is asked otherwise. What is given stays until the step is fed again.
 */
public final class Best {

    private static final int[] NOTHING = {};

    private final int vocabularySize;
    private int count = 1;
    private long @Nullable [] allowed;
    private int[] penalised = NOTHING;
    private float[] factors = {};
    private float[] offsets = {};
    private int penalties;

    private int[] ids = new int[1];
    private float[] logits = new float[1];
    private int size;
    private float logSum;
    private boolean sound;
    private boolean found;
    /** What was chosen from, while the sum over it is not known. */
    private float @Nullable [] chosenFrom;

    /**
     * A choice for those who have a row of logits; each {@link Step} has one of its own.
     *
     * @param vocabularySize logits in a row
     */
    public Best(int vocabularySize) {
        this.vocabularySize = vocabularySize;
    }

    // ---- asked for

    /**
     * Asks for so many.
     *
     * @param many 1 or more; more than the vocabulary has is taken as all
     * @return this
     * @throws IllegalArgumentException if it is less than 1
     */
    public Best count(int many) {
        if (many < 1) {
            throw new IllegalArgumentException("At least one logit is asked for, not " + many + ".");
        }
        count = Math.min(many, vocabularySize);
        if (ids.length < count) {
            ids = new int[count];
            logits = new float[count];
        }
        return this;
    }

    /**
     * Bounds the tokens.
     *
     * @param bits bit {@code id % 64} of word {@code id / 64} says whether a token may be chosen; not copied; null allows all
     * @return this
     * @throws IllegalArgumentException if there are fewer bits than tokens
     */
    public Best allow(long @Nullable [] bits) {
        if (bits != null && (long) bits.length * Long.SIZE < vocabularySize) {
            throw new IllegalArgumentException(
                    "A mask of " + bits.length + " words does not cover " + vocabularySize + " tokens.");
        }
        allowed = bits;
        return this;
    }

    /**
     * Changes logits of some tokens: a positive one is divided by the factor, any other multiplied by it; then the offset is
     * taken away. Penalties come before the mask.
     *
     * @param tokens ids, each once; not copied
     * @param divisors one per id, more than 0; not copied
     * @param subtracted one per id; not copied
     * @param many how many of them count, 0 for no penalties
     * @return this
     * @throws IndexOutOfBoundsException if an array is shorter
     * @throws IllegalArgumentException if an id is outside the vocabulary or a factor is not more than 0
     */
    public Best penalise(int[] tokens, float[] divisors, float[] subtracted, int many) {
        if (many < 0 || many > tokens.length || many > divisors.length || many > subtracted.length) {
            throw new IndexOutOfBoundsException(many + " penalties in arrays of " + tokens.length + ", "
                    + divisors.length + " and " + subtracted.length);
        }
        for (int i = 0; i < many; i++) {
            if (tokens[i] < 0 || tokens[i] >= vocabularySize || !(divisors[i] > 0)) {
                throw new IllegalArgumentException("A penalty of token " + tokens[i] + " with the factor " + divisors[i]
                        + " is outside the vocabulary of " + vocabularySize + " or not more than 0.");
            }
        }
        penalised = tokens;
        factors = divisors;
        offsets = subtracted;
        penalties = many;
        return this;
    }

    // ---- for the backend

    /**
     * How many are asked for.
     *
     * @return 1 to the size of the vocabulary
     */
    public int count() {
        return count;
    }

    /**
     * Tokens that may be chosen.
     *
     * @return bits as in {@link #allow}, or null for all
     */
    public long @Nullable [] allowed() {
        return allowed;
    }

    /**
     * Number of penalties.
     *
     * @return 0 or more
     */
    public int penalties() {
        return penalties;
    }

    /**
     * A token with a penalty.
     *
     * @param index 0 to {@link #penalties()} minus one
     * @return its id
     */
    public int penalised(int index) {
        return penalised[index];
    }

    /**
     * The factor of a penalty.
     *
     * @param index 0 to {@link #penalties()} minus one
     * @return more than 0
     */
    public float factor(int index) {
        return factors[index];
    }

    /**
     * The offset of a penalty.
     *
     * @param index 0 to {@link #penalties()} minus one
     * @return what is taken away
     */
    public float offset(int index) {
        return offsets[index];
    }

    /**
     * The backend has chosen. It has {@link #put} ids and logits before, or does so next.
     *
     * @param many how many there are, {@link #count()} at most
     * @param logarithm see {@link #logSum()}
     * @return this
     * @throws IndexOutOfBoundsException if there are more than asked for
     */
    public Best found(int many, float logarithm) {
        Objects.checkFromToIndex(0, many, count);
        size = many;
        logSum = logarithm;
        sound = !Float.isNaN(logarithm);
        chosenFrom = null;
        found = true;
        return this;
    }

    /**
     * One of those chosen.
     *
     * @param rank 0 for the largest
     * @param id the token
     * @param logit its logit, penalties included
     * @throws IndexOutOfBoundsException if the rank is not below {@link #count()}
     */
    public void put(int rank, int id, float logit) {
        Objects.checkIndex(rank, count);
        ids[rank] = id;
        logits[rank] = logit;
    }

    // ---- given

    /**
     * How many were found.
     *
     * @return {@link #count()}, or fewer if fewer tokens are allowed with a logit that counts; 0 before forward
     */
    public int size() {
        return size;
    }

    /**
     * A token.
     *
     * @param rank 0 for the largest
     * @return its id
     * @throws IndexOutOfBoundsException if the rank is not below {@link #size()}
     */
    public int id(int rank) {
        return ids[Objects.checkIndex(rank, size)];
    }

    /**
     * A token's logit, penalties included.
     *
     * @param rank 0 for the largest
     * @return the logit
     * @throws IndexOutOfBoundsException if the rank is not below {@link #size()}
     */
    public float logit(int rank) {
        return logits[Objects.checkIndex(rank, size)];
    }

    /**
     * Logarithm of the sum of {@code e^logit} over all allowed tokens, so that {@code e^(logit - logSum)} is a probability. Where
     * the largest were chosen from a row, it is computed when it is first asked for: from that row, which must not have changed.
     *
     * @return minus infinity if no token is possible, infinity if a logit is, not a number if one is not
     */
    public float logSum() {
        float[] row = chosenFrom;
        if (row != null) {
            chosenFrom = null;
            logSum = logSum(row);
        }
        return logSum;
    }

    /**
     * Whether all logits were numbers. Costs nothing, other than {@link #logSum}.
     *
     * @return false if one of the allowed tokens had a logit that is not a number
     */
    public boolean isSound() {
        return sound;
    }

    boolean isFound() {
        return found;
    }

    void forget() {
        found = false;
        chosenFrom = null;
        size = 0;
    }

    /**
     * Chooses from a row of logits, as a backend does that has no better way. {@link Step#best} does so by itself where the
     * backend has filled {@link Step#logits}.
     *
     * @param row one value per token; penalties are written into it
     */
    public void choose(float[] row) {
        for (int i = 0; i < penalties; i++) {
            float logit = row[penalised[i]];
            row[penalised[i]] = (logit > 0 ? logit / factors[i] : logit * factors[i]) - offsets[i];
        }
        int many = 0;
        boolean broken = false;
        float least = Float.NEGATIVE_INFINITY;
        for (int id = 0; id < vocabularySize; id++) {
            float logit = row[id];
            broken |= Float.isNaN(logit) && !isForbidden(id);
            // few get into the list once it is full
            if (logit > least && !isForbidden(id)) {
                many = insert(id, logit, many);
                least = many < count ? Float.NEGATIVE_INFINITY : logits[many - 1];
            }
        }
        found(many, broken ? Float.NaN : 0);
        chosenFrom = broken ? null : row;
    }

    private float logSum(float[] row) {
        if (size == 0 || Float.isInfinite(logits[0])) {
            return size == 0 ? Float.NEGATIVE_INFINITY : logits[0];
        }
        double most = logits[0];
        double sum = 0;
        for (int id = 0; id < vocabularySize; id++) {
            if (!isForbidden(id)) {
                sum += Math.exp(row[id] - most);
            }
        }
        return (float) (most + Math.log(sum));
    }

    private boolean isForbidden(int id) {
        return allowed != null && (allowed[id >> 6] & 1L << id) == 0;
    }

    /** Keeps the list sorted: it is short, and few tokens of a row get in. */
    private int insert(int id, float logit, int many) {
        int at = Math.min(many, count - 1);
        while (at > 0 && logits[at - 1] < logit) {
            logits[at] = logits[at - 1];
            ids[at] = ids[at - 1];
            at--;
        }
        logits[at] = logit;
        ids[at] = id;
        return Math.min(many + 1, count);
    }
}
