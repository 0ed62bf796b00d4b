/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.engine.schedule.Slot;
import dev.millrace.spi.backend.SequenceState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a conversation has had read: the slot that it generates on, and marks at the ends of earlier prompts. A new prompt
 * continues on whichever has read the longest beginning of it.
 *
 * <p>
 * The marks are what makes the next turn cheap: most templates drop the thinking of earlier turns, so the answer just generated
 * is no beginning of the next prompt, and a short convolution cannot go back. For one thread at a time.
 */
public final class PromptCache implements AutoCloseable {

    private static final int MOST_MARKS = 8;

    private final Scheduler scheduler;
    private final List<Slot> marks = new ArrayList<>();
    private @Nullable Slot slot;

    public PromptCache(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** A cache that continues from a saved state. */
    public PromptCache(Scheduler scheduler, SequenceState state) {
        this(scheduler);
        slot = scheduler.open(state);
        mark();
    }

    /** The slot to read a prompt on: it holds the prompt, and has read as much of it as was known. */
    public Slot take(int[] prompt) {
        Slot current = slot;
        if (current == null || !current.leadsTo(prompt)) {
            Slot mark = longest(prompt);
            Slot next = mark == null ? scheduler.open() : scheduler.fork(mark);
            slot = next;
            if (current != null) {
                scheduler.close(current);
            }
            current = next;
        }
        current.prompt(prompt);
        return current;
    }

    private @Nullable Slot longest(int[] prompt) {
        Slot best = null;
        for (Slot mark : marks) {
            if (mark.leadsTo(prompt) && (best == null || mark.read() > best.read())) {
                best = mark;
            }
        }
        return best;
    }

    /** Generates on another slot from now on. */
    public void replace(Slot other) {
        drop();
        slot = other;
    }

    /** Remembers this point, so that a later prompt can start from it. */
    public void mark() {
        if (slot != null) {
            marks.add(scheduler.fork(slot));
            if (marks.size() > MOST_MARKS) {
                scheduler.close(marks.removeFirst());
            }
        }
    }

    /** Gives up a slot whose sequence failed. */
    public void drop() {
        if (slot != null) {
            scheduler.close(slot);
            slot = null;
        }
    }

    public PromptCache fork() {
        PromptCache copy = new PromptCache(scheduler);
        if (slot != null) {
            copy.slot = scheduler.fork(slot);
        }
        for (Slot mark : marks) {
            copy.marks.add(scheduler.fork(mark));
        }
        return copy;
    }

    /** The state of the latest mark, which the next turn is sure to start with, or null if nothing was read. */
    public @Nullable SequenceState export() {
        return marks.isEmpty() ? null : scheduler.export(marks.getLast());
    }

    @Override
    public void close() {
        drop();
        marks.forEach(scheduler::close);
        marks.clear();
    }
}
