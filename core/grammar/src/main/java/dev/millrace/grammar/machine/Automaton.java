/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.machine;

/** A deterministic automaton that is easier counted than spelled out, such as the remainder of a decimal number. */
public interface Automaton {

    /** No text leads on from here. */
    int DEAD = -1;

    /**
     * The state after a byte.
     *
     * @param state a state; 0 is the first
     * @param b 0 to 255
     * @return another state, or {@link #DEAD}
     */
    int next(int state, int b);

    /**
     * Whether the text may end.
     *
     * @param state a state
     * @return true if so
     */
    boolean accepts(int state);

    /**
     * Bytes that it tells from each other and from all the others.
     *
     * @return a set; all bytes outside of it lead to {@link #DEAD}
     */
    ByteSet bytes();
}
