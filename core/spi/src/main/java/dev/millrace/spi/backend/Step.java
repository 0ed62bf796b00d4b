/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

import dev.millrace.api.BackendException;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tokens to be fed to one sequence, and what is wanted of them. Made once for a sequence and used again for every call of
 * {@link Executor#forward}; for one thread. Methods named for the backend are called by it alone, inside forward.
 */
public final class Step {

    /** Where logits are wanted. */
    public enum Logits {
        /** Nowhere: more of the prompt follows. */
        NONE,
        /** After the last token. */
        LAST,
        /** After every token. */
        ALL,
        /**
         * Only the largest after the last token, see {@link Step#best}. A backend that does not choose them itself treats this
         * as {@link #LAST}.
         */
        BEST
    }

    private final Sequence sequence;
    private final int vocabularySize;
    private final Best best;
    private int[] tokens = {};
    private int from;
    private int to;
    private int reach;
    private Logits wanted = Logits.NONE;
    private float[] logits = {};
    private boolean filled;
    private @Nullable BackendException failure;
    private BooleanSupplier withdrawn = () -> false;

    /**
     * A step without tokens.
     *
     * @param sequence the sequence to feed
     * @param vocabularySize logits in a row
     */
    public Step(Sequence sequence, int vocabularySize) {
        this.sequence = sequence;
        this.vocabularySize = vocabularySize;
        this.best = new Best(vocabularySize);
    }

    /**
     * Says what to feed next. Takes back {@link #reach} and a failure of the last forward.
     *
     * @param source holds the tokens; not copied, and not changed until forward returns
     * @param first index of the first
     * @param end index after the last; more than first
     * @param where where logits are wanted
     * @return this
     * @throws IndexOutOfBoundsException if the range is empty or outside the array
     * @throws ArithmeticException if more logits are wanted than an array holds
     */
    public Step feed(int[] source, int first, int end, Logits where) {
        if (first < 0 || first >= end || end > source.length) {
            throw new IndexOutOfBoundsException("tokens " + first + " to " + end + " of " + source.length);
        }
        tokens = source;
        from = first;
        to = end;
        reach = 0;
        wanted = where;
        failure = null;
        filled = false;
        best.forget();
        // more logits than an array holds are refused here, where they are asked for
        Math.multiplyExact(logitRows(), vocabularySize);
        return this;
    }

    /**
     * Says how long the sequence will become, where that is known: the length of a prompt that is fed in several steps. Families
     * whose rope depends on the length take it for that of the whole prompt. Said again after each {@link #feed}.
     *
     * @param length tokens, those already read included; less than that changes nothing
     * @return this
     */
    public Step reach(int length) {
        reach = length;
        return this;
    }

    /**
     * How long the sequence will become, as far as known.
     *
     * @return at least its length after this step
     */
    public int reach() {
        return Math.max(reach, sequence.length() + length());
    }

    /**
     * Says how to learn that nobody wants this step any more. Stays for its whole life.
     *
     * @param asked true once nobody wants what is being computed; asked at any time during forward, from any thread
     * @return this
     */
    public Step withdrawnWhen(BooleanSupplier asked) {
        withdrawn = asked;
        return this;
    }

    /**
     * For the backend: whether nobody wants this step any more. A backend whose forward may take longer than people like to wait
     * asks now and then. If so, it may leave off and fail the step by a {@link WithdrawnException}, with the sequence as it was.
     *
     * @return false as long as it is wanted
     */
    public boolean isWithdrawn() {
        return withdrawn.getAsBoolean();
    }

    /**
     * The sequence to feed.
     *
     * @return the sequence
     */
    public Sequence sequence() {
        return sequence;
    }

    /**
     * Number of tokens.
     *
     * @return 1 or more once fed
     */
    public int length() {
        return to - from;
    }

    /**
     * A token.
     *
     * @param index 0 to length minus one
     * @return its id
     */
    public int token(int index) {
        return tokens[from + index];
    }

    /**
     * Where logits are wanted.
     *
     * @return as fed
     */
    public Logits wanted() {
        return wanted;
    }

    /**
     * Logits in a row.
     *
     * @return the size of the vocabulary
     */
    public int vocabularySize() {
        return vocabularySize;
    }

    /**
     * Rows of logits wanted, {@link Logits#BEST} counted as the last.
     *
     * @return 0, 1 or {@link #length()}
     */
    public int logitRows() {
        return switch (wanted) {
            case NONE -> 0;
            case LAST, BEST -> 1;
            case ALL -> length();
        };
    }

    /**
     * The logits: {@link #logitRows()} rows of one value per token of the vocabulary, filled by {@link Executor#forward}. Not
     * filled if the backend chose the largest itself.
     *
     * @return the same array while it is large enough; overwritten by the next forward
     */
    public float[] logits() {
        int needed = Math.multiplyExact(logitRows(), vocabularySize);
        if (logits.length < needed) {
            logits = new float[needed];
        }
        filled = true;
        return logits;
    }

    /**
     * What is asked of the largest logits, to be said before forward, and what they are after it; for {@link Logits#BEST}. If the
     * backend has not chosen them, they are chosen here, from {@link #logits()}; their penalties stand in that row afterwards.
     *
     * @return the same object for the whole life of the step
     */
    public Best best() {
        if (wanted == Logits.BEST && filled && failure == null && !best.isFound()) {
            best.choose(logits);
        }
        return best;
    }

    /**
     * For the backend: this step cannot be computed.
     *
     * @param problem why; {@link OutOfRoomException} or {@link WithdrawnException} if the sequence is as it was
     */
    public void fail(BackendException problem) {
        failure = Objects.requireNonNull(problem);
    }

    /**
     * Why the step was not computed.
     *
     * @return empty if it was
     */
    public Optional<BackendException> failure() {
        return Optional.ofNullable(failure);
    }

    /**
     * Whether the step was not computed, without an object around the answer.
     *
     * @return true if there is a {@link #failure}
     */
    public boolean failed() {
        return failure != null;
    }
}
