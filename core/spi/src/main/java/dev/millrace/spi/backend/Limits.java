/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.spi.backend;

/**
 * What a loaded model can take and do, so that nobody finds out by failing. Immutable; each {@code with} method returns a changed
 * copy, and minor versions may add more.
 */
public final class Limits {

    /** A sequence can be cut back to any length, as far as it has read its tokens itself. */
    public static final int ANY_ROLLBACK = Integer.MAX_VALUE;

    private final int batchTokens;
    private final int sequences;
    private final boolean exchangesStates;
    private final boolean sharesForks;
    private final int rollback;
    private final boolean sameBits;

    private Limits(int batchTokens, int sequences, boolean exchangesStates, boolean sharesForks, int rollback,
            boolean sameBits) {
        if (batchTokens < 1 || sequences < 1 || rollback < 0) {
            throw new IllegalArgumentException("A model takes 1 token and 1 sequence or more, and rolls back by 0 or"
                    + " more: " + batchTokens + ", " + sequences + ", " + rollback);
        }
        this.batchTokens = batchTokens;
        this.sequences = sequences;
        this.exchangesStates = exchangesStates;
        this.sharesForks = sharesForks;
        this.rollback = rollback;
        this.sameBits = sameBits;
    }

    /**
     * A model that takes so many tokens in a call, any number of sequences, and does nothing else.
     *
     * @param batchTokens see {@link #batchTokens()}
     * @return the limits
     */
    public static Limits of(int batchTokens) {
        return new Limits(batchTokens, Integer.MAX_VALUE, false, false, 0, false);
    }

    /**
     * With a bound on sequences.
     *
     * @param count see {@link #sequences()}
     * @return a changed copy
     */
    public Limits withSequences(int count) {
        return new Limits(batchTokens, count, exchangesStates, sharesForks, rollback, sameBits);
    }

    /**
     * With states exchanged.
     *
     * @param can see {@link #exchangesStates()}
     * @return a changed copy
     */
    public Limits withStates(boolean can) {
        return new Limits(batchTokens, sequences, can, sharesForks, rollback, sameBits);
    }

    /**
     * With forks shared.
     *
     * @param shares see {@link #sharesForks()}
     * @return a changed copy
     */
    public Limits withSharedForks(boolean shares) {
        return new Limits(batchTokens, sequences, exchangesStates, shares, rollback, sameBits);
    }

    /**
     * With rollback.
     *
     * @param tokens see {@link #rollback()}
     * @return a changed copy
     */
    public Limits withRollback(int tokens) {
        return new Limits(batchTokens, sequences, exchangesStates, sharesForks, tokens, sameBits);
    }

    /**
     * With the same bits however tokens are fed.
     *
     * @param same see {@link #sameBits()}
     * @return a changed copy
     */
    public Limits withSameBits(boolean same) {
        return new Limits(batchTokens, sequences, exchangesStates, sharesForks, rollback, same);
    }

    /**
     * Tokens of all steps of one {@link Executor#forward} together, at most.
     *
     * @return 1 or more
     */
    public int batchTokens() {
        return batchTokens;
    }

    /**
     * Sequences that may be open, and steps in one forward.
     *
     * @return 1 or more; {@link Integer#MAX_VALUE} if only memory bounds them
     */
    public int sequences() {
        return sequences;
    }

    /**
     * Whether sequences can be exported and made from states. If not, a conversation that moves is read again, token by token.
     *
     * @return true if {@link Sequence#export} and {@link Executor#newSequence(SequenceState)} work
     */
    public boolean exchangesStates() {
        return exchangesStates;
    }

    /**
     * Whether a fork shares memory with its origin, so that it costs little until one of them goes on.
     *
     * @return false if a fork takes as much memory as its origin
     */
    public boolean sharesForks() {
        return sharesForks;
    }

    /**
     * By how many tokens a sequence can be cut back for sure, counted from the greatest length that it has had:
     * {@link Sequence#truncate} says it in full. It may do more, and whoever asks for more looks at what it returns.
     *
     * @return 0 if only cuts to 0 and to the present length are certain; {@link #ANY_ROLLBACK} if all are, save those below the
     *         length of a state that the sequence was made from
     */
    public int rollback() {
        return rollback;
    }

    /**
     * Whether the logits after a token are the same, bit for bit, whether it is fed alone or with others of its sequence, and
     * whatever else is in the forward. Then tokens may be guessed and read several at a time, and the text stays what it is.
     *
     * @return false if results may differ by rounding
     */
    public boolean sameBits() {
        return sameBits;
    }

    @Override
    public String toString() {
        return "Limits[batchTokens=" + batchTokens + ", sequences=" + sequences + ", exchangesStates="
                + exchangesStates + ", sharesForks=" + sharesForks + ", rollback=" + rollback + ", sameBits=" + sameBits
                + "]";
    }
}
