/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.schedule;

import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Slots on their way to another executor. What cannot be carried over as a state is read again when it is needed. */
final class Transfer implements AutoCloseable {

    private static final System.Logger LOG = System.getLogger(Transfer.class.getName());

    private final Map<Slot, @Nullable Sequence> sequences = new LinkedHashMap<>();
    private final Map<Slot, SequenceState> states = new LinkedHashMap<>();

    private Transfer() {
    }

    /**
     * Carries all over while both executors live, one state after the other.
     *
     * @throws RuntimeException if the other executor cannot read a token or take a state; its sequences are left to it
     */
    static Transfer between(Collection<Slot> slots, Executor from, Executor to, int vocabularySize) {
        probe(to, vocabularySize);
        Transfer transfer = new Transfer();
        for (Slot slot : slots) {
            try (SequenceState state = to.limits().exchangesStates() ? export(slot, from) : null) {
                transfer.sequences.put(slot, state == null ? null : adopt(to, state));
            }
        }
        return transfer;
    }

    /** Reads one token, to find out whether the executor can compute before anything depends on it. */
    static void probe(Executor executor, int vocabularySize) {
        try (Sequence sequence = executor.newSequence()) {
            Step step = new Step(sequence, vocabularySize).feed(new int[]{0}, 0, 1, Step.Logits.LAST);
            executor.forward(List.of(step));
            if (step.failed()) {
                throw step.failure().orElseThrow();
            }
        }
    }

    private static @Nullable SequenceState export(Slot slot, Executor from) {
        Sequence sequence = slot.sequence();
        if (sequence == null || !from.limits().exchangesStates()) {
            return null;
        }
        try {
            slot.settle();
            return sequence.export();
        } catch (RuntimeException | LinkageError e) {
            LOG.log(System.Logger.Level.INFO, "A conversation is read again, since its state cannot be taken along.",
                    e);
            return null;
        }
    }

    private static @Nullable Sequence adopt(Executor to, SequenceState state) {
        try {
            return to.newSequence(state);
        } catch (OutOfRoomException | IllegalArgumentException e) {
            // where windows differ, it may hold other tokens than the other program keeps
            LOG.log(System.Logger.Level.INFO, "A conversation is read again when it goes on: {0}", e.getMessage());
            return null;
        }
    }

    /**
     * Takes the states of all, for a time when there is no executor.
     *
     * @param room bytes that they may take together
     */
    static Transfer out(Collection<Slot> slots, Executor from, long room) {
        Transfer transfer = new Transfer();
        long left = room;
        for (Slot slot : slots) {
            SequenceState state = left > 0 ? export(slot, from) : null;
            if (state != null) {
                left -= bytes(state);
            }
            if (state != null && left < 0) {
                state.close();
                state = null;
            }
            transfer.sequences.put(slot, null);
            if (state != null) {
                transfer.states.put(slot, state);
            }
        }
        return transfer;
    }

    private static long bytes(SequenceState state) {
        long bytes = 0;
        for (SequenceState.Layer layer : state.layers()) {
            bytes += switch (layer) {
                case SequenceState.KeyValues pairs -> pairs.keys().byteSize() + pairs.values().byteSize();
                case SequenceState.ConvColumns columns -> columns.data().byteSize();
            };
        }
        return bytes;
    }

    /** Makes sequences of the states that were taken out, for the slots that are still open. */
    void into(Executor to, Collection<Slot> open) {
        sequences.keySet().retainAll(open);
        if (!to.limits().exchangesStates()) {
            return;
        }
        states.forEach((slot, state) -> {
            if (!sequences.containsKey(slot)) {
                return;
            }
            try {
                sequences.put(slot, to.newSequence(state));
            } catch (RuntimeException e) {
                LOG.log(System.Logger.Level.INFO, "A conversation is read again when it goes on.", e);
            }
        });
    }

    /** From now on the slots are on the other executor. Their old sequences end with the old one. */
    void apply(int vocabularySize) {
        sequences.forEach((slot, sequence) -> {
            if (sequence == null) {
                slot.detach();
            } else {
                slot.attach(sequence, vocabularySize);
            }
        });
    }

    /** Frees the states. */
    @Override
    public void close() {
        states.values().forEach(SequenceState::close);
    }
}
