/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu.kv;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.function.Supplier;

/**
 * A sequence's pages of one group of layers, shared with its forks. Behind a window pages are let go, but for the tokens by which
 * the sequence can still be cut back.
 */
final class KvPages {

    private final KvGroups.Group group;
    private final Supplier<Arena> memory;
    /** By number; those that are not held are missing. */
    private KvPage[] pages = {};
    /** Pages from {@code first} to before {@code end} are held. */
    private int first;
    private int end;
    /** The oldest token whose keys and values are known. */
    private int oldest;

    KvPages(KvGroups.Group group, Supplier<Arena> memory) {
        this.group = group;
        this.memory = memory;
    }

    KvPage get(int number) {
        return pages[number];
    }

    KvLayout layout() {
        return group.layout();
    }

    /** The least length, other than 0, that the sequence can be cut back to: a state of it needs all that its window holds. */
    int floor() {
        return oldest == 0 ? 0 : oldest + group.window();
    }

    /** An empty sequence will be filled from a token on. */
    void begin(int token) {
        oldest = token;
        first = token / KvLayout.PAGE;
        end = first;
    }

    /**
     * Makes room for more tokens.
     *
     * @throws OutOfMemoryError if there is none; whoever has more groups cuts this one back
     */
    void reserve(int length, int more) {
        int needed = KvLayout.pages(length + more);
        int held = end;
        if (needed > pages.length) {
            pages = Arrays.copyOf(pages, Math.max(needed, Math.min(2 * pages.length, 1 << 20)));
        }
        while (end < needed) {
            pages[end] = new KvPage(group.layout(), memory);
            end++;
        }
        // last, since nothing can fail after it: a page that is half full is written to next
        if (length % KvLayout.PAGE != 0 && pages[held - 1].shared()) {
            pages[held - 1] = pages[held - 1].separate(group.layout());
        }
    }

    /** Lets go of the pages that no token sees any more. */
    void letGo(int length) {
        int seen = group.window() == 0 ? 0 : length - group.window() - CpuSequence.ROLLBACK;
        while (first < seen / KvLayout.PAGE) {
            release(first++);
            oldest = first * KvLayout.PAGE;
        }
    }

    /** Lets go of the pages behind the last token. */
    void cut(int length) {
        while (end > Math.max(first, KvLayout.pages(length))) {
            release(--end);
        }
        if (length == 0) {
            begin(0);
        }
    }

    @SuppressWarnings("NullAway") // nobody asks for a page that is not held
    private void release(int number) {
        pages[number].release();
        pages[number] = null;
    }

    /** The same pages, held once more. */
    KvPages fork() {
        KvPages fork = new KvPages(group, memory);
        fork.pages = Arrays.copyOf(pages, end);
        fork.first = first;
        fork.end = end;
        fork.oldest = oldest;
        for (int i = first; i < end; i++) {
            pages[i].hold();
        }
        return fork;
    }
}
