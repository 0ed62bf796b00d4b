/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.MillraceException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.text.TokenHistory;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A list of tokens and the sequence that reads them. The tokens belong to the thread that generates; sequence and step belong
 * to the scheduler's thread; the fields of a request pass between the two through {@link #isPending}.
 *
 * <p>
 * A slot without a sequence has read nothing. The scheduler gives it one when it is read, and may take it away again while
 * nobody waits for it: then its tokens are read again the next time.
 *
 * <p>
 * A sequence may have read guesses beyond {@link #read}. Whatever the thread that generates appends decides which of them stay;
 * {@link #settle} cuts off the others, before anything else is done with the sequence.
 */
public final class Slot implements TokenHistory {

    /** Where more tokens are to be read, guesses are not: each of them would get a row of logits. */
    private static final int FEW = 4;

    private int[] tokens = new int[256];
    private int length;
    private int promptLength;
    private volatile int read;
    private volatile boolean claimed;
    /** Up to here the sequence has read these very tokens, guesses that turned out right included. */
    private volatile int sure;
    /** Where a guess ends that stands behind the tokens; no more than their number if there is none. */
    private int guessEnd;

    // the scheduler's
    private @Nullable Sequence sequence;
    private @Nullable Step step;
    /** Guesses that the sequence has read beyond {@link #read}, and of which it is not decided whether they stay. */
    private int ahead;
    private int failures;
    private long lastUsed;

    private volatile int priority;
    /** Why it cannot be read now; empty if it can. */
    private volatile String waitsFor = "";

    // a request on its way to the scheduler and back
    private volatile boolean pending;
    private volatile boolean withdrawn;
    private Wish wish = Wish.NOTHING;
    private @Nullable Thread waiter;
    private @Nullable RuntimeException failure;
    /** Of the last request: taken when it ended, since a move to another executor may come before it is fetched. */
    private @Nullable Step result;
    /** The place of the first token of the last step, and how many guesses there were behind its tokens. */
    private int fedFrom;
    private int guessed;

    /** A slot that has read nothing. */
    Slot() {
    }

    /** A slot whose sequence has read these tokens. */
    Slot(Sequence sequence, int vocabularySize, int[] tokens) {
        attach(sequence, vocabularySize);
        replace(tokens);
        this.read = tokens.length;
    }

    /** Counts as used when another one was. */
    Slot usedAs(Slot other) {
        lastUsed = other.lastUsed;
        return this;
    }

    @Override
    public int length() {
        return length;
    }

    @Override
    public int promptLength() {
        return promptLength;
    }

    @Override
    public int token(int index) {
        return tokens[index];
    }

    /**
     * How many tokens the sequence has read.
     *
     * @return the number; they are the first of all tokens
     */
    public int read() {
        return read;
    }

    /**
     * The tokens that the sequence has read.
     *
     * @return a copy
     */
    public int[] readTokens() {
        return Arrays.copyOf(tokens, read);
    }

    /**
     * Whether a prompt can be read from here on.
     *
     * @param prompt token ids
     * @return whether everything read is its beginning, and it goes on after that
     */
    public boolean leadsTo(int[] prompt) {
        int known = read;
        return known < prompt.length && Arrays.equals(tokens, 0, known, prompt, 0, known);
    }

    /**
     * Takes a prompt.
     *
     * @param prompt what has been read must be its beginning
     */
    public void prompt(int[] prompt) {
        if (!leadsTo(prompt)) {
            throw new IllegalStateException("The sequence has read something else than the prompt's beginning.");
        }
        replace(prompt);
    }

    private void replace(int[] all) {
        tokens = Arrays.copyOf(all, Math.max(256, all.length + 256));
        length = all.length;
        promptLength = all.length;
        guessEnd = 0;
    }

    /**
     * One more token to read.
     *
     * @param token its id
     */
    public void append(int token) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, length * 2);
        }
        if (length < guessEnd && length == sure && tokens[length] == token) {
            sure = length + 1;
        } else {
            guessEnd = 0;
        }
        tokens[length++] = token;
    }

    // ---- guesses: called by the thread that generates

    /**
     * Guesses tokens behind the last. The next request reads them, too, if the executor can go back over them; whatever is
     * appended then decides which of them were right.
     *
     * @param guess token ids
     * @param count how many of them
     */
    public void guess(int[] guess, int count) {
        if (length + count > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(length * 2, length + count));
        }
        System.arraycopy(guess, 0, tokens, length, count);
        guessEnd = length + count;
    }

    /**
     * The row of the last result that holds the logits after the last token.
     *
     * @return its number; -1 if that token has to be read first
     */
    public int row() {
        Step known = result;
        if (known == null || length > sure) {
            return -1;
        }
        return known.wanted() == Step.Logits.ALL ? length - 1 - fedFrom : 0;
    }

    /**
     * How many guesses the last request has read.
     *
     * @return 0 or more
     */
    public int guessed() {
        return guessed;
    }

    /**
     * Up to where tokens are known to be what the sequence has read.
     *
     * @return the number of those tokens
     */
    public int sure() {
        return sure;
    }

    /**
     * Says whose tokens come first.
     *
     * @param level the larger the sooner
     */
    public void priority(int level) {
        priority = level;
    }

    int priority() {
        return priority;
    }

    /**
     * Why its tokens cannot be read now.
     *
     * @return one sentence; empty if they can, or nobody wants them to be
     */
    public String waitsFor() {
        return pending ? waitsFor : "";
    }

    void waitsFor(String what) {
        waitsFor = what;
    }

    /** Tokens that are left to read. */
    int unread() {
        return length - read;
    }

    /** The same with guesses. */
    int wanted() {
        return Math.max(length, guessEnd) - read;
    }

    /** Somebody generates on it: what it has read is kept until {@link Scheduler#release}. */
    public void claim() {
        claimed = true;
    }

    void unclaim() {
        claimed = false;
    }

    // ---- requests: called by the thread that generates

    void request(Thread thread, Wish what) {
        if (pending) {
            throw new IllegalStateException("A slot is read by one thread at a time.");
        }
        waiter = thread;
        wish = what;
        failure = null;
        withdrawn = false;
        pending = true;
    }

    boolean isPending() {
        return pending;
    }

    void withdraw() {
        withdrawn = true;
    }

    boolean isWithdrawn() {
        return withdrawn;
    }

    /** The step that read the last token, with what was wished for; null if the request was withdrawn before. */
    @Nullable
    Step result() {
        if (failure != null) {
            throw failure;
        }
        return result;
    }

    // ---- called by the scheduler's thread

    @Nullable
    Sequence sequence() {
        return sequence;
    }

    void attach(Sequence other, int vocabularySize) {
        ahead = 0;
        sequence = other;
        step = new Step(other, vocabularySize).withdrawnWhen(this::isWithdrawn);
        read = other.length();
    }

    /**
     * Takes the sequence away, so that everything is read again.
     *
     * @return the sequence, to be closed, or null
     */
    @Nullable
    Sequence detach() {
        Sequence old = sequence;
        ahead = 0;
        sequence = null;
        step = null;
        read = 0;
        return old;
    }

    /** Cuts off the guesses that were wrong, or are not known to be right. Before anything else is done with the sequence. */
    void settle() {
        Sequence own = sequence;
        if (own == null || ahead == 0) {
            return;
        }
        int end = read + ahead;
        ahead = 0;
        int kept = Math.clamp(sure, read, end);
        if (kept < end && !own.truncate(kept)) {
            // it goes back less far than it said: all is read again
            own.truncate(0);
            kept = 0;
        }
        read = kept;
    }

    /** Nobody generates on it any more: guesses that stay are its tokens, and what belonged to the answer is let go. */
    void rest() {
        settle();
        Sequence own = sequence;
        Step used = step;
        if (own != null && used != null) {
            step = new Step(own, used.vocabularySize()).withdrawnWhen(this::isWithdrawn);
        }
        result = null;
        // it holds the sampler, and with that all that the conversation was told: a kept prefix would hold it, too
        wish = Wish.NOTHING;
        failure = null;
    }

    /** Guesses are not read. */
    void dropGuess() {
        guessEnd = 0;
    }

    /**
     * The next tokens to read, at most this many; what is wished for comes after the last of all. Guesses are read with the last, if they
     * fit.
     */
    Step next(int most, long now) {
        lastUsed = now;
        waitsFor = "";
        int end = Math.min(length, read + most);
        boolean last = end == length;
        boolean guesses = last && end - read <= FEW && wanted() <= most && guessEnd > length;
        guessed = guesses ? guessEnd - length : 0;
        if (!guesses && last) {
            guessEnd = 0;
        }
        fedFrom = read;
        Step next = Objects.requireNonNull(step);
        if (guesses) {
            return next.feed(tokens, read, guessEnd, Step.Logits.ALL).reach(length);
        }
        next.feed(tokens, read, end, last ? wish.wanted() : Step.Logits.NONE).reach(length);
        if (last && wish.wanted() == Step.Logits.BEST) {
            wish.ask(next.best());
        }
        return next;
    }

    /**
     * The step made by {@link #next} is done.
     *
     * @return whether there is more to read; if not, the slot belongs to the other thread from now on
     */
    boolean advance() {
        Step done = Objects.requireNonNull(step);
        int reached = read + done.length() - guessed; // this thread alone writes it; others see it change
        ahead = guessed;
        sure = reached;
        read = reached;
        if (read == length || withdrawn) {
            finish(null);
            return false;
        }
        return true;
    }

    /** Whether what is read next belongs to the prompt. */
    boolean isAtPrompt() {
        return read < promptLength;
    }

    /** Whether its answer goes on, and the thread that generates has not asked for the next token yet. */
    boolean isAway() {
        return claimed && !pending && sequence != null && !isAtPrompt();
    }

    /** When it was read last, in passes of the scheduler. */
    long lastUsed() {
        return lastUsed;
    }

    /** A pass with this slot failed: how often in this request. */
    int failedAgain() {
        return ++failures;
    }

    /** Whether somebody reads it or generates on it. */
    boolean isBusy() {
        return pending || claimed;
    }

    void finish(@Nullable RuntimeException problem) {
        Thread thread = waiter;
        failure = problem == null ? null : wrap(problem);
        result = step;
        failures = 0;
        waiter = null;
        pending = false;
        LockSupport.unpark(thread);
    }

    /**
     * Ends a request that was withdrawn.
     *
     * @return whether it was
     */
    boolean endIfWithdrawn() {
        // asked once: as soon as it is finished its thread may make a new request, which would not be withdrawn
        boolean was = withdrawn;
        if (was) {
            finish(null);
        }
        return was;
    }

    /**
     * Ends a request that only waited for an executor.
     *
     * @return whether it was one
     */
    boolean endIfRead() {
        boolean was = read == length;
        if (was) {
            finish(null);
        }
        return was;
    }

    /** Ends a request, if there is one, since the scheduler's thread ends. */
    void endIfPending(RuntimeException problem) {
        if (pending) {
            finish(problem);
        }
    }

    private static RuntimeException wrap(RuntimeException problem) {
        return problem instanceof MillraceException known
                ? known
                : new MillraceException("The backend failed: " + problem.getMessage(), problem);
    }
}
