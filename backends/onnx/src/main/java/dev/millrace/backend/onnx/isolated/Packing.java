/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.isolated;

import dev.millrace.api.BackendException;
import dev.millrace.api.Device;
import dev.millrace.api.KeyValueType;
import dev.millrace.api.Precision;
import dev.millrace.backend.onnx.isolated.Speech.Failure;
import dev.millrace.spi.backend.Limits;
import dev.millrace.spi.backend.LoadOptions;
import dev.millrace.spi.backend.OutOfRoomException;
import dev.millrace.spi.backend.SequenceState;
import dev.millrace.spi.model.Encoder;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.Program;
import dev.millrace.spi.model.StateShape;
import dev.millrace.spi.model.TensorType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The things of the contracts, taken apart for the wire and put together again. */
final class Packing {

    /** More layers, variants, files, names or devices than this are taken for a broken message. */
    private static final int MOST = 1 << 16;

    private Packing() {
    }

    /** Writes one of a list. */
    @FunctionalInterface
    private interface Put<T> {
        void put(T item) throws IOException;
    }

    /** Reads one of a list. */
    @FunctionalInterface
    private interface Get<T> {
        T get() throws IOException;
    }

    private static <T> void putAll(Wire wire, List<T> items, Put<T> put) throws IOException {
        wire.put(items.size());
        for (T item : items) {
            put.put(item);
        }
    }

    private static <T> List<T> getAll(Wire wire, Get<T> get) throws IOException {
        int count = wire.getCount(MOST);
        List<T> items = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.add(get.get());
        }
        return items;
    }

    // ---- devices, options, limits

    static void put(Wire wire, Device device) throws IOException {
        wire.put(device.id()).put(device.backend()).put(device.description()).put(device.memoryBytes());
    }

    static Device device(Wire wire) throws IOException {
        return new Device(wire.getText(), wire.getText(), wire.getText(), wire.getLong());
    }

    static void putDevices(Wire wire, List<Device> devices) throws IOException {
        putAll(wire, devices, device -> put(wire, device));
    }

    static List<Device> devices(Wire wire) throws IOException {
        return getAll(wire, () -> device(wire));
    }

    static void put(Wire wire, LoadOptions options) throws IOException {
        wire.put(options.context()).put(options.threads()).put(options.precision()).put(options.keyValues())
                .put(options.identity());
    }

    static LoadOptions options(Wire wire) throws IOException {
        return LoadOptions.of(wire.getInt()).withThreads(wire.getInt()).withPrecision(wire.getEnum(Precision.values()))
                .withKeyValues(wire.getEnum(KeyValueType.values())).withIdentity(wire.getText());
    }

    static void put(Wire wire, Limits limits) throws IOException {
        wire.put(limits.batchTokens()).put(limits.sequences()).put(limits.exchangesStates()).put(limits.sharesForks())
                .put(limits.rollback());
    }

    static Limits limits(Wire wire) throws IOException {
        int tokens = wire.getInt();
        int sequences = wire.getInt();
        boolean states = wire.getBoolean();
        boolean forks = wire.getBoolean();
        int rollback = wire.getInt();
        if (tokens < 1 || sequences < 1 || rollback < 0) {
            throw new IOException("it says that it takes " + tokens + " tokens and " + sequences + " sequences");
        }
        return Limits.of(tokens).withSequences(sequences).withStates(states).withSharedForks(forks)
                .withRollback(rollback);
    }

    // ---- programs

    static void put(Wire wire, Graph graph) throws IOException {
        wire.put(graph.format()).put(graph.architecture()).put(graph.vocabularySize()).put(graph.hiddenSize())
                .put(graph.contextLength());
        putAll(wire, graph.stateShapes(), shape -> put(wire, shape));
        putAll(wire, graph.variants(), variant -> put(wire, variant));
    }

    static Graph graph(Wire wire) throws IOException {
        return new Graph(wire.getText(), wire.getText(), wire.getInt(), wire.getInt(), wire.getInt(),
                getAll(wire, () -> shape(wire)), getAll(wire, () -> variant(wire)));
    }

    static void put(Wire wire, Encoder encoder) throws IOException {
        wire.put(encoder.format()).put(encoder.architecture()).put(encoder.vocabularySize()).put(encoder.hiddenSize())
                .put(encoder.contextLength());
        putAll(wire, encoder.before(), wire::put);
        putAll(wire, encoder.after(), wire::put);
        putAll(wire, encoder.variants(), variant -> put(wire, variant));
        wire.put(encoder.pooling()).put(encoder.normalise());
    }

    static Encoder encoder(Wire wire) throws IOException {
        return new Encoder(wire.getText(), wire.getText(), wire.getInt(), wire.getInt(), wire.getInt(),
                getAll(wire, wire::getInt), getAll(wire, wire::getInt), getAll(wire, () -> variant(wire)),
                wire.getEnum(Encoder.Pooling.values()), wire.getBoolean());
    }

    private static void put(Wire wire, StateShape shape) throws IOException {
        switch (shape) {
            case StateShape.KeyValues kv -> wire.put(true).put(kv.heads()).put(kv.headSize()).put(kv.window());
            case StateShape.ConvColumns conv -> wire.put(false).put(conv.channels()).put(conv.columns());
        }
    }

    private static StateShape shape(Wire wire) throws IOException {
        return wire.getBoolean()
                ? new StateShape.KeyValues(wire.getInt(), wire.getInt(), wire.getInt())
                : new StateShape.ConvColumns(wire.getInt(), wire.getInt());
    }

    private static void put(Wire wire, Graph.Variant variant) throws IOException {
        wire.put(variant.name()).put(absolute(variant.file())).put(variant.bytes());
        putAll(wire, variant.weights(), file -> wire.put(absolute(file)));
        putAll(wire, List.copyOf(variant.names().entrySet()), name -> wire.put(name.getKey()).put(name.getValue()));
    }

    private static String absolute(Path file) {
        return file.toAbsolutePath().toString();
    }

    private static Graph.Variant variant(Wire wire) throws IOException {
        String name = wire.getText();
        Path file = Path.of(wire.getText());
        long bytes = wire.getLong();
        List<Path> weights = getAll(wire, () -> Path.of(wire.getText()));
        Map<String, String> names = new LinkedHashMap<>();
        for (Map.Entry<String, String> entry : getAll(wire, () -> Map.entry(wire.getText(), wire.getText()))) {
            names.put(entry.getKey(), entry.getValue());
        }
        return new Graph.Variant(name, file, weights, bytes, names);
    }

    // ---- states

    static void put(Wire wire, SequenceState state) throws IOException {
        int[] tokens = state.tokens();
        wire.put(tokens.length).put(MemorySegment.ofArray(tokens));
        wire.put(type(state));
        for (MemorySegment memory : memories(state)) {
            wire.put(memory);
        }
    }

    /**
     * Reads a state, whose size follows from the program.
     *
     * @param context tokens that it may have
     * @return closed by the caller
     */
    static SequenceState state(Wire wire, Program program, int context) throws IOException {
        int[] tokens = wire.getInts(context);
        TensorType type = wire.getEnum(TensorType.values());
        if (type != TensorType.F32 && type != TensorType.F16) {
            throw new IOException("it says that keys and values are " + type);
        }
        SequenceState state = SequenceState.allocate(program, tokens, type);
        try {
            for (MemorySegment memory : memories(state)) {
                wire.get(memory);
            }
            return state;
        } catch (IOException | RuntimeException | Error e) {
            state.close();
            throw e;
        }
    }

    private static TensorType type(SequenceState state) {
        return state.layers().stream().filter(SequenceState.KeyValues.class::isInstance)
                .map(layer -> ((SequenceState.KeyValues) layer).type()).findFirst().orElse(TensorType.F32);
    }

    private static List<MemorySegment> memories(SequenceState state) {
        List<MemorySegment> all = new ArrayList<>();
        for (SequenceState.Layer layer : state.layers()) {
            switch (layer) {
                case SequenceState.KeyValues kv -> {
                    all.add(kv.keys());
                    all.add(kv.values());
                }
                case SequenceState.ConvColumns conv -> all.add(conv.data());
            }
        }
        return all;
    }

    // ---- failures

    static void put(Wire wire, Throwable problem) throws IOException {
        Failure kind = switch (problem) {
            case OutOfRoomException e -> Failure.ROOM;
            case IllegalArgumentException e -> Failure.ARGUMENT;
            case IllegalStateException e -> Failure.STATE;
            case UnsupportedOperationException e -> Failure.UNSUPPORTED;
            default -> Failure.BACKEND;
        };
        String text = problem.getMessage();
        wire.put(kind).put(switch (problem) {
            case OutOfMemoryError e ->
                "There is no memory left in the process of this model; close other conversations.";
            case BackendException e when text != null -> text;
            case RuntimeException e when kind != Failure.BACKEND && text != null -> text;
            default -> "The backend failed: " + problem + ".";
        });
    }

    static RuntimeException failure(Wire wire) throws IOException {
        Failure kind = wire.getEnum(Failure.values());
        String text = wire.getText();
        return switch (kind) {
            case ROOM -> new OutOfRoomException(text);
            case BACKEND -> new BackendException(text);
            case ARGUMENT -> new IllegalArgumentException(text);
            case STATE -> new IllegalStateException(text);
            case UNSUPPORTED -> new UnsupportedOperationException(text);
        };
    }
}
