/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Values by lists of tokens. Lists that begin alike share what they have in common, so that the longest known beginning of another
 * list is found in one walk. For one thread at a time.
 *
 * @param <V> values
 */
final class RadixTree<V> {

    /**
     * A place in the tree: the end of a list, or where lists part.
     *
     * @param <V> values
     */
    static final class Node<V> {

        private int[] edge;
        private @Nullable Node<V> parent;
        private final Map<Integer, Node<V>> children = new HashMap<>();
        private @Nullable V value;
        private int length;

        private Node(int[] edge, @Nullable Node<V> parent, int length) {
            this.edge = edge;
            this.parent = parent;
            this.length = length;
        }

        /** Tokens from the beginning to here. */
        int length() {
            return length;
        }

        @Nullable
        V value() {
            return value;
        }
    }

    /**
     * How far a list is known.
     *
     * @param common tokens that it has in common with any list of the tree, up to the limit
     * @param last the last place on the way with a value, or null
     * @param next the first place at or behind the end of what is common
     * @param <V> values
     */
    record Match<V>(int common, @Nullable Node<V> last, Node<V> next) {
    }

    private final Node<V> root = new Node<>(new int[0], null, 0);
    private long tokens;

    /** Tokens of all lists, those that lists have in common counted once. */
    long tokens() {
        return tokens;
    }

    /** Tokens of all lists that no other goes on from. */
    long tokensOfLines() {
        long all = 0;
        Deque<Node<V>> places = new ArrayDeque<>();
        places.add(root);
        for (Node<V> node = places.poll(); node != null; node = places.poll()) {
            all += node.children.isEmpty() ? node.length : 0;
            places.addAll(node.children.values());
        }
        return all;
    }

    /**
     * Puts a value at the end of a list, in place of the one that is there.
     *
     * @return the place
     */
    Node<V> put(int[] list, V value) {
        Node<V> node = root;
        while (node.length < list.length) {
            Node<V> child = node.children.get(list[node.length]);
            if (child == null) {
                node = attach(node, Arrays.copyOfRange(list, node.length, list.length));
                break;
            }
            int common = common(child.edge, list, node.length);
            node = common == child.edge.length ? child : split(child, common);
        }
        node.value = value;
        return node;
    }

    private Node<V> attach(Node<V> parent, int[] edge) {
        Node<V> child = new Node<>(edge, parent, parent.length + edge.length);
        parent.children.put(edge[0], child);
        tokens += edge.length;
        return child;
    }

    /** Puts a place into an edge, so many tokens after its beginning. */
    private Node<V> split(Node<V> child, int at) {
        Node<V> parent = Objects.requireNonNull(child.parent);
        Node<V> middle = new Node<>(Arrays.copyOf(child.edge, at), parent, parent.length + at);
        parent.children.put(middle.edge[0], middle);
        child.edge = Arrays.copyOfRange(child.edge, at, child.edge.length);
        child.parent = middle;
        middle.children.put(child.edge[0], child);
        return middle;
    }

    private static int common(int[] edge, int[] list, int from) {
        int end = Math.min(edge.length, list.length - from);
        int differs = Arrays.mismatch(edge, 0, end, list, from, from + end);
        return differs < 0 ? end : differs;
    }

    /** Takes the value at a place out, and what nobody needs without it. */
    void remove(Node<V> place) {
        place.value = null;
        Node<V> node = place;
        while (node.value == null && node.children.isEmpty() && node.parent != null) {
            Node<V> parent = node.parent;
            parent.children.remove(node.edge[0]);
            tokens -= node.edge.length;
            node.parent = null;
            node = parent;
        }
        if (node.value == null && node.children.size() == 1 && node.parent != null) {
            join(node, node.parent);
        }
    }

    /** A place without a value where nothing parts any more becomes a part of an edge. */
    private void join(Node<V> node, Node<V> parent) {
        Node<V> child = node.children.values().iterator().next();
        int[] edge = Arrays.copyOf(node.edge, node.edge.length + child.edge.length);
        System.arraycopy(child.edge, 0, edge, node.edge.length, child.edge.length);
        child.edge = edge;
        child.parent = parent;
        parent.children.put(edge[0], child);
        node.parent = null;
        node.children.clear();
    }

    /**
     * Looks how far a list is known.
     *
     * @param list tokens
     * @param limit how many of them count
     * @param good which values count
     */
    Match<V> match(int[] list, int limit, Predicate<V> good) {
        Node<V> node = root;
        Node<V> last = null;
        int[] known = Arrays.copyOf(list, limit);
        while (true) {
            if (node.value != null && good.test(node.value)) {
                last = node;
            }
            Node<V> child = node.length < limit ? node.children.get(known[node.length]) : null;
            if (child == null) {
                return new Match<>(node.length, last, node);
            }
            int common = common(child.edge, known, node.length);
            if (common < child.edge.length) {
                return new Match<>(node.length + common, last, child);
            }
            node = child;
        }
    }

    /**
     * A value at a place or behind it.
     *
     * @param from the place
     * @param most tokens that its list has at most
     * @param good which values count
     * @return its place, or null if there is none
     */
    @Nullable
    Node<V> behind(Node<V> from, int most, Predicate<V> good) {
        Deque<Node<V>> places = new ArrayDeque<>();
        places.add(from);
        for (Node<V> node = places.poll(); node != null; node = places.poll()) {
            if (node.length > most) {
                continue;
            }
            if (node.value != null && good.test(node.value)) {
                return node;
            }
            places.addAll(node.children.values());
        }
        return null;
    }
}
