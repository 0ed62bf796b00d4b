/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.vocabulary;

import dev.millrace.grammar.machine.Grammar;
import dev.millrace.grammar.machine.GrammarException;
import dev.millrace.grammar.machine.Machine;
import dev.millrace.grammar.machine.State;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which tokens a grammar allows, for one vocabulary. Shared by the conversations that use the grammar: what one of them has found
 * out serves the others. Safe for use from any thread.
 */
public final class Masks {

    /** What the masks may take together, in words. */
    private static final int MOST_WORDS = 1 << 18;
    /** One mask may reach this many states; beyond that the grammar is no tool but a burden. */
    private static final long MOST_STATES_AT_ONCE = 400_000;
    /** A run of fewer than this is walked as it is. */
    private static final int[] LENGTHS = {64, 32, 16, 8};

    private static final byte[] NOTHING = {};

    private final Machine machine;
    private final TokenTree tree;
    private final ReentrantLock lock = new ReentrantLock();
    private final int mostMasks;
    private final Set<Integer> endTokens;
    private final LinkedHashMap<State, Mask> masks = new LinkedHashMap<>(64, 0.75f, true);

    /**
     * Masks of a grammar.
     *
     * @param grammar with all its rules
     * @param tree the vocabulary
     * @param endTokens tokens that end an answer, allowed where a text may end
     * @throws GrammarException if the grammar is not whole, or no text fits it
     */
    public Masks(Grammar grammar, TokenTree tree, Set<Integer> endTokens) {
        this.machine = new Machine(grammar);
        this.tree = tree;
        this.endTokens = Set.copyOf(endTokens);
        this.mostMasks = Math.max(16, MOST_WORDS / tree.words());
    }

    /**
     * Before the first token.
     *
     * @return the first state
     */
    public State start() {
        lock.lock();
        try {
            return machine.start();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The state after a token.
     *
     * @param state a state
     * @param token its id
     * @return null if the token is not allowed
     */
    public @Nullable State after(State state, int token) {
        byte[] spelling = tree.spelling(token);
        return spelling.length == 0 ? null : after(state, spelling);
    }

    /**
     * The state after some bytes.
     *
     * @param state a state
     * @param text the bytes
     * @return null if they are not allowed
     */
    public @Nullable State after(State state, byte[] text) {
        lock.lock();
        try {
            @Nullable
            State at = machine.current(state);
            for (int i = 0; i < text.length && at != null; i++) {
                at = machine.next(at, text[i] & 0xff);
            }
            return at;
        } finally {
            lock.unlock();
        }
    }

    /**
     * The bytes that come next whatever is chosen.
     *
     * @param state a state
     * @param most how many bytes at most
     * @return up to where there is a choice, where the text may end, or where a control token begins; often none
     */
    public byte[] forced(State state, int most) {
        lock.lock();
        try {
            @Nullable
            State at = machine.current(state);
            if (machine.only(at) < 0) {
                return NOTHING;
            }
            byte[] text = new byte[most];
            int length = 0;
            while (length < most && at != null) {
                int only = machine.only(at);
                if (only < 0 || only >= TokenTree.CONTROL_END) {
                    break;
                }
                text[length++] = (byte) only;
                at = machine.next(at, only);
            }
            return Arrays.copyOf(text, length);
        } finally {
            lock.unlock();
        }
    }

    /**
     * How much of a text that comes next no token leads out of. Behind that place a token may be chosen that begins with the end of
     * the text and goes on: a model would take it, so that how the text is cut into tokens is not known there yet.
     *
     * @param state a state
     * @param text allowed from there on, see {@link #forced}
     * @return 0 to the length of the text
     */
    public int settled(State state, byte[] text) {
        lock.lock();
        try {
            @Nullable
            State end = machine.current(state);
            for (int i = 0; i < text.length && end != null; i++) {
                end = machine.next(end, text[i] & 0xff);
            }
            for (int from = 0; from < text.length && end != null; from++) {
                int node = tree.find(text, from);
                if (node >= 0 && leadsOn(node, end)) {
                    return from;
                }
            }
            return text.length;
        } finally {
            lock.unlock();
        }
    }

    /** Whether a token below a node is allowed. */
    private boolean leadsOn(int above, State from) {
        State[] path = new State[TokenTree.LONGEST + 1];
        int base = tree.depth[above] + 1;
        path[base] = from;
        for (int node = above + 1; node < tree.end[above];) {
            int at = tree.depth[node];
            State to = machine.next(path[at], tree.label[node] & 0xff);
            if (to == null) {
                node = tree.end[node];
                continue;
            }
            if (tree.first[node] < tree.first[node + 1]) {
                return true;
            }
            path[at + 1] = to;
            node++;
        }
        return false;
    }

    /**
     * The tokens that may come next; where the text may end, the ends of answers are among them.
     *
     * @param state a state
     * @return kept and shared
     * @throws GrammarException if the grammar takes too long to work out
     */
    public Mask of(State state) {
        lock.lock();
        try {
            if (machine.trim()) {
                masks.clear();
            }
            State at = machine.current(state);
            Mask known = masks.get(at);
            if (known == null) {
                known = compute(at);
                masks.put(at, known);
                if (masks.size() > mostMasks) {
                    Map.Entry<State, Mask> oldest = masks.firstEntry();
                    masks.remove(oldest.getKey());
                }
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    private Mask compute(State state) {
        Machine.Run run = machine.run(state);
        TokenTree.Slice slice = run == null ? null : slice(run);
        long[] bits;
        if (run == null || slice == null) {
            bits = new long[tree.words()];
            walk(tree, state, bits);
        } else {
            // what stays inside of a run is known at once
            bits = slice.inside.clone();
            if (stays(state, slice) || machine.countsAlong(state, run.each(), slice.longest, slice.idle)) {
                walk(slice.rest, state, bits);
                leave(slice, state, bits);
            } else {
                walk(slice.others, state, bits);
            }
        }
        if (state.isAccepting()) {
            endTokens.forEach(token -> bits[token >> 6] |= 1L << token);
        }
        int count = 0;
        int only = -1;
        for (int i = 0; i < bits.length; i++) {
            if (bits[i] != 0) {
                count += Long.bitCount(bits[i]);
                only = 64 * i + Long.numberOfTrailingZeros(bits[i]);
            }
        }
        return new Mask(bits, count, count == 1 ? only : -1);
    }

    /** Whether the bytes that leave the run where it was leave the state, too. */
    private boolean stays(State state, TokenTree.Slice slice) {
        for (int b = 0; b < slice.idle.length; b++) {
            if (slice.idle[b] && !state.equals(machine.next(state, b))) {
                return false;
            }
        }
        return true;
    }

    private void leave(TokenTree.Slice slice, State state, long[] bits) {
        long[] ways = new long[slice.exits.words()];
        walk(slice.exits, state, ways);
        for (int way = 0; way < slice.leaving.length; way++) {
            if ((ways[way >> 6] & 1L << way) != 0) {
                for (int token : slice.leaving[way]) {
                    bits[token >> 6] |= 1L << token;
                }
            }
        }
    }

    /** Tokens that stay inside a run, found once for a vocabulary. */
    private TokenTree.@Nullable Slice slice(Machine.Run run) {
        int longest = TokenTree.LONGEST;
        if (run.most() < longest) {
            longest = 0;
            for (int length : LENGTHS) {
                if (length <= run.most()) {
                    longest = length;
                    break;
                }
            }
            if (longest == 0) {
                return null;
            }
        }
        String key = longest + ":" + run.key();
        TokenTree.Slice known = tree.slice(key);
        if (known == null) {
            long[] bits = new long[tree.words()];
            State loop = machine.repetition(run.each());
            walk(tree, loop, bits);
            boolean[] idle = new boolean[256];
            boolean[] dead = new boolean[256];
            for (int b = 0; b < 256; b++) {
                State next = machine.next(loop, b);
                idle[b] = loop.equals(next);
                dead[b] = next == null;
            }
            for (int token : tree.tokens) {
                // each of the run takes one byte at least, so that a short token holds no more of it than it has bytes
                if (tree.spelling(token).length > longest) {
                    bits[token >> 6] &= ~(1L << token);
                }
            }
            known = new TokenTree.Slice(longest, bits, tree.only(token -> (bits[token >> 6] & 1L << token) == 0), idle,
                    dead);
            tree.keep(key, known);
        }
        return known;
    }

    private void walk(TokenTree over, State from, long[] bits) {
        State[] path = new State[TokenTree.LONGEST + 1];
        path[0] = from;
        long limit = machine.statesMade() + MOST_STATES_AT_ONCE;
        byte[] label = over.label;
        byte[] depth = over.depth;
        int[] end = over.end;
        int[] first = over.first;
        int[] tokens = over.tokens;
        int node = 0;
        while (node < over.size) {
            int at = depth[node];
            State to = machine.next(path[at], label[node] & 0xff);
            if (to == null) {
                node = end[node];
                continue;
            }
            path[at + 1] = to;
            int last = first[node + 1];
            for (int t = first[node]; t < last; t++) {
                bits[tokens[t] >> 6] |= 1L << tokens[t];
            }
            if (machine.statesMade() > limit) {
                throw new GrammarException("The grammar takes too long to work out at one place: make it simpler.");
            }
            node++;
        }
    }
}
