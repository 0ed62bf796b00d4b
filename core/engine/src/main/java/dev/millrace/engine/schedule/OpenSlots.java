/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import dev.millrace.engine.observe.ModelMeters;
import dev.millrace.spi.backend.Sequence;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * All open slots and the room that their sequences take. A slot for which there is no room waits until another sequence is
 * freed. For the scheduler's thread alone.
 */
final class OpenSlots {

    private static final System.Logger LOG = System.getLogger(OpenSlots.class.getName());

    private final Inbox inbox;
    private final Set<Slot> slots = new LinkedHashSet<>();
    private final Map<Slot, BackendException> withoutRoom = new LinkedHashMap<>();
    private final ModelMeters meters;
    // for other threads to look at
    private volatile int waiting;
    private volatile int withSequence;

    /**
     * No slots.
     *
     * @param inbox where slots wait for the next pass
     * @param meters told when one has to wait
     */
    OpenSlots(Inbox inbox, ModelMeters meters) {
        this.inbox = inbox;
        this.meters = meters;
    }

    /** How many wait for room; for any thread. */
    int waiting() {
        return waiting;
    }

    /** How many had read something when it was last counted; for any thread. */
    int withSequence() {
        return withSequence;
    }

    /** Counts, once in each pass. */
    void count() {
        waiting = withoutRoom.size();
        int found = 0;
        for (Slot slot : slots) {
            if (slot.sequence() != null) {
                found++;
            }
        }
        withSequence = found;
    }

    Slot add(Slot slot) {
        slots.add(slot);
        return slot;
    }

    /**
     * How many answers go on without having asked for their next token yet.
     *
     * @param since those count that were read in this pass or later
     */
    int away(long since) {
        int found = 0;
        for (Slot slot : slots) {
            if (slot.isAway() && slot.lastUsed() >= since) {
                found++;
            }
        }
        return found;
    }

    /** All of them, in the order in which they were opened. */
    Collection<Slot> all() {
        return slots;
    }

    void close(Slot slot) {
        slots.remove(slot);
        free(slot);
    }

    /** Closes a slot whose request cannot be met. */
    void fail(Slot slot, RuntimeException problem) {
        close(slot);
        slot.finish(problem);
    }

    /** Forgets what a slot has read. */
    void free(Slot slot) {
        Sequence sequence = slot.detach();
        if (sequence != null) {
            Quietly.close(sequence, "A sequence");
            tryAgain();
        }
    }

    /** The executor was left alone: nobody has read anything, and nobody touches the old sequences. */
    void abandon() {
        slots.forEach(Slot::detach);
        tryAgain();
    }

    /** What waits for room goes on: there may be some now. */
    void tryAgain() {
        inbox.again(withoutRoom.keySet());
        withoutRoom.clear();
    }

    /** A slot waits until there is room for it. */
    void awaitRoom(Slot slot, BackendException why) {
        LOG.log(System.Logger.Level.INFO, "A conversation waits for room: {0}", why.getMessage());
        meters.waitsForRoom();
        slot.waitsFor("It waits for room: " + why.getMessage());
        withoutRoom.put(slot, why);
        makeRoom();
    }

    /**
     * Does something for the slots that wait for room: forgets what an idle slot has read, the one that was used least recently;
     * or, if nobody is left whose end would make room, ends the one that came last.
     *
     * @return whether some may go on
     */
    boolean makeRoom() {
        if (withoutRoom.isEmpty()) {
            return false;
        }
        Slot idle = leastRecentlyUsed();
        if (idle != null) {
            free(idle);
            return true;
        }
        if (othersGoOn()) {
            return false;
        }
        Map.Entry<Slot, BackendException> last = List.copyOf(withoutRoom.entrySet()).getLast();
        withoutRoom.remove(last.getKey());
        fail(last.getKey(), new BackendException("There is no room for the " + last.getKey().length()
                + " tokens of this conversation, and no other one that could make room: close other models, or open this one"
                + " with a smaller context. (" + last.getValue().getMessage() + ")", last.getValue()));
        tryAgain();
        return true;
    }

    /** Of the slots that have read something and that nobody uses now. */
    private @Nullable Slot leastRecentlyUsed() {
        Slot idle = null;
        for (Slot slot : slots) {
            if (!slot.isBusy() && slot.sequence() != null && (idle == null || slot.lastUsed() < idle.lastUsed())) {
                idle = slot;
            }
        }
        return idle;
    }

    private boolean othersGoOn() {
        return slots.stream().anyMatch(slot -> slot.isBusy() && !withoutRoom.containsKey(slot));
    }

    void dropWithdrawn() {
        withoutRoom.keySet().removeIf(Slot::endIfWithdrawn);
    }

    /** The thread ends: what waits for room fails. */
    void end(RuntimeException problem) {
        withoutRoom.keySet().forEach(slot -> slot.endIfPending(problem));
    }
}
