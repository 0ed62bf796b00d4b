/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.engine.schedule.Slot;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A prefix that was read and is kept for others to go on from. Belongs to the thread of the scheduler, as its tree does. */
final class Kept {

    private final Slot slot;
    private final String key;
    private RadixTree.@Nullable Node<Kept> place;
    private final AtomicInteger holders = new AtomicInteger();
    private boolean stored;

    /**
     * A prefix.
     *
     * @param slot has read it
     * @param key of all that its numbers depend on
     */
    Kept(Slot slot, String key) {
        this.slot = slot;
        this.key = key;
    }

    /** A conversation counts it as its own. */
    void hold() {
        holders.incrementAndGet();
    }

    /** A conversation does so no more. */
    void release() {
        holders.decrementAndGet();
    }

    /** Whether some open conversation counts it as its own. */
    boolean isHeld() {
        return holders.get() > 0;
    }

    Slot slot() {
        return slot;
    }

    String key() {
        return key;
    }

    /** Whether it can still be gone on from: it may have made room for others. */
    boolean isAlive() {
        return place != null && slot.read() > 0;
    }

    /** Whether it is on disk, or on its way there. */
    boolean isStored() {
        return stored;
    }

    void stored() {
        stored = true;
    }

    RadixTree.@Nullable Node<Kept> place() {
        return place;
    }

    void placed(RadixTree.@Nullable Node<Kept> where) {
        place = where;
    }
}
