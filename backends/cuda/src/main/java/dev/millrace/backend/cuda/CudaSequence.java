/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What a sequence keeps: its tokens, pages of keys and values shared with its forks, and two sides of a state of the convolutions,
 * one to read and one to write.
 */
final class CudaSequence implements Sequence {

    private static final int NOT_GUESSED = -1;

    private final CudaExecutor executor;
    private final KvLayout layout;
    private Page[] pages = {};
    private int pageCount;
    private long state;
    private int side;
    private int[] tokens = {};
    private int length;
    private final int[] guessedToken = new int[1];
    private @Nullable Step guess;
    private int guessed = NOT_GUESSED;
    private boolean closed;
    private boolean failed;

    CudaSequence(CudaExecutor executor, KvLayout layout) {
        this.executor = executor;
        this.layout = layout;
        if (layout.stateBytes() > 0) {
            state = executor.states().take();
        }
    }

    boolean belongsTo(CudaExecutor other) {
        return executor == other;
    }

    /** Refuses use after close or failure. */
    void check() {
        executor.check();
        if (closed) {
            throw new IllegalStateException("This sequence is closed.");
        }
        if (failed) {
            throw new IllegalStateException(
                    "This sequence cannot be used any more, because computing it failed; start a new one.");
        }
    }

    void fail() {
        failed = true;
    }

    @Override
    public int length() {
        return length;
    }

    int pageCount() {
        return pageCount;
    }

    long page(int index) {
        return pages[index].address();
    }

    /** The state after the tokens read; 0 without convolutions. */
    long stateNow() {
        return state + side * layout.stateBytes();
    }

    /** Where the next state goes. */
    long stateNext() {
        return state + (1 - side) * layout.stateBytes();
    }

    /** Forgets the state. */
    void clearState() {
        executor.gpu().zero(stateNow(), layout.stateBytes());
    }

    /** Makes room for more tokens; changes nothing that can be seen, so that failing leaves the sequence usable. */
    void reserve(int more) throws OutOfRoomException {
        if (layout.pageBytes() > 0) {
            int needed = KvLayout.pages(length + more);
            if (needed > pages.length) {
                pages = Arrays.copyOf(pages, Math.max(needed, 2 * pages.length));
            }
            if (length % KvLayout.PAGE != 0 && pages[pageCount - 1].isShared()) {
                Page own = new Page(executor.pages());
                executor.gpu().copy(own.address(), pages[pageCount - 1].address(), layout.pageBytes());
                pages[pageCount - 1].release();
                pages[pageCount - 1] = own;
            }
            while (pageCount < needed) {
                pages[pageCount] = new Page(executor.pages());
                pageCount++;
            }
        }
        if (length + more > tokens.length) {
            tokens = Arrays.copyOf(tokens, Math.max(length + more, 2 * tokens.length));
        }
    }

    /** Gives back pages that {@link #reserve} took for tokens that did not come. */
    void trim() {
        int needed = layout.pageBytes() > 0 ? KvLayout.pages(length) : 0;
        while (pageCount > needed) {
            pages[--pageCount].release();
        }
    }

    /** Takes note of tokens that have been computed. */
    void advance(int[] source, int from, int count) {
        System.arraycopy(source, from, tokens, length, count);
        length += count;
        side = 1 - side;
    }

    /** A step that reads the token which is likely to come next, as a row of a pass; called again, the same step with another token. */
    Step guess(int row, int token, int vocabularySize) {
        if (guess == null) {
            guess = new Step(this, vocabularySize);
        }
        guessedToken[0] = token;
        guessed = row;
        return guess.feed(guessedToken, 0, 1, Step.Logits.BEST);
    }

    /** The row of {@link #guess}; less than 0 if there is none. */
    int guessed() {
        return guessed;
    }

    void forgetGuess() {
        guessed = NOT_GUESSED;
    }

    @Override
    public Sequence fork() {
        check();
        executor.checkRoom();
        executor.ahead().leave();
        trim();
        CudaSequence fork = executor.sequence();
        fork.pages = new Page[pageCount];
        for (int i = 0; i < pageCount; i++) {
            fork.pages[i] = pages[i].hold();
        }
        fork.pageCount = pageCount;
        fork.tokens = Arrays.copyOf(tokens, length);
        fork.length = length;
        executor.begin(fork, () -> executor.gpu().copy(fork.stateNow(), stateNow(), layout.stateBytes()));
        return fork;
    }

    @Override
    public boolean truncate(int kept) {
        check();
        if (kept < 0 || kept > length) {
            throw new IndexOutOfBoundsException("The sequence has " + length + " tokens; it cannot keep " + kept + ".");
        }
        if (kept != length && kept != 0 && layout.stateBytes() > 0) {
            return false; // the columns of the convolutions before are gone
        }
        executor.ahead().leave();
        if (kept == 0) {
            executor.onDevice(this::clearState);
        }
        length = kept;
        trim();
        return true;
    }

    @Override
    public SequenceState export() {
        check();
        AtomicReference<SequenceState> state = new AtomicReference<>();
        executor.onDevice(() -> state.set(new StateExchange(executor.gpu(), executor.blueprint(), layout).export(this,
                Arrays.copyOf(tokens, length))));
        return Objects.requireNonNull(state.get());
    }

    /** Takes over a state; this sequence is empty before. */
    void fill(SequenceState from) {
        int[] read = from.tokens();
        reserve(read.length);
        new StateExchange(executor.gpu(), executor.blueprint(), layout).fill(this, from);
        System.arraycopy(read, 0, tokens, 0, read.length);
        length = read.length;
    }

    /** Gives back the pages, or the hold on those that a fork still uses. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            executor.forget(this);
            for (int i = 0; i < pageCount; i++) {
                pages[i].release();
            }
            pageCount = 0;
            if (state != 0) {
                executor.states().giveBack(state);
            }
        }
    }
}
