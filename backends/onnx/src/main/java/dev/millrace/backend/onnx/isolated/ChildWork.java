/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.api.Device;
import dev.millrace.api.Progress;
import dev.millrace.backend.onnx.isolated.Speech.Ask;
import dev.millrace.backend.onnx.isolated.Speech.Say;
import dev.millrace.spi.backend.Backend;
import dev.millrace.spi.backend.EncoderExecutor;
import dev.millrace.spi.backend.Executor;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.Sequence;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.backend.Step;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Graph;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Serves one model to the other process: does what it is asked, one thing after the other, until nobody asks any more. */
final class ChildWork implements AutoCloseable {

    private final Wire wire;
    private final Backend backend;
    private final ReentrantLock speaking = new ReentrantLock();
    private final Map<Integer, Held> sequences = new HashMap<>();
    private volatile boolean busy;
    private @Nullable Loaded loaded;
    private @Nullable EncoderExecutor encoder;

    private record Loaded(Graph graph, LoadOptions options, Executor executor) {
    }

    /** A sequence, and what it is fed next. */
    private record Held(Sequence sequence, Step step) {
    }

    /** Writes what was asked for. */
    @FunctionalInterface
    private interface Put<T> {
        void put(T result) throws IOException;
    }

    ChildWork(Wire wire, Backend backend) {
        this.wire = wire;
        this.backend = backend;
    }

    /** Works until the other end closes the connection. */
    void run() throws IOException {
        while (true) {
            Ask ask;
            try {
                ask = wire.getEnum(Ask.values());
            } catch (EOFException e) {
                return; // nobody asks any more
            }
            busy = true;
            try {
                serve(ask);
            } finally {
                busy = false;
            }
        }
    }

    /** Says that this process lives, if somebody waits for it; called from another thread. */
    void signOfLife() throws IOException {
        // whoever writes already is a sign of life
        if (busy && speaking.tryLock()) {
            try {
                wire.put(Say.ALIVE).flush();
            } finally {
                speaking.unlock();
            }
        }
    }

    private void serve(Ask ask) throws IOException {
        switch (ask) {
            case DEVICES -> answer(backend::devices, devices -> Packing.putDevices(wire, devices));
            case LOAD -> load(Packing.graph(wire), Packing.device(wire), Packing.options(wire));
            case LOAD_ENCODER -> load(Packing.encoder(wire), Packing.device(wire), Packing.options(wire));
            case OPEN -> {
                int id = wire.getInt();
                opened(id, executor()::newSequence);
            }
            case IMPORT -> {
                int id = wire.getInt();
                Loaded model = Objects.requireNonNull(loaded);
                try (SequenceState state = Packing.state(wire, model.graph(), model.options().context())) {
                    opened(id, () -> model.executor().newSequence(state));
                }
            }
            case FORK -> {
                Held origin = held();
                opened(wire.getInt(), origin.sequence()::fork);
            }
            case TRUNCATE -> {
                Held held = held();
                int length = wire.getInt();
                answer(() -> held.sequence().truncate(length), wire::put);
            }
            case EXPORT -> {
                Held held = held();
                answer(held.sequence()::export, state -> {
                    try (state) {
                        Packing.put(wire, state);
                    }
                });
            }
            case FREE -> {
                Held held = sequences.remove(wire.getInt());
                if (held != null) {
                    held.sequence().close();
                }
            }
            case FORWARD -> forward();
            case ENCODE -> {
                EncoderExecutor model = Objects.requireNonNull(encoder);
                int[] tokens = wire.getInts(Integer.MAX_VALUE);
                answer(() -> model.encode(tokens), vector -> {
                    wire.put(vector.length);
                    wire.put(vector, vector.length);
                });
            }
        }
    }

    private Executor executor() {
        return Objects.requireNonNull(loaded).executor();
    }

    private Held held() throws IOException {
        return Objects.requireNonNull(sequences.get(wire.getInt()));
    }

    private void load(Graph graph, Device device, LoadOptions options) throws IOException {
        answer(() -> {
            Executor executor = backend.load(graph, device, options, progress());
            loaded = new Loaded(graph, options, executor);
            return executor;
        }, executor -> {
            wire.put(executor.variant());
            Packing.put(wire, executor.limits());
        });
    }

    private void load(Encoder model, Device device, LoadOptions options) throws IOException {
        answer(() -> backend.loadEncoder(model, device, options, progress()), executor -> encoder = executor);
    }

    private Progress progress() {
        return (what, fraction) -> {
            speaking.lock();
            try {
                wire.put(Say.PROGRESS).put(what).put(fraction).flush();
            } catch (IOException e) {
                throw new IllegalStateException("Nobody waits for this model any more.", e);
            } finally {
                speaking.unlock();
            }
        };
    }

    private void opened(int id, Supplier<Sequence> open) throws IOException {
        answer(() -> {
            Sequence sequence = open.get();
            Graph graph = Objects.requireNonNull(loaded).graph();
            sequences.put(id, new Held(sequence, new Step(sequence, graph.vocabularySize())));
            return sequence;
        }, sequence -> wire.put(sequence.length()));
    }

    private void forward() throws IOException {
        int count = wire.getInt();
        List<Step> steps = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Step step = held().step();
            Step.Logits wanted = wire.getEnum(Step.Logits.values());
            int reach = wire.getInt();
            int[] tokens = wire.getInts(Integer.MAX_VALUE);
            steps.add(step.feed(tokens, 0, tokens.length, wanted).reach(reach));
        }
        answer(() -> {
            executor().forward(steps);
            return steps;
        }, this::computed);
    }

    private void computed(List<Step> steps) throws IOException {
        for (Step step : steps) {
            wire.put(step.failed());
            if (step.failed()) {
                Packing.put(wire, step.failure().orElseThrow());
            } else if (step.logitRows() > 0) {
                wire.put(step.logits(), step.logitRows() * step.vocabularySize());
            }
        }
    }

    /** Does what was asked for, and says what came of it. */
    private <T> void answer(Supplier<T> work, Put<T> put) throws IOException {
        T result;
        try {
            result = work.get();
        } catch (RuntimeException | Error e) {
            say(() -> {
                wire.put(Say.FAILED);
                Packing.put(wire, e);
            });
            return;
        }
        say(() -> {
            wire.put(Say.DONE);
            put.put(result);
        });
    }

    /** Writes a message. */
    @FunctionalInterface
    private interface Message {
        void write() throws IOException;
    }

    private void say(Message message) throws IOException {
        speaking.lock();
        try {
            message.write();
            wire.flush();
        } finally {
            speaking.unlock();
        }
    }

    @Override
    public void close() {
        if (loaded != null) {
            loaded.executor().close();
        }
        if (encoder != null) {
            encoder.close();
        }
    }
}
