/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

import dev.millrace.spi.model.Blueprint;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * How keys and values of a model lie in memory. Layers that see equally far back share pages, so that a page goes as soon as
 * none of its layers sees it any more.
 *
 * @param type how a value is kept
 * @param groups by window, that of the layers that see everything first
 */
public record KvGroups(KvType type, List<Group> groups) {

    /**
     * Layers that see equally far back.
     *
     * @param window tokens that a token sees, itself included, or 0 for all
     * @param layout of their pages; layers of other groups have no heads in it
     */
    public record Group(int window, KvLayout layout) {

        /** Pages of a sequence at most, while it is fed so many tokens at a time. */
        private long pages(int tokens, int step) {
            long all = KvLayout.pages(tokens);
            // a page more, because the window need not begin with one
            long seen = ((long) window + CpuSequence.ROLLBACK + step) / KvLayout.PAGE + 2;
            return window == 0 ? all : Math.min(all, seen);
        }
    }

    public static KvGroups of(Blueprint blueprint, KvType type) {
        TreeSet<Integer> windows = new TreeSet<>();
        for (Blueprint.Layer layer : blueprint.layers()) {
            if (layer.mixer() instanceof Blueprint.Attention a) {
                windows.add(a.span().window());
            }
        }
        List<Group> groups = new ArrayList<>();
        for (int window : windows) {
            groups.add(new Group(window, KvLayout.of(blueprint, type, window)));
        }
        return new KvGroups(type, List.copyOf(groups));
    }

    /** Which group a layer with attention belongs to. */
    public int group(int layer) {
        for (int g = 0; g < groups.size(); g++) {
            if (groups.get(g).layout().layers().get(layer).heads() > 0) {
                return g;
            }
        }
        throw new IllegalArgumentException("Layer " + layer + " has no keys and values.");
    }

    /** Where the keys and values of a layer with attention lie in a page of its group. */
    public KvLayout.Layer layer(int layer) {
        return groups.get(group(layer)).layout().layers().get(layer);
    }

    /** Bytes of one more token in layers that see everything. */
    public long perToken() {
        return groups.stream().filter(group -> group.window() == 0)
                .mapToLong(group -> group.layout().pageBytes() / KvLayout.PAGE).sum();
    }

    /** Bytes of a sequence of so many tokens at most, while it is fed so many of them at a time. */
    public long bytes(int tokens, int step) {
        return groups.stream().mapToLong(group -> group.layout().pageBytes() * group.pages(tokens, step)).sum();
    }

    /** Whether a sequence of so many tokens does not keep the keys and values of all. */
    public boolean forget(int tokens) {
        return groups.stream().anyMatch(group -> group.window() != 0 && group.window() < tokens);
    }
}
