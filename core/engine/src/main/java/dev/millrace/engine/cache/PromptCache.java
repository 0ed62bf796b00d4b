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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a conversation has had read: the slot that it generates on, and marks at the ends of earlier prompts. A new prompt
 * continues on whichever has read the longest prefix of it.
 *
 * <p>
 * The marks are what makes the next turn cheap: most templates drop the thinking of earlier turns, so the answer just generated
 * is no prefix of the next prompt, and a short convolution cannot go back. For one thread at a time.
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

    /**
     * The slot to read a prompt on. Nobody else takes its room until {@link #rest}.
     *
     * @param prompt token ids
     * @return holds the prompt, and has read as much of it as was known
     */
    public Slot take(int[] prompt) {
        Slot current = slot;
        if (current == null || !current.leadsTo(prompt)) {
            Slot mark = longest(prompt);
            Slot next = mark == null ? scheduler.open() : scheduler.fork(mark);
            if (next == null) {
                // no room for a copy: generates on the mark itself
                marks.remove(mark);
                next = Objects.requireNonNull(mark);
            }
            slot = next;
            if (current != null) {
                scheduler.close(current);
            }
            current = next;
        }
        current.claim();
        current.prompt(prompt);
        return current;
    }

    /** No answer is generated for now. */
    public void rest() {
        if (slot != null) {
            scheduler.release(slot);
        }
    }

    private @Nullable Slot longest(int[] prompt) {
        Slot best = null;
        for (Slot mark : marks) {
            if (mark.read() > 0 && mark.leadsTo(prompt) && (best == null || mark.read() > best.read())) {
                best = mark;
            }
        }
        return best;
    }

    /** A copy of a slot for another conversation; null if there is no room for it. */
    public @Nullable Slot fork(Slot other) {
        return scheduler.fork(other);
    }

    /** Generates on another slot from now on. */
    public void replace(Slot other) {
        drop();
        slot = other;
        other.claim();
    }

    /** Remembers this point, so that a later prompt can start from it. */
    public void mark() {
        Slot mark = slot == null ? null : scheduler.fork(slot);
        if (mark != null) {
            marks.add(mark);
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
            Slot second = scheduler.fork(mark);
            if (second != null) {
                copy.marks.add(second);
            }
        }
        return copy;
    }

    /**
     * The state of the latest mark, which the next turn is sure to start with.
     *
     * @return closed by the caller; null if nothing was read, or the backend does not exchange states
     */
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
