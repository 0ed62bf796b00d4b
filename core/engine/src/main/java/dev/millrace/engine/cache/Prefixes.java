/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.engine.schedule.Slot;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Program;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * All that was read of a model and may be gone on from: ends of prompts and of answers, and beginnings that many conversations share,
 * such as the system message with its tools. Conversations and requests that stand alone find here the longest known beginning of
 * their prompt. What was shared is stored for the model's next start.
 *
 * <p>
 * Everything has a key of what its numbers depend on: the model's files, the variant, the device, the precision and the type of keys
 * and values. Safe for use from several threads.
 */
public final class Prefixes implements AutoCloseable {

    /** Shorter prefixes are read as quickly as they are found. */
    public static final int LEAST_TOKENS = 64;

    /** A prefix is stored for so many tokens that no stored one has. */
    private static final int WORTH_STORING = 256;
    private static final int MOST_TOKENS_ON_DISK = 8192;

    private final Scheduler scheduler;
    private final Supplier<Program> program;
    private final int context;
    private final Supplier<String> key;
    private final ModelMeters meters;
    private final @Nullable PrefixFolder folder;
    private final PrefixTree tree;
    private final Set<Thread> writers = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    /**
     * No prefixes yet.
     *
     * @param program which runs now
     * @param context tokens that a sequence can hold
     * @param key of everything that numbers depend on, now
     * @param room for them
     * @param valueBytes bytes of a key or value, about
     * @param meters told of hits
     */
    public Prefixes(Scheduler scheduler, Supplier<Program> program, int context, Supplier<String> key, PrefixRoom room,
            int valueBytes, ModelMeters meters) {
        this.scheduler = scheduler;
        this.program = program;
        this.context = context;
        this.key = key;
        this.meters = meters;
        this.folder = room.folder() == null ? null : new PrefixFolder(room.folder(), room.diskBytes());
        this.tree = new PrefixTree(scheduler, () -> PrefixSize.of(program.get(), scheduler.limits(), valueBytes),
                room.memoryBytes(), room.number(), meters);
    }

    /**
     * What a prompt is read on.
     *
     * @param slot has read a beginning of the prompt, or nothing
     * @param key of all that its numbers depend on
     */
    record Taken(Slot slot, String key) {
    }

    /**
     * A slot that has read the longest known beginning of a prompt.
     *
     * @param prompt token ids
     * @param own prefixes of the same conversation
     */
    Taken take(int[] prompt, Collection<Kept> own) {
        String now = key.get();
        PrefixTree.Found found = scheduler.call(() -> tree.find(prompt, now, own));
        Taken loaded = load(prompt, now, found == null ? 0 : found.slot().read());
        if (loaded != null) {
            if (found != null) {
                scheduler.close(found.slot());
            }
            meters.lookedUp(true);
            return loaded;
        }
        meters.lookedUp(found != null);
        if (found == null) {
            return new Taken(scheduler.open(), now);
        }
        Kept from = found.from();
        if (from != null && !own.contains(from)) {
            // somebody else goes on from it, so the next start may do so, too
            store(from, WORTH_STORING);
        }
        return new Taken(found.slot(), found.key());
    }

    /** A stored prefix that is much longer than the best in memory. */
    private @Nullable Taken load(int[] prompt, String now, int inMemory) {
        if (folder == null) {
            return null;
        }
        PrefixFolder.Hit hit = folder.find(prompt, now);
        if (hit == null || hit.length() < inMemory + LEAST_TOKENS) {
            return null;
        }
        SequenceState state = folder.load(hit, prompt, now, program.get(), context);
        if (state == null) {
            return null;
        }
        try (state) {
            Slot slot = scheduler.open(state);
            if (slot.read() == 0) {
                scheduler.close(slot);
                return null;
            }
            return scheduler.call(() -> {
                Slot copy = scheduler.fork(slot);
                if (copy == null) {
                    return new Taken(slot, now);
                }
                tree.keep(slot, now).stored();
                return new Taken(copy, now);
            });
        }
    }

    /**
     * What numbers depend on now.
     *
     * @return the key
     */
    String key() {
        return key.get();
    }

    /**
     * Keeps what a slot has read.
     *
     * @param slot owned from now on; nobody reads it
     * @param readWith the key when it was begun
     */
    Kept keep(Slot slot, String readWith) {
        String now = readWith.equals(key.get()) ? readWith : PrefixTree.MIXED;
        return scheduler.call(() -> {
            if (closed) {
                scheduler.close(slot);
                return new Kept(slot, now);
            }
            return tree.keep(slot, now);
        });
    }

    /** Stores a beginning that others are sure to have, too. */
    void share(Kept kept) {
        store(kept, 1);
    }

    private void store(Kept kept, int worth) {
        PrefixFolder where = folder;
        if (where == null || kept.key().equals(PrefixTree.MIXED)) {
            return;
        }
        int[] tokens = scheduler.call(() -> kept.isStored() || !kept.isAlive() ? new int[0] : kept.slot().readTokens());
        if (tokens.length < LEAST_TOKENS || tokens.length > MOST_TOKENS_ON_DISK
                || tokens.length < where.stored(tokens, kept.key()) + worth) {
            return;
        }
        SequenceState state = scheduler.call(() -> {
            if (kept.isStored() || !kept.isAlive()) {
                return null;
            }
            kept.stored();
            return scheduler.export(kept.slot());
        });
        if (state == null) {
            return;
        }
        Thread writer = Thread.ofVirtual().name("millrace-prefix").unstarted(() -> {
            try (state) {
                where.store(state, kept.key());
            } finally {
                writers.remove(Thread.currentThread());
            }
        });
        writers.add(writer);
        writer.start();
    }

    /**
     * The state of the first of some prefixes that are still there.
     *
     * @return closed by the caller; null if none is, or the backend does not exchange states
     */
    @Nullable
    SequenceState export(List<Kept> some) {
        return scheduler.call(() -> {
            for (Kept kept : some) {
                SequenceState state = kept.isAlive() ? scheduler.export(kept.slot()) : null;
                if (state != null) {
                    return state;
                }
            }
            return null;
        });
    }

    /** The model is about to move to another device, where numbers differ: what no open conversation has need not go along. */
    public void beforeMove() {
        scheduler.settle(tree::dropShared);
    }

    /**
     * About how much memory they take.
     *
     * @return bytes
     */
    public long bytes() {
        return tree.bytes();
    }

    /** Waits until everything is written, and frees the slots. */
    @Override
    public void close() {
        closed = true;
        scheduler.settle(tree::clear);
        boolean interrupted = false;
        for (Thread writer : writers) {
            while (writer.isAlive()) {
                try {
                    writer.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
