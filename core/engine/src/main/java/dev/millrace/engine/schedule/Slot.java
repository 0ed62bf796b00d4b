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
import org.jspecify.annotations.Nullable;

/**
 * A line of tokens and the sequence that reads them. The tokens belong to the thread that generates; sequence and step belong
 * to the scheduler's thread; {@link #read} and the request fields pass between the two through {@link #pending}.
 */
public final class Slot implements TokenHistory {

    private int[] tokens = new int[256];
    private int length;
    private int promptLength;
    private int read;

    // the scheduler's
    private Sequence sequence;
    private Step step;

    // a request on its way to the scheduler and back
    private volatile boolean pending;
    private volatile boolean withdrawn;
    private @Nullable Thread waiter;
    private @Nullable RuntimeException failure;
    /** Of the last request: taken when it ended, since a move to another executor may come before they are fetched. */
    private float[] logits = {};

    Slot(Sequence sequence, int vocabularySize) {
        this.sequence = sequence;
        this.step = new Step(sequence, vocabularySize);
    }

    /** A slot whose sequence has read these tokens. */
    Slot(Sequence sequence, int vocabularySize, int[] tokens) {
        this(sequence, vocabularySize);
        replace(tokens);
        this.read = tokens.length;
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

    /** Tokens that the sequence has read: the first of all tokens. */
    public int read() {
        return read;
    }

    /** The tokens that the sequence has read. */
    public int[] readTokens() {
        return Arrays.copyOf(tokens, read);
    }

    /** Whether everything read is the beginning of a prompt, and the prompt goes on after it. */
    public boolean leadsTo(int[] prompt) {
        return read < prompt.length && Arrays.equals(tokens, 0, read, prompt, 0, read);
    }

    /** Takes a prompt; what has been read must be its beginning. */
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
    }

    public void append(int token) {
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, length * 2);
        }
        tokens[length++] = token;
    }

    // ---- requests: called by the thread that generates

    void request(Thread thread) {
        if (pending) {
            throw new IllegalStateException("A slot is read by one thread at a time.");
        }
        waiter = thread;
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

    float[] result() {
        if (failure != null) {
            throw failure;
        }
        return logits;
    }

    // ---- called by the scheduler's thread

    Sequence sequence() {
        return sequence;
    }

    /** The next tokens to read, at most this many; logits are wanted after the last of all. */
    Step next(int most) {
        int end = Math.min(length, read + most);
        return step.feed(tokens, read, end, end == length ? Step.Logits.LAST : Step.Logits.NONE);
    }

    /**
     * The step made by {@link #next} is done.
     *
     * @return whether there is more to read; if not, the slot belongs to the other thread from now on
     */
    boolean advance() {
        read += step.length();
        if (read == length || withdrawn) {
            finish(null);
            return false;
        }
        return true;
    }

    void finish(@Nullable RuntimeException problem) {
        Thread thread = waiter;
        failure = problem == null ? null : wrap(problem);
        logits = step.logits();
        waiter = null;
        pending = false;
        java.util.concurrent.locks.LockSupport.unpark(thread);
    }

    private static RuntimeException wrap(RuntimeException problem) {
        return problem instanceof MillraceException known
                ? known
                : new MillraceException("The backend failed: " + problem.getMessage(), problem);
    }

    /** Puts the slot on a sequence of another executor that has read the same tokens. */
    void rebase(Sequence other, int vocabularySize) {
        sequence = other;
        step = new Step(other, vocabularySize);
    }
}
