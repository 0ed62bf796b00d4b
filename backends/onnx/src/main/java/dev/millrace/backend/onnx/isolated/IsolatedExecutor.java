/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.api.BackendException;
import dev.millrace.backend.onnx.isolated.Speech.Ask;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.StepCheck;
import dev.millrace.spi.model.Graph;
import java.io.IOException;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** A model in another process. Its sequences have numbers there. */
final class IsolatedExecutor implements Executor {

    private final ChildProcess child;
    private final Graph graph;
    private final int context;
    private final String variant;
    private final Limits limits;
    private final StepCheck stepCheck;
    private final Set<IsolatedSequence> sequences = Collections.newSetFromMap(new IdentityHashMap<>());
    private int numbers;
    private boolean closed;

    IsolatedExecutor(ChildProcess child, Graph graph, int context, String variant, Limits limits) {
        this.child = child;
        this.graph = graph;
        this.context = context;
        this.variant = variant;
        this.limits = limits;
        this.stepCheck = new StepCheck(graph, context, limits);
    }

    @Override
    public Limits limits() {
        return limits;
    }

    @Override
    public String variant() {
        return variant;
    }

    /** The id of the process. */
    long pid() {
        return child.pid();
    }

    /** Refuses use after close. */
    void check() {
        if (closed) {
            throw new IllegalStateException("This model has been closed on the ONNX backend.");
        }
    }

    // ---- sequences

    @Override
    public Sequence newSequence() {
        check();
        return opened(Ask.OPEN, wire -> {
        });
    }

    @Override
    public Sequence newSequence(SequenceState state) {
        check();
        if (!limits.exchangesStates()) {
            throw new UnsupportedOperationException("This model exchanges no states.");
        }
        state.check(graph);
        if (state.length() > context) {
            throw new IllegalArgumentException("The state holds " + state.length()
                    + " tokens, more than the context of " + context + " that this model was loaded with.");
        }
        return opened(Ask.IMPORT, wire -> Packing.put(wire, state));
    }

    Sequence fork(IsolatedSequence origin) {
        int number = numbers++;
        return adopt(number, child.call(Ask.FORK, wire -> wire.put(origin.number()).put(number),
                wire -> wire.getCount(context)));
    }

    private Sequence opened(Ask ask, ChildProcess.Put put) {
        int number = numbers++;
        return adopt(number, child.call(ask, wire -> put.put(wire.put(number)), wire -> wire.getCount(context)));
    }

    private Sequence adopt(int number, int length) {
        IsolatedSequence sequence = new IsolatedSequence(this, number, length);
        sequences.add(sequence);
        return sequence;
    }

    boolean truncate(IsolatedSequence sequence, int length) {
        return child.call(Ask.TRUNCATE, wire -> wire.put(sequence.number()).put(length), Wire::getBoolean);
    }

    SequenceState export(IsolatedSequence sequence) {
        if (!limits.exchangesStates()) {
            throw new UnsupportedOperationException("This model exchanges no states.");
        }
        return child.call(Ask.EXPORT, wire -> wire.put(sequence.number()),
                wire -> Packing.state(wire, graph, context));
    }

    void forget(IsolatedSequence sequence) {
        sequences.remove(sequence);
        if (!closed) {
            child.tell(Ask.FREE, wire -> wire.put(sequence.number()));
        }
    }

    // ---- computing

    @Override
    public void forward(List<Step> steps) {
        check();
        for (int i = 0; i < steps.size(); i++) {
            if (!(steps.get(i).sequence() instanceof IsolatedSequence sequence) || !sequence.belongsTo(this)) {
                throw new IllegalArgumentException("A step's sequence belongs to another model or backend.");
            }
            sequence.check();
        }
        stepCheck.check(steps);
        if (!steps.isEmpty()) {
            child.call(Ask.FORWARD, wire -> put(wire, steps), wire -> take(wire, steps));
        }
    }

    private static IsolatedSequence sequence(Step step) {
        return (IsolatedSequence) step.sequence();
    }

    private static void put(Wire wire, List<Step> steps) throws IOException {
        wire.put(steps.size());
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            // the largest are chosen here, from all
            Step.Logits wanted = step.wanted() == Step.Logits.BEST ? Step.Logits.LAST : step.wanted();
            wire.put(sequence(step).number()).put(wanted).put(step.reach()).put(step.length());
            for (int t = 0; t < step.length(); t++) {
                wire.put(step.token(t));
            }
        }
    }

    private static List<Step> take(Wire wire, List<Step> steps) throws IOException {
        for (int i = 0; i < steps.size(); i++) {
            Step step = steps.get(i);
            if (!wire.getBoolean()) {
                if (step.logitRows() > 0) {
                    wire.get(step.logits(), step.logitRows() * step.vocabularySize());
                }
                sequence(step).read(step.length());
            } else {
                RuntimeException failure = Packing.failure(wire);
                if (failure instanceof OutOfRoomException room) {
                    step.fail(room);
                } else {
                    sequence(step).fail();
                    step.fail(new BackendException(String.valueOf(failure.getMessage()), failure));
                }
            }
        }
        return steps;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            List.copyOf(sequences).forEach(IsolatedSequence::close);
            child.close();
        }
    }
}
