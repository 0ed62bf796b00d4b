/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cpu;

import dev.millrace.api.BackendException;
import dev.millrace.backend.cpu.kv.Checkpoint;
import dev.millrace.backend.cpu.kv.CpuSequence;
import dev.millrace.backend.cpu.kv.KvGroups;
import dev.millrace.backend.cpu.kv.SequenceOwner;
import dev.millrace.backend.cpu.layers.ForwardPass;
import dev.millrace.backend.cpu.layers.MicroBatch;
import dev.millrace.backend.cpu.layers.Network;
import dev.millrace.backend.cpu.threads.Workers;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.InputObserver;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.StepCheck;
import dev.millrace.spi.backend.WithdrawnException;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** A loaded model: checks what it is asked, cuts it into micro-batches, and owns weights, threads and sequences. */
final class CpuExecutor implements Executor, SequenceOwner {

    /** Tokens of a step that are worth a look now and then at whether anybody still wants them. */
    private static final int LONG = 16;

    /** Tokens that are read for nobody, in turn: what an answer reads at a time, and what a short question does. */
    private static final int[] REHEARSED = {1, 8};

    private final Network network;
    private final KvGroups groups;
    private final int context;
    private final Workers workers;
    private final Arena arena;
    private final Supplier<Arena> pages;
    private final MicroBatch batch;
    private final ForwardPass pass;
    private final Set<CpuSequence> sequences = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Limits limits;
    private final StepCheck stepCheck;
    private final Checkpoint checkpoint;
    /** Whether the present forward may be left off: others are computed too soon to ask. */
    private boolean stoppable;
    private boolean closed;

    CpuExecutor(Network network, KvGroups groups, int context, Workers workers, Arena arena, Supplier<Arena> pages,
            MicroBatch batch, ForwardPass pass) {
        this.network = network;
        this.groups = groups;
        this.context = context;
        this.workers = workers;
        this.arena = arena;
        this.pages = pages;
        this.batch = batch;
        this.pass = pass;
        boolean convolutions = network.layers().stream().anyMatch(layer -> layer.mixer() instanceof Network.ShortConv);
        this.limits = Limits.of(MicroBatch.MOST).withStates(true).withSharedForks(true).withSameBits(true)
                .withRollback(convolutions || groups.forget(context) ? CpuSequence.ROLLBACK : Limits.ANY_ROLLBACK);
        this.checkpoint = new Checkpoint(network.layers().size());
        this.stepCheck = new StepCheck(network.blueprint(), context, limits);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public void check() {
        if (closed) {
            throw new IllegalStateException("This model has been closed on the CPU backend.");
        }
    }

    @Override
    public Supplier<Arena> pages() {
        return pages;
    }

    @Override
    public void adopt(CpuSequence sequence) {
        sequences.add(sequence);
    }

    @Override
    public void forget(CpuSequence sequence) {
        sequences.remove(sequence);
    }

    @Override
    public Sequence newSequence() {
        check();
        CpuSequence sequence = new CpuSequence(this, network.blueprint(), groups);
        adopt(sequence);
        return sequence;
    }

    @Override
    public Sequence newSequence(SequenceState state) {
        check();
        state.check(network.blueprint());
        if (state.length() > context) {
            throw new IllegalArgumentException(
                    "The state holds " + state.length() + " tokens, more than the context of "
                            + context + " that this model was loaded with.");
        }
        CpuSequence sequence = new CpuSequence(this, network.blueprint(), groups);
        adopt(sequence);
        try {
            sequence.fill(state);
        } catch (OutOfMemoryError e) {
            sequence.close();
            throw new OutOfRoomException("There is no memory for the " + state.length() + " tokens of the state ("
                    + e.getMessage() + ").");
        } catch (RuntimeException | Error e) {
            sequence.close();
            throw e;
        }
        return sequence;
    }

    /**
     * Reads a token for nobody, and a few at once. Weights come into reach and code is compiled that the first prompt would wait for
     * otherwise, which matters most where all but its last words are kept. Where there is no room for them, the first prompt will say so.
     */
    void rehearse() {
        for (int tokens : REHEARSED) {
            int count = Math.min(tokens, context);
            try (Sequence nobody = newSequence()) {
                forward(List.of(new Step(nobody, network.blueprint().vocabularySize()).feed(new int[count], 0, count,
                        Step.Logits.BEST)));
            }
        }
    }

    @Override
    public boolean observe(InputObserver observer) {
        check();
        pass.observe(observer);
        return true;
    }

    @Override
    public void forward(List<Step> steps) {
        check();
        for (int i = 0; i < steps.size(); i++) {
            check(steps.get(i));
        }
        stepCheck.check(steps);
        for (int i = 0; i < steps.size(); i++) {
            reserve(steps.get(i));
        }
        try {
            stoppable = steps.size() == 1 && steps.getFirst().length() >= LONG;
            if (stoppable) {
                checkpoint.take(sequence(steps.getFirst()));
            }
            boolean wanted = true;
            for (int i = 0; i < steps.size() && wanted; i++) {
                wanted = steps.get(i).failed() || feed(steps.get(i));
            }
            if (!wanted || !flush()) {
                checkpoint.goBack(sequence(steps.getFirst()));
                steps.getFirst().fail(new WithdrawnException());
                return;
            }
            for (int i = 0; i < steps.size(); i++) {
                if (!steps.get(i).failed()) {
                    sequence(steps.get(i)).letGo();
                }
            }
        } catch (Throwable e) {
            for (int i = 0; i < steps.size(); i++) {
                if (!steps.get(i).failed()) {
                    sequence(steps.get(i)).fail();
                }
            }
            throw Workers.failed(e);
        } finally {
            batch.clear();
        }
    }

    /** A step that finds no room fails alone, and its sequence stays as it is. One that fails otherwise takes its sequence along. */
    private static void reserve(Step step) {
        try {
            sequence(step).reserve(step.length());
        } catch (OutOfMemoryError e) {
            step.fail(new OutOfRoomException("There is no memory for the keys and values of " + step.length()
                    + " more tokens (" + e.getMessage() + ")."));
        } catch (RuntimeException e) {
            sequence(step).fail();
            step.fail(new BackendException(
                    "There is no page for the keys and values of this sequence: " + e.getMessage(), e));
        }
    }

    private void check(Step step) {
        if (!(step.sequence() instanceof CpuSequence sequence) || !sequence.belongsTo(this)) {
            throw new IllegalArgumentException("A step's sequence belongs to another model or backend.");
        }
        sequence.check();
    }

    private static CpuSequence sequence(Step step) {
        return (CpuSequence) step.sequence();
    }

    /** Feeds a step; false if nobody wants it any more. */
    private boolean feed(Step step) {
        int reach = step.reach();
        for (int from = 0; from < step.length();) {
            if (batch.room() == 0 && !flush()) {
                return false;
            }
            int to = Math.min(step.length(), from + batch.room());
            batch.add(step, sequence(step), from, to, reach, network.blueprint().vocabularySize());
            from = to;
        }
        return true;
    }

    private boolean flush() {
        boolean wanted = batch.isEmpty() || pass.run(batch, stoppable);
        batch.clear();
        return wanted;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            workers.close();
            for (CpuSequence sequence : List.copyOf(sequences)) {
                sequence.close();
            }
            arena.close();
        }
    }
}
