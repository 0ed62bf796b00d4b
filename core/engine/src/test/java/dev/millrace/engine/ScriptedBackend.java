/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.Fit;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.backend.StepCheck;
import dev.millrace.spi.model.Feature;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.TensorType;
import dev.millrace.text.tokenizer.Tokenizers;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A backend that plays a part: the n-th turn of the assistant is the n-th line of its script. What it says depends on the tokens
 * that were read alone, so a conversation that is forked, moved or restored goes on just as a real one would.
 */
public final class ScriptedBackend implements Backend {

    private final String id;
    private final List<String> script;
    private final boolean exchangesStates;
    volatile Limits limits;
    volatile Set<Feature> features = EnumSet.allOf(Feature.class);
    final AtomicInteger tokensRead = new AtomicInteger();
    final AtomicInteger largestBatch = new AtomicInteger();
    final AtomicInteger openSequences = new AtomicInteger();
    final AtomicInteger openExecutors = new AtomicInteger();
    final List<Thread> threads = new CopyOnWriteArrayList<>();
    volatile Consumer<List<Step>> onForward = steps -> {
    };

    /** Called with each step; it may fail the step. */
    volatile Consumer<Step> onStep = step -> {
    };

    /** Called as an executor is asked for its limits. */
    volatile Runnable onLimits = () -> {
    };

    /** Called as a model is loaded. */
    volatile Runnable onLoad = () -> {
    };

    /** Called as a sequence is made of another or of a state, and as its state is asked for. */
    volatile Runnable onState = () -> {
    };

    /** Called as a sequence is closed. */
    volatile Runnable onSequenceClosed = () -> {
    };

    /** Added to each logit. */
    volatile float poison;

    /** Which programs it runs. */
    volatile Predicate<Program> runs = program -> true;

    /** The variant that it says it has loaded. */
    volatile String variant = "";

    /** How well a model is said to run. */
    volatile int score = 1;

    /** What a model is said to take. */
    volatile long bytes = 1000;

    /** The longest context that there is room for. */
    volatile int mostContext = ScriptedModel.CONTEXT;

    /** Whether a sequence can be cut, other than to nothing. */
    volatile boolean goesBack = true;

    /** Whether there is a device. */
    volatile boolean hasDevice = true;

    /** Why a model does not fit just now, if it does not. */
    volatile Supplier<Optional<Fit.Refused>> onFit = Optional::empty;

    volatile Runnable onExecutorClosed = () -> {
    };

    public ScriptedBackend(String id, boolean exchangesStates, String... script) {
        this.id = id;
        this.exchangesStates = exchangesStates;
        this.script = List.of(script);
        this.limits = Limits.of(512).withStates(exchangesStates).withRollback(Limits.ANY_ROLLBACK);
    }

    @Override
    public String id() {
        return id;
    }

    @Override
    public List<Device> devices() {
        return !hasDevice ? List.of() : List.of(new Device(id + ":0", id, "plays a part", 1 << 30));
    }

    @Override
    public Set<Feature> features() {
        return features;
    }

    @Override
    public Fit fit(Program program, Device device, LoadOptions options) {
        if (!runs.test(program)) {
            return new Fit.Refused("This is no program for " + id + ".", Fit.Cause.PROGRAM);
        }
        Optional<Fit.Refused> refused = onFit.get();
        if (refused.isPresent()) {
            return refused.get();
        }
        return options.context() > mostContext
                ? new Fit.Refused("The script is shorter than " + options.context() + " tokens: ask for less context.",
                        Fit.Cause.MEMORY, Long.MAX_VALUE)
                : new Fit.Good(score, bytes);
    }

    @Override
    public Executor load(Program program, Device device, LoadOptions options, Progress progress) {
        if (fit(program, device, options) instanceof Fit.Refused refused) {
            throw new BackendException(refused.reason());
        }
        progress.update("learning the part", 1);
        onLoad.run();
        openExecutors.incrementAndGet();
        return new Player(program, options.context());
    }

    private final class Player implements Executor {

        private final Program program;
        private final dev.millrace.api.Tokenizer tokenizer = Tokenizers
                .of(new ScriptedModel(java.nio.file.Path.of("x")).vocabulary().orElseThrow());
        private final StepCheck check;
        private boolean closed;

        Player(Program program, int context) {
            this.program = program;
            this.check = new StepCheck(program, context, limits);
        }

        @Override
        public Limits limits() {
            onLimits.run();
            return limits;
        }

        @Override
        public String variant() {
            return variant;
        }

        @Override
        public Sequence newSequence() {
            return new Line(program, new int[0]);
        }

        @Override
        public Sequence newSequence(SequenceState state) {
            if (!exchangesStates) {
                throw new UnsupportedOperationException("no states");
            }
            onState.run();
            state.check(program);
            return new Line(program, state.tokens());
        }

        @Override
        public void forward(List<Step> steps) {
            if (closed) {
                throw new IllegalStateException("closed");
            }
            if (!threads.contains(Thread.currentThread())) {
                threads.add(Thread.currentThread());
            }
            onForward.accept(steps);
            largestBatch.accumulateAndGet(steps.size(), Math::max);
            check.check(steps);
            for (Step step : steps) {
                onStep.accept(step);
                if (step.failed()) {
                    continue;
                }
                Line line = (Line) step.sequence();
                int before = step.length() - step.logitRows();
                for (int i = 0; i < step.length(); i++) {
                    line.read(step.token(i));
                    if (i >= before) {
                        int row = (i - before) * ScriptedModel.VOCABULARY;
                        Arrays.fill(step.logits(), row, row + ScriptedModel.VOCABULARY, poison);
                        step.logits()[row + next(line.tokens())] = 10 + poison;
                    }
                }
                tokensRead.addAndGet(step.length());
            }
        }

        private int next(int[] tokens) {
            int turns = 0;
            int begin = 0;
            int[] mark = tokenizer.encodeWithControl("<|im_start|>assistant\n");
            for (int i = 0; i + mark.length <= tokens.length; i++) {
                if (Arrays.equals(tokens, i, i + mark.length, mark, 0, mark.length)) {
                    turns++;
                    begin = i + mark.length;
                }
            }
            if (turns == 0) {
                return 3;
            }
            if (turns > script.size()) {
                throw new BackendException("The script has no turn " + turns + ".");
            }
            int[] line = tokenizer.encodeWithControl(script.get(turns - 1));
            int said = tokens.length - begin;
            return said < line.length ? line[said] : 3;
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                openExecutors.decrementAndGet();
                onExecutorClosed.run();
            }
        }
    }

    private final class Line implements Sequence {

        private final Program program;
        private int[] tokens;
        private boolean closed;

        Line(Program program, int[] tokens) {
            this.program = program;
            this.tokens = tokens;
            if (openSequences.incrementAndGet() > limits.sequences()) {
                openSequences.decrementAndGet();
                throw new OutOfRoomException("There are " + limits.sequences() + " sequences already.");
            }
        }

        void read(int token) {
            tokens = Arrays.copyOf(tokens, tokens.length + 1);
            tokens[tokens.length - 1] = token;
        }

        int[] tokens() {
            return tokens;
        }

        @Override
        public int length() {
            return tokens.length;
        }

        @Override
        public Sequence fork() {
            onState.run();
            return new Line(program, tokens.clone());
        }

        @Override
        public boolean truncate(int length) {
            if (!goesBack && length > 0 && length < tokens.length) {
                return false;
            }
            tokens = Arrays.copyOf(tokens, length);
            return true;
        }

        @Override
        public SequenceState export() {
            if (!exchangesStates) {
                throw new UnsupportedOperationException("no states");
            }
            onState.run();
            return SequenceState.allocate(program, tokens, TensorType.F32);
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                openSequences.decrementAndGet();
                onSequenceClosed.run();
            }
        }
    }
}
