/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.engine.schedule.Slot;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.SequenceState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a conversation has had read: the slot that it generates on, and which of the model's prefixes are its own. A prompt continues
 * on the longest prefix that is known of it, whoever had it read. For one thread at a time.
 *
 * <p>
 * The end of a prompt is kept, since most templates drop the thinking of earlier turns: then the answer just generated is no prefix
 * of the next prompt. The end of an answer is kept for those that do not.
 */
public final class PromptCache implements AutoCloseable {

    private static final int MOST_OWN = 16;

    /**
     * A short convolution cannot go back, so longer prompts are kept at each so many tokens: at most as many are read again before a
     * place where prompts part.
     */
    private static final int EVERY = 1024;

    private final Scheduler scheduler;
    private final Prefixes prefixes;
    /** The latest last. */
    private final List<Kept> own = new ArrayList<>();
    private @Nullable Kept lastPrompt;
    private @Nullable Slot slot;
    private String key = PrefixTree.MIXED;

    public PromptCache(Scheduler scheduler, Prefixes prefixes) {
        this.scheduler = scheduler;
        this.prefixes = prefixes;
    }

    /** A cache that continues from a saved state. */
    public PromptCache(Scheduler scheduler, Prefixes prefixes, SequenceState state) {
        this(scheduler, prefixes);
        slot = scheduler.open(state);
        // what is in a file is not known to be read with what runs now
        lastPrompt = remember(prefixes.keep(slot, PrefixTree.MIXED));
        slot = null;
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
            drop();
            Prefixes.Taken taken = prefixes.take(prompt, own);
            current = taken.slot();
            key = taken.key();
            slot = current;
        }
        current.claim();
        current.prompt(prompt);
        return current;
    }

    /**
     * Where to stop while a prompt is read, to {@link #mark} what is read.
     *
     * @param from tokens that are read
     * @param to tokens of the prompt
     * @param places where others are likely to part
     * @return rising, between the two
     */
    public List<Integer> stops(int from, int to, List<Integer> places) {
        List<Integer> stops = new ArrayList<>();
        if (scheduler.limits().rollback() != Limits.ANY_ROLLBACK) {
            stops.addAll(places);
            for (int at = (from / EVERY + 1) * EVERY; at < to; at += EVERY) {
                stops.add(at);
            }
        }
        return stops.stream().filter(at -> at > from && at < to).distinct().sorted().toList();
    }

    /** The answer is over: what was read is kept for whoever can go on from it. */
    public void rest() {
        Slot done = slot;
        slot = null;
        if (done != null) {
            scheduler.release(done);
            remember(prefixes.keep(done, key));
        }
    }

    private Kept remember(Kept kept) {
        if (!own.remove(kept)) {
            kept.hold();
        }
        own.add(kept);
        if (own.size() > MOST_OWN) {
            own.removeFirst().release();
        }
        return kept;
    }

    /** Lends a copy of what was read to another conversation; it gets none if there is no room. */
    public void lend(Slot read, PromptCache other) {
        Slot copy = scheduler.fork(read);
        if (copy != null) {
            other.drop();
            other.slot = copy;
            other.key = key;
            copy.claim();
        }
    }

    /** Keeps what is read now, so that a later prompt can start from it. */
    public void mark() {
        Kept kept = keepCopy();
        if (kept != null) {
            remember(kept);
        }
    }

    /** Keeps the end of a prompt. */
    public void markPrompt() {
        Kept kept = keepCopy();
        if (kept != null) {
            lastPrompt = remember(kept);
        }
    }

    /** Keeps what is read now for all conversations, and for the model's next start. */
    public void share() {
        Kept kept = keepCopy();
        if (kept != null) {
            remember(kept);
            prefixes.share(kept);
        }
    }

    private @Nullable Kept keepCopy() {
        Slot copy = slot == null ? null : scheduler.fork(slot);
        return copy == null ? null : prefixes.keep(copy, key);
    }

    /** Gives up a slot whose sequence failed, or that leads nowhere. */
    public void drop() {
        if (slot != null) {
            scheduler.close(slot);
            slot = null;
        }
    }

    /** The same for another conversation, which costs nothing. */
    public PromptCache fork() {
        PromptCache copy = new PromptCache(scheduler, prefixes);
        own.forEach(copy::remember);
        copy.lastPrompt = lastPrompt;
        return copy;
    }

    /**
     * The state of the last prompt's end, which the next turn is sure to start with; if it has made room for others, of what is
     * still there.
     *
     * @return closed by the caller; null if nothing is, or the backend does not exchange states
     */
    public @Nullable SequenceState export() {
        List<Kept> some = new ArrayList<>(own.reversed());
        if (lastPrompt != null) {
            some.addFirst(lastPrompt);
        }
        return prefixes.export(some);
    }

    @Override
    public void close() {
        drop();
        own.forEach(Kept::release);
        own.clear();
        lastPrompt = null;
    }
}
