/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.vocabulary;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of a vocabulary as a tree of bytes, flat and in depth-first order: a walk goes straight through the arrays, and jumps
 * where a branch is dead. Control tokens stand in it under {@link #CONTROL}, a byte that no UTF-8 has, with their spelling behind
 * it, so that a grammar can ask for them and no text can.
 */
public final class TokenTree {

    /** Begins the spelling of a control token. */
    public static final int CONTROL = 0xff;
    /** Ends the spelling of a control token. */
    public static final int CONTROL_END = 0xfe;

    private final int vocabularySize;
    private final byte[][] spellings;
    /** Tokens in the order of their spellings. */
    private final int[] order;

    final int size;
    final byte[] label;
    final byte[] depth;
    /** The first node that is no longer below this one. */
    final int[] end;
    /** Where the tokens of a node begin in {@link #tokens}; those of a node end where those of the next begin. */
    final int[] first;
    final int[] tokens;
    /** Tokens alike under one key; at most a few, for the usual strings. */
    private final Map<String, Slice> slices = new HashMap<>();

    /** Tokens longer than this are never allowed: some vocabularies have runs of hundreds of spaces. */
    static final int LONGEST = 120;
    private static final int MOST_SLICES = 24;

    /**
     * What a vocabulary spells.
     *
     * @param spellings bytes of each token; empty for one that a grammar never allows; see {@link #control}
     */
    public TokenTree(byte[][] spellings) {
        this(spellings, token -> true);
    }

    private TokenTree(byte[][] spellings, IntPredicate chosen) {
        this.vocabularySize = spellings.length;
        this.spellings = spellings;
        int[] ids = new int[spellings.length];
        int many = 0;
        for (int i = 0; i < ids.length; i++) {
            if (spellings[i].length > 0 && spellings[i].length <= LONGEST && chosen.test(i)) {
                ids[many++] = i;
            }
        }
        this.order = sorted(ids, many);
        int nodes = 0;
        byte[] before = {};
        for (int id : order) {
            nodes += spellings[id].length - common(before, spellings[id]);
            before = spellings[id];
        }
        size = nodes;
        label = new byte[nodes];
        depth = new byte[nodes];
        end = new int[nodes];
        first = new int[nodes + 1];
        tokens = order;
        fill();
    }

    private TokenTree(TokenTree whole, IntPredicate chosen) {
        this(whole.spellings, chosen);
    }

    /** The tokens of this tree that a predicate picks, as a tree of their own. */
    TokenTree only(IntPredicate chosen) {
        return new TokenTree(this, chosen);
    }

    private int[] sorted(int[] ids, int many) {
        List<Integer> boxed = new ArrayList<>(many);
        for (int i = 0; i < many; i++) {
            boxed.add(ids[i]);
        }
        boxed.sort((a, b) -> Arrays.compareUnsigned(spellings[a], spellings[b]));
        return boxed.stream().mapToInt(Integer::intValue).toArray();
    }

    private static int common(byte[] a, byte[] b) {
        int differs = Arrays.mismatch(a, b);
        return differs < 0 ? a.length : differs;
    }

    private void fill() {
        int[] open = new int[LONGEST + 1];
        int node = 0;
        byte[] before = {};
        for (int t = 0; t < order.length; t++) {
            byte[] spelling = spellings[order[t]];
            int shared = common(before, spelling);
            for (int d = before.length - 1; d >= shared; d--) {
                end[open[d]] = node;
            }
            for (int d = shared; d < spelling.length; d++) {
                open[d] = node;
                label[node] = spelling[d];
                depth[node] = (byte) d;
                first[node] = t;
                node++;
            }
            // tokens of the same spelling share a node
            first[node] = t + 1;
            before = spelling;
        }
        for (int d = before.length - 1; d >= 0; d--) {
            end[open[d]] = node;
        }
        first[size] = order.length;
    }

    /** The node of a text from a place to its end; -1 if no token begins with that. */
    int find(byte[] text, int from) {
        int node = -1;
        int stop = size;
        for (int i = from; i < text.length; i++) {
            int child = node + 1;
            while (child < stop && label[child] != text[i]) {
                child = end[child];
            }
            if (child >= stop) {
                return -1;
            }
            node = child;
            stop = end[child];
        }
        return node;
    }

    /**
     * How a control token is spelled in the tree.
     *
     * @param spelling as in the vocabulary
     * @return bytes that no text has
     */
    public static byte[] control(String spelling) {
        byte[] text = spelling.getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[text.length + 2];
        all[0] = (byte) CONTROL;
        System.arraycopy(text, 0, all, 1, text.length);
        all[all.length - 1] = (byte) CONTROL_END;
        return all;
    }

    /**
     * Number of tokens in the vocabulary.
     *
     * @return also of those that are not in the tree
     */
    public int vocabularySize() {
        return vocabularySize;
    }

    /**
     * Words of a mask.
     *
     * @return bits of all tokens, 64 in a word
     */
    public int words() {
        return (vocabularySize + 63) >> 6;
    }

    /**
     * The bytes of a token.
     *
     * @param token its id
     * @return not to be changed; empty if a grammar never allows it
     */
    public byte[] spelling(int token) {
        return spellings[token];
    }

    @Nullable
    Slice slice(String key) {
        synchronized (slices) {
            return slices.get(key);
        }
    }

    void keep(String key, Slice slice) {
        synchronized (slices) {
            if (slices.size() >= MOST_SLICES) {
                slices.clear();
            }
            slices.put(key, slice);
        }
    }

    /**
     * The tokens of a vocabulary, as they stand to a run of the same thing: those that stay inside of it are allowed wherever it
     * goes on. Of the others, some leave it after bytes that change nothing: whether they are allowed depends on what they end
     * with alone, and many end alike.
     */
    static final class Slice {

        /** The run has room for so many bytes at least. */
        final int longest;
        /** Tokens that stay inside. */
        final long[] inside;
        /** All others. */
        final TokenTree others;
        /** Bytes after which the run is where it was. */
        final boolean[] idle;
        /** The ways in which tokens leave, each as a token of its own. */
        final TokenTree exits;
        /** The tokens that leave in each of these ways. */
        final int[][] leaving;
        /** What is left of the others. */
        final TokenTree rest;

        Slice(int longest, long[] inside, TokenTree others, boolean[] idle, boolean[] dead) {
            this.longest = longest;
            this.inside = inside;
            this.others = others;
            this.idle = idle;
            Map<String, List<Integer>> byEnd = new HashMap<>();
            long[] taken = new long[inside.length];
            for (int token : others.tokens) {
                byte[] spelling = others.spellings[token];
                int at = 0;
                while (at < spelling.length && idle[spelling[at] & 0xff]) {
                    at++;
                }
                if (at > 0 && at <= longest && at < spelling.length && dead[spelling[at] & 0xff]) {
                    byEnd.computeIfAbsent(
                            new String(spelling, at, spelling.length - at, StandardCharsets.ISO_8859_1),
                            key -> new ArrayList<>()).add(token);
                    taken[token >> 6] |= 1L << token;
                }
            }
            byte[][] ends = new byte[byEnd.size()][];
            leaving = new int[ends.length][];
            int many = 0;
            for (Map.Entry<String, List<Integer>> end : byEnd.entrySet()) {
                ends[many] = end.getKey().getBytes(StandardCharsets.ISO_8859_1);
                leaving[many++] = end.getValue().stream().mapToInt(Integer::intValue).toArray();
            }
            exits = new TokenTree(ends);
            rest = others.only(token -> isIn(others, token) && (taken[token >> 6] & 1L << token) == 0);
        }

        private boolean isIn(TokenTree tree, int token) {
            return tree.spellings[token].length > 0 && (inside[token >> 6] & 1L << token) == 0;
        }
    }
}
