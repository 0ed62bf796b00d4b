/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.api.BackendException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * What becomes of slots whose pass failed as a whole: their tokens are read once more, then on another executor. For the
 * scheduler's thread alone.
 */
final class Rescue {

    private static final System.Logger LOG = System.getLogger(Rescue.class.getName());

    /** So many executors may go while the same tokens are read; they may be what ends them. */
    private static final int MOST_LOST = 2;

    private final Inbox inbox;
    private final OpenSlots slots;
    private final Consumer<BackendException> call;
    private final List<Slot> stranded = new ArrayList<>();

    /**
     * Nothing to rescue.
     *
     * @param inbox where slots wait for the next pass
     * @param slots all of them
     * @param call told when slots wait for another executor
     */
    Rescue(Inbox inbox, OpenSlots slots, Consumer<BackendException> call) {
        this.inbox = inbox;
        this.slots = slots;
        this.call = call;
    }

    /** A pass failed, and the sequences of its slots are lost. */
    void failed(Collection<Slot> batch, BackendException problem) {
        LOG.log(System.Logger.Level.WARNING, "Reading tokens failed.", problem);
        boolean elsewhere = false;
        for (Slot slot : batch) {
            slots.free(slot);
            switch (slot.failedAgain()) {
                case 1 -> inbox.again(List.of(slot));
                case 2 -> {
                    stranded.add(slot);
                    elsewhere = true;
                }
                default -> slots.fail(slot, problem);
            }
        }
        if (elsewhere) {
            call.accept(problem);
        }
    }

    /** A pass was left alone: its slots wait for another executor. */
    void abandoned(Collection<Slot> batch, BackendException problem) {
        stranded.addAll(batch);
        call.accept(problem);
    }

    /** The executor of a pass is gone: its slots wait for another, unless they have seen several go. */
    void lost(Collection<Slot> batch, BackendException problem) {
        for (Slot slot : batch) {
            if (slot.failedAgain() <= MOST_LOST) {
                stranded.add(slot);
            } else {
                slots.fail(slot, problem);
            }
        }
        call.accept(problem);
    }

    /** There is another executor: what waited for it goes on. */
    void tryAgain() {
        inbox.again(stranded);
        stranded.clear();
    }

    /** There is no other executor: what waited for it fails. */
    void giveUp(BackendException problem) {
        stranded.forEach(slot -> slots.fail(slot, problem));
        stranded.clear();
    }

    void dropWithdrawn() {
        stranded.removeIf(Slot::endIfWithdrawn);
    }

    /** The thread ends: what waits for another executor fails. */
    void end(RuntimeException problem) {
        stranded.forEach(slot -> slot.endIfPending(problem));
    }
}
