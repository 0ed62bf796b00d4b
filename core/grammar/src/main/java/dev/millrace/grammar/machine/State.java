/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.machine;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** All that may come next at one place of a text: expressions, each with the frame in which it goes on. */
public final class State {

    final Expression[] expressions;
    final Frame[] frames;
    final boolean accepting;
    /** What was thrown away in between counts here. */
    final int epoch;
    final @Nullable State[] next;
    private final int hash;

    /** Not found out yet. */
    static final int UNKNOWN = -2;
    /** The only byte that may come next, found out later. */
    int only = UNKNOWN;

    State(Expression[] expressions, Frame[] frames, boolean accepting, int epoch, int classes) {
        this.expressions = expressions;
        this.frames = frames;
        this.accepting = accepting;
        this.epoch = epoch;
        this.next = new State[classes];
        int code = 1;
        for (int i = 0; i < frames.length; i++) {
            code = 31 * (31 * code + expressions[i].id) + frames[i].id;
        }
        hash = code * 0x9E3779B9;
    }

    /**
     * Whether the text may end here.
     *
     * @return true if it is whole
     */
    public boolean isAccepting() {
        return accepting;
    }

    /**
     * Whether the text has to end here.
     *
     * @return true if nothing may follow
     */
    public boolean isFinal() {
        return accepting && expressions.length == 1 && expressions[0].isEpsilon();
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof State that && Arrays.equals(expressions, that.expressions)
                && Arrays.equals(frames, that.frames);
    }
}
