/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.cuda;

import dev.millrace.api.BackendException;
import dev.millrace.backend.cuda.runtime.CudaException;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.ExecutorLostException;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.StepCheck;
import dev.millrace.spi.model.Blueprint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** A loaded model: checks what it is asked, runs passes, hands out logits, and owns sequences and the device's memory. */
final class CudaExecutor implements Executor {

    private final Gpu gpu;
    private final Blueprint blueprint;
    private final int context;
    private final KvLayout layout;
    private final Limits limits;
    private final StepCheck stepCheck;
    private final Batch batch;
    private final ForwardPass pass;
    private final Choice choice;
    private final Ahead ahead;
    private final MemorySegment row;
    private final BlockPool pages;
    private final BlockPool states;
    private final Set<CudaSequence> sequences = Collections.newSetFromMap(new IdentityHashMap<>());
    private final List<Step> running = new ArrayList<>();
    private final List<Step> wanting = new ArrayList<>();
    private @Nullable ExecutorLostException lost;
    private boolean closed;

    CudaExecutor(Gpu gpu, Blueprint blueprint, int context, KvLayout layout, Limits limits, Batch batch,
            ForwardPass pass) {
        this.gpu = gpu;
        this.blueprint = blueprint;
        this.context = context;
        this.layout = layout;
        this.limits = limits;
        this.batch = batch;
        this.pass = pass;
        stepCheck = new StepCheck(blueprint, context, limits);
        choice = new Choice(gpu, blueprint.vocabularySize(), pass.logitRows());
        ahead = new Ahead(gpu, batch, pass, context);
        row = gpu.allocateHost(4L * blueprint.vocabularySize());
        pages = new BlockPool(gpu, "the keys and values of more tokens", layout.pageBytes());
        states = new BlockPool(gpu, "one more sequence", 2 * layout.stateBytes());
    }

    /** Loads all kernels that passes may call, so that none of them waits for that, or finds no memory for it. */
    void loadKernels() {
        pass.load(batch);
        choice.load(batch);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    Gpu gpu() {
        return gpu;
    }

    Blueprint blueprint() {
        return blueprint;
    }

    BlockPool pages() {
        return pages;
    }

    BlockPool states() {
        return states;
    }

    Ahead ahead() {
        return ahead;
    }

    /** Refuses use after close, and after the loss of the device. */
    void check() {
        if (closed) {
            throw new IllegalStateException("This model has been closed on the CUDA backend.");
        }
        if (lost != null) {
            throw new ExecutorLostException(String.valueOf(lost.getMessage()), lost);
        }
    }

    /** Does something on the device, and says what went wrong there as the contract has it. */
    void onDevice(Runnable action) {
        try {
            gpu.enter();
            action.run();
        } catch (CudaException e) {
            throw failure(e);
        }
    }

    /** What a failure of the driver means to callers. If the device is lost this executor is, too. */
    private BackendException failure(CudaException e) {
        if (!e.isLasting()) {
            return new BackendException(String.valueOf(e.getMessage()), e);
        }
        ExecutorLostException loss = new ExecutorLostException(
                "The device of the CUDA backend has failed, and what was computed on it is lost: " + e.getMessage(), e);
        lost = loss;
        gpu.lost();
        return loss;
    }

    /** Refuses more sequences than there may be. */
    void checkRoom() {
        if (sequences.size() >= limits.sequences()) {
            throw new OutOfRoomException(
                    "This model has " + sequences.size() + " sequences open already, all that it takes.");
        }
    }

    void forget(CudaSequence sequence) {
        ahead.leave();
        sequences.remove(sequence);
    }

    /** A new sequence that nothing is known of yet. */
    CudaSequence sequence() {
        check();
        checkRoom();
        ahead.leave();
        AtomicReference<CudaSequence> made = new AtomicReference<>();
        onDevice(() -> made.set(new CudaSequence(this, layout)));
        CudaSequence sequence = Objects.requireNonNull(made.get());
        sequences.add(sequence);
        return sequence;
    }

    /** Fills a new sequence, and closes it if that fails. */
    void begin(CudaSequence sequence, Runnable filling) {
        boolean done = false;
        try {
            onDevice(filling);
            done = true;
        } finally {
            if (!done) {
                sequence.close();
            }
        }
    }

    @Override
    public Sequence newSequence() {
        CudaSequence sequence = sequence();
        begin(sequence, sequence::clearState);
        return sequence;
    }

    @Override
    public Sequence newSequence(SequenceState state) {
        check();
        state.check(blueprint);
        if (state.length() > context) {
            throw new IllegalArgumentException("The state holds " + state.length()
                    + " tokens, more than the context of " + context + " that this model was loaded with.");
        }
        CudaSequence sequence = sequence();
        begin(sequence, () -> sequence.fill(state));
        return sequence;
    }

    @Override
    public void forward(List<Step> steps) {
        check();
        for (Step step : steps) {
            if (!(step.sequence() instanceof CudaSequence sequence) || !sequence.belongsTo(this)) {
                throw new IllegalArgumentException("A step's sequence belongs to another model or backend.");
            }
            sequence.check();
        }
        stepCheck.check(steps);
        running.clear();
        wanting.clear();
        try {
            gpu.enter();
            boolean computed = ahead.computes(steps, running);
            for (int i = 0; i < steps.size() && !computed; i++) {
                if (reserve(steps.get(i))) {
                    running.add(steps.get(i));
                }
            }
            if (!running.isEmpty()) {
                compute(computed);
            }
        } catch (CudaException e) {
            steps.forEach(step -> ((CudaSequence) step.sequence()).fail());
            throw failure(e);
        } catch (RuntimeException | Error e) {
            steps.forEach(step -> ((CudaSequence) step.sequence()).fail());
            throw e;
        }
    }

    /** A step that finds no room fails alone, and its sequence stays as it is. */
    private static boolean reserve(Step step) {
        try {
            ((CudaSequence) step.sequence()).reserve(step.length());
            return true;
        } catch (OutOfRoomException e) {
            step.fail(e);
            return false;
        }
    }

    /** @param computed whether a pass that ran ahead does so already */
    private void compute(boolean computed) {
        for (Step step : running) {
            for (int i = 0; i < step.logitRows(); i++) {
                wanting.add(step);
            }
        }
        if (!computed) {
            batch.fill(running, pass.tileTokens());
            batch.upload(gpu);
            pass.runAll(batch);
        }
        int rows = batch.rows();
        boolean follows = choice.isPossible() && ahead.follows(batch);
        int from = 0;
        if (rows > pass.logitRows()) {
            for (int part = pass.logitRows(); from + part < rows; from += part) {
                pass.logits(batch, from, part);
                queue(from, part, false);
                gpu.await();
                choice.give(wanting.subList(from, from + part));
            }
            pass.logits(batch, from, rows - from);
        }
        queue(from, rows - from, follows);
        for (Step step : running) {
            int[] tokens = new int[step.length()];
            for (int i = 0; i < tokens.length; i++) {
                tokens[i] = step.token(i);
            }
            ((CudaSequence) step.sequence()).advance(tokens, 0, tokens.length);
        }
        if (follows) {
            ahead.follow(running, choice);
        }
        ahead.await();
        choice.give(wanting.subList(from, rows));
        if (follows) {
            ahead.guess(running, choice);
        }
    }

    /**
     * Gives rows of logits to those who want all of them, and queues the choice of the best for the others.
     *
     * @param from index of the first of those that have been made
     * @param count of them
     * @param all whether the likeliest token of each is looked for
     */
    private void queue(int from, int count, boolean all) {
        List<Step> rows = wanting.subList(from, from + count);
        boolean any = all;
        for (int i = 0; i < count; i++) {
            Step step = rows.get(i);
            if (choice.takes(step)) {
                any = true;
                continue;
            }
            int vocabulary = blueprint.vocabularySize();
            gpu.toHost(row, pass.logitsAddress() + 4L * vocabulary * i, 4L * vocabulary);
            gpu.await();
            int index = from + i - wanting.indexOf(step);
            MemorySegment.copy(row, ValueLayout.JAVA_FLOAT, 0, step.logits(), index * vocabulary, vocabulary);
        }
        if (any) {
            choice.queue(pass.logitsAddress(), rows, all);
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            for (CudaSequence sequence : List.copyOf(sequences)) {
                sequence.close();
            }
            gpu.close();
        }
    }
}
