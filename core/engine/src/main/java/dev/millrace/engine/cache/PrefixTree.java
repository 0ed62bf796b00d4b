/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.cache;

import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.engine.schedule.Scheduler;
import dev.millrace.engine.schedule.Slot;
import dev.millrace.spi.backend.Limits;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The prefixes of a model that are in memory: one tree for each way in which numbers come about, since a model may move. Bounded in
 * bytes and in number; what was not used for longest goes first. For the scheduler's thread alone.
 */
final class PrefixTree {

    /** The key of what was read partly on one device and partly on another: only its own conversation goes on from it. */
    static final String MIXED = "";

    private final Scheduler scheduler;
    private final Supplier<PrefixSize> size;
    private final long mostBytes;
    private final int most;
    private final ModelMeters meters;
    private final Map<String, RadixTree<Kept>> trees = new HashMap<>();
    /** The last was used last. */
    private final Set<Kept> byUse = new LinkedHashSet<>();
    private volatile long bytes;

    PrefixTree(Scheduler scheduler, Supplier<PrefixSize> size, long mostBytes, int most, ModelMeters meters) {
        this.scheduler = scheduler;
        this.size = size;
        this.mostBytes = mostBytes;
        this.most = most;
        this.meters = meters;
    }

    /**
     * A slot that has read the longest known beginning of a prompt.
     *
     * @param slot to read the rest of the prompt on
     * @param from what it goes on from; null if that is longer and was cut
     * @param key of all that its numbers depend on
     */
    record Found(Slot slot, @Nullable Kept from, String key) {
    }

    /** About how many bytes they take; for any thread. */
    long bytes() {
        return bytes;
    }

    /**
     * Looks for the longest known beginning that leaves a token to read.
     *
     * @param prompt token ids
     * @param key of all that numbers depend on now
     * @param own prefixes of the conversation itself, which count whatever they were read with
     * @return null if nothing of it is known
     */
    @Nullable
    Found find(int[] prompt, String key, Collection<Kept> own) {
        int limit = prompt.length - 1;
        Kept best = null;
        for (Kept one : own) {
            if (one.isAlive() && one.slot().leadsTo(prompt) && (best == null || isLonger(one, best))) {
                best = one;
            }
        }
        RadixTree<Kept> tree = trees.get(key);
        if (tree != null) {
            RadixTree.Match<Kept> match = tree.match(prompt, limit, Kept::isAlive);
            Kept shared = match.last() == null ? null : match.last().value();
            if (shared != null && (best == null || isLonger(shared, best))) {
                best = shared;
            }
            if (match.common() > (best == null ? 0 : best.slot().read())) {
                Slot cut = cut(tree, match);
                if (cut != null) {
                    return new Found(cut, null, key);
                }
            }
        }
        return best == null ? null : goOn(best, key);
    }

    private static boolean isLonger(Kept one, Kept than) {
        return one.slot().read() > than.slot().read();
    }

    /** A copy of a longer prefix, cut back to what the prompt has in common with it. */
    private @Nullable Slot cut(RadixTree<Kept> tree, RadixTree.Match<Kept> match) {
        int rollback = scheduler.limits().rollback();
        int most = rollback == Limits.ANY_ROLLBACK ? rollback : match.common() + rollback;
        RadixTree.Node<Kept> longer = tree.behind(match.next(), most, Kept::isAlive);
        Kept kept = longer == null ? null : longer.value();
        if (kept == null) {
            return null;
        }
        use(kept);
        return scheduler.fork(kept.slot(), match.common());
    }

    private Found goOn(Kept kept, String now) {
        String key = kept.key().equals(now) ? now : MIXED;
        Slot copy = scheduler.fork(kept.slot());
        if (copy == null) {
            // no room for a copy: goes on with the only one
            forget(kept);
            return new Found(kept.slot(), null, key);
        }
        use(kept);
        return new Found(copy, kept, key);
    }

    private void use(Kept kept) {
        byUse.remove(kept);
        byUse.add(kept);
    }

    /**
     * Keeps what a slot has read.
     *
     * @param slot owned from now on
     * @param key of all that its numbers depend on
     * @return the prefix; one that was there before, if it has read the same
     */
    Kept keep(Slot slot, String key) {
        scheduler.rest(slot);
        Kept kept = new Kept(slot, key);
        if (slot.read() == 0) {
            scheduler.close(slot);
            return kept;
        }
        for (Kept dead : byUse.stream().filter(one -> !one.isAlive()).toList()) {
            drop(dead);
        }
        RadixTree<Kept> tree = trees.computeIfAbsent(key, any -> new RadixTree<>());
        int[] tokens = slot.readTokens();
        RadixTree.Match<Kept> match = tree.match(tokens, tokens.length, Kept::isAlive);
        Kept same = match.last() == null || match.last().length() < tokens.length ? null : match.last().value();
        if (same != null) {
            scheduler.close(slot);
            use(same);
            return same;
        }
        kept.placed(tree.put(tokens, kept));
        use(kept);
        makeRoom();
        return kept;
    }

    private void makeRoom() {
        PrefixSize each = size.get();
        List<Kept> oldest = new ArrayList<>(byUse);
        bytes = count(each);
        for (int i = 0; (bytes > mostBytes || byUse.size() > most) && i < oldest.size(); i++) {
            drop(oldest.get(i));
            meters.evicted();
            bytes = count(each);
        }
    }

    private long count(PrefixSize each) {
        long tokens = switch (each.sharing()) {
            case NONE -> byUse.stream().mapToLong(one -> one.slot().read()).sum();
            case LINES -> trees.values().stream().mapToLong(RadixTree::tokensOfLines).sum();
            case BEGINNINGS -> trees.values().stream().mapToLong(RadixTree::tokens).sum();
        };
        return tokens * each.token() + byUse.size() * each.prefix();
    }

    private void drop(Kept kept) {
        forget(kept);
        scheduler.close(kept.slot());
    }

    private void forget(Kept kept) {
        byUse.remove(kept);
        RadixTree<Kept> tree = trees.get(kept.key());
        RadixTree.Node<Kept> place = kept.place();
        if (tree != null && place != null) {
            tree.remove(place);
            if (tree.tokens() == 0) {
                trees.remove(kept.key());
            }
        }
        kept.placed(null);
    }

    /** Frees those that no open conversation has: on another device nobody else goes on from them. */
    void dropShared() {
        byUse.stream().filter(kept -> !kept.isHeld()).toList().forEach(this::drop);
        bytes = count(size.get());
    }

    /** Frees all of them. */
    void clear() {
        List.copyOf(byUse).forEach(this::drop);
        bytes = 0;
    }
}
