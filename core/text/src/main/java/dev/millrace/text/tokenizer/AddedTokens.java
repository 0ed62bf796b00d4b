/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.tokenizer;

import dev.millrace.api.MillraceException;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Tokens that are matched in the text as they are spelled, before anything else. Immutable. */
final class AddedTokens {

    /** A longer spelling would only make matching slow; no real token has one. */
    static final int LONGEST = 1024;

    /**
     * One of them.
     *
     * @param content how it is spelled in the text
     * @param id its id
     * @param control whether it steers the model, so that it counts in trusted text only
     * @param singleWord whether it counts only where no word goes on before or behind it
     * @param stripsLeft whether it swallows white space before it
     * @param stripsRight whether it swallows white space behind it
     */
    record Added(String content, int id, boolean control, boolean singleWord, boolean stripsLeft, boolean stripsRight) {

        Added spelled(String other) {
            return new Added(other, id, control, singleWord, stripsLeft, stripsRight);
        }
    }

    /** Which match wins where matches overlap. */
    enum Precedence {
        /** The leftmost, of these the longest (Hugging Face). */
        LEFTMOST,
        /** The longest in the whole text, of these the leftmost (llama.cpp). */
        LONGEST
    }

    /** Which control tokens count. */
    @FunctionalInterface
    interface Trust {

        /** Whether a range of the text may be a control token. */
        boolean isTrusted(int from, int to);
    }

    private final List<Added> tokens;
    private final Precedence precedence;
    private final Node root = new Node();

    AddedTokens(List<Added> tokens, Precedence precedence) {
        this.tokens = List.copyOf(tokens);
        this.precedence = precedence;
        for (int i = 0; i < tokens.size(); i++) {
            String content = tokens.get(i).content();
            if (content.length() > LONGEST) {
                throw new MillraceException("The added token with id " + tokens.get(i).id() + " has " + content.length()
                        + " characters; at most " + LONGEST + " are supported.");
            }
            Node node = root;
            for (int at = 0; at < content.length(); at++) {
                node = node.next.computeIfAbsent(content.charAt(at), c -> new Node());
            }
            if (!content.isEmpty()) {
                node.token = i;
            }
        }
        root.freeze();
    }

    boolean isEmpty() {
        return tokens.isEmpty();
    }

    /** Where the tokens stand in a range of the text: start, end and id of each, in order, without overlap. */
    IntList find(char[] text, int from, int to, Trust trust) {
        IntList found = new IntList(8);
        if (isEmpty()) {
            return found;
        }
        return precedence == Precedence.LEFTMOST
                ? leftmost(text, from, to, trust, found)
                : longest(text, from, to, trust, found);
    }

    private IntList leftmost(char[] text, int from, int to, Trust trust, IntList found) {
        int taken = from;
        for (int at = from; at < to; at++) {
            Node node = root.child(text[at]);
            int best = -1;
            int end = at;
            for (int i = at + 1; node != null; i++) {
                if (node.token >= 0 && (!tokens.get(node.token).control() || trust.isTrusted(at, i))) {
                    best = node.token;
                    end = i;
                }
                node = i < to ? node.child(text[i]) : null;
            }
            if (best < 0) {
                continue;
            }
            Added token = tokens.get(best);
            if (token.singleWord() && (wordBefore(text, from, at) || wordAt(text, end, to))) {
                at = end - 1;
                continue;
            }
            int start = at;
            while (token.stripsLeft() && start > taken && CharClass.isSpace(text[start - 1])) {
                start--;
            }
            while (token.stripsRight() && end < to && CharClass.isSpace(text[end])) {
                end++;
            }
            found.add(start);
            found.add(end);
            found.add(token.id());
            taken = end;
            at = end - 1;
        }
        return found;
    }

    private IntList longest(char[] text, int from, int to, Trust trust, IntList found) {
        BitSet seen = new BitSet();
        boolean overlap = false;
        int reach = from;
        for (int at = from; at < to; at++) {
            Node node = root.child(text[at]);
            for (int i = at + 1; node != null; i++) {
                if (node.token >= 0 && (!tokens.get(node.token).control() || trust.isTrusted(at, i))) {
                    seen.set(node.token);
                    overlap |= at < reach;
                    reach = Math.max(reach, i);
                    if (!overlap) {
                        found.add(at);
                        found.add(i);
                        found.add(tokens.get(node.token).id());
                    }
                }
                node = i < to ? node.child(text[i]) : null;
            }
        }
        return overlap ? oneByOne(text, from, to, trust, seen) : found;
    }

    /** Where matches overlap, each token takes what the longer ones have left. */
    private IntList oneByOne(char[] text, int from, int to, Trust trust, BitSet seen) {
        List<Added> order = seen.stream().mapToObj(tokens::get)
                .sorted(Comparator.comparingInt((Added token) -> -token.content().length()).thenComparingInt(Added::id))
                .toList();
        BitSet taken = new BitSet();
        Map<Integer, Added> starts = new TreeMap<>();
        for (Added token : order) {
            char[] content = token.content().toCharArray();
            for (int at = from; at + content.length <= to; at++) {
                int end = at + content.length;
                if (text[at] == content[0] && Arrays.equals(text, at, end, content, 0, content.length)) {
                    int other = taken.nextSetBit(at);
                    if ((other < 0 || other >= end) && (!token.control() || trust.isTrusted(at, end))) {
                        taken.set(at, end);
                        starts.put(at, token);
                        at = end - 1;
                    }
                }
            }
        }
        IntList found = new IntList(3 * starts.size());
        starts.forEach((start, token) -> {
            found.add(start);
            found.add(start + token.content().length());
            found.add(token.id());
        });
        return found;
    }

    private static boolean wordBefore(char[] text, int from, int at) {
        return at > from && isWord(Character.codePointBefore(text, at, from));
    }

    private static boolean wordAt(char[] text, int at, int to) {
        return at < to && isWord(Character.codePointAt(text, at, to));
    }

    /** The class {@code \w} of Unicode (UTS 18, annex C). */
    static boolean isWord(int code) {
        return Character.isAlphabetic(code) || Character.getType(code) == Character.DECIMAL_DIGIT_NUMBER
                || Character.getType(code) == Character.CONNECTOR_PUNCTUATION
                || (CharClass.of(code) & CharClass.MARK) != 0 || code == 0x200C || code == 0x200D;
    }

    /** A node of the prefix tree. */
    private static final class Node {

        private Map<Character, Node> next = new HashMap<>();
        private char[] chars = {};
        private Node[] nodes = {};
        private int token = -1;

        void freeze() {
            chars = new char[next.size()];
            nodes = new Node[next.size()];
            int i = 0;
            for (char c : next.keySet()) {
                chars[i++] = c;
            }
            Arrays.sort(chars);
            for (i = 0; i < chars.length; i++) {
                nodes[i] = Objects.requireNonNull(next.get(chars[i]));
                nodes[i].freeze();
            }
            next = Map.of();
        }

        @Nullable
        Node child(char c) {
            if (chars.length < 8) {
                for (int i = 0; i < chars.length; i++) {
                    if (chars[i] == c) {
                        return nodes[i];
                    }
                }
                return null;
            }
            int i = Arrays.binarySearch(chars, c);
            return i < 0 ? null : nodes[i];
        }
    }
}
