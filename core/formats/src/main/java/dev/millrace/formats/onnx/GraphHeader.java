/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.ModelFormatException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a graph says of itself (ONNX, {@code onnx.proto}): its inputs and outputs, its weights, and the further files that hold
 * weights. Nodes are not looked at.
 *
 * @param inputs name to type and shape, in the graph's order; weights that are listed as inputs are left out
 * @param outputs name to type and shape
 * @param tensors the weights, by name and shape and where they lie
 * @param weights file name to the bytes that it must have at least
 */
record GraphHeader(Map<String, Port> inputs, Map<String, Port> outputs, List<Weight> tensors,
        Map<String, Long> weights) {

    /** ONNX's number for float. */
    static final int FLOAT = 1;
    /** ONNX's number for float16. */
    static final int FLOAT16 = 10;
    /** ONNX's number for bfloat16. */
    static final int BFLOAT16 = 16;

    /**
     * An input or output.
     *
     * @param type ONNX's number of the type, 0 if it is no tensor
     * @param shape its dimensions
     */
    record Port(int type, List<Dimension> shape) {
    }

    /**
     * A dimension.
     *
     * @param size values, -1 if it is free
     * @param symbol name of a free one, or empty
     */
    record Dimension(long size, String symbol) {

        /** Whether it has a size. */
        boolean isFixed() {
            return size >= 0;
        }

        @Override
        public String toString() {
            return isFixed() ? Long.toString(size) : symbol.isEmpty() ? "?" : symbol;
        }
    }

    /**
     * A weight.
     *
     * @param name in the graph
     * @param type ONNX's number of the type
     * @param shape its dimensions
     * @param file where its values lie: empty for the graph's own
     * @param offset of the first byte there, -1 if they are not stored as plain bytes
     */
    record Weight(String name, int type, List<Long> shape, String file, long offset) {
    }

    /**
     * Reads a graph's header.
     *
     * @throws ModelFormatException if the file cannot be read or is no graph
     */
    static GraphHeader read(Path file) {
        try (Arena arena = Arena.ofConfined(); FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new Parser(all.address()).model(new MessageReader(all));
        } catch (MessageReader.DamagedException e) {
            String kind = LfsPointer.is(file) ? LfsPointer.PROBLEM : "is damaged or no ONNX graph: " + e.getMessage();
            throw new ModelFormatException(file, "graph", kind, e);
        } catch (IOException e) {
            throw new ModelFormatException(file, "graph", "cannot be read: " + e.getMessage(), e);
        }
    }

    private static final class Parser {

        private final long begin;
        private final Map<String, Port> inputs = new LinkedHashMap<>();
        private final Map<String, Port> outputs = new LinkedHashMap<>();
        private final Map<String, Long> weights = new TreeMap<>();
        private final List<Weight> tensors = new ArrayList<>();
        private boolean graphSeen;

        Parser(long begin) {
            this.begin = begin;
        }

        GraphHeader model(MessageReader model) throws MessageReader.DamagedException {
            while (model.next()) {
                if (model.field() == 7) {
                    graphSeen = true;
                    graph(model.inner());
                }
            }
            if (!graphSeen) {
                throw new MessageReader.DamagedException("it holds no graph");
            }
            Set<String> names = new HashSet<>();
            tensors.forEach(tensor -> names.add(tensor.name()));
            inputs.keySet().removeAll(names);
            return new GraphHeader(inputs, outputs, tensors, weights);
        }

        private void graph(MessageReader graph) throws MessageReader.DamagedException {
            while (graph.next()) {
                switch (graph.field()) {
                    case 5 -> initializer(graph.inner());
                    case 11 -> port(graph.inner(), inputs);
                    case 12 -> port(graph.inner(), outputs);
                    default -> {
                        // nodes and what else a graph may hold
                    }
                }
            }
        }

        private void initializer(MessageReader tensor) throws MessageReader.DamagedException {
            Map<String, String> external = new LinkedHashMap<>();
            List<Long> shape = new ArrayList<>();
            String name = "";
            int type = 0;
            long offset = -1;
            while (tensor.next()) {
                switch (tensor.field()) {
                    case 1 -> tensor.numbers(shape);
                    case 2 -> type = (int) tensor.number();
                    case 8 -> name = tensor.text();
                    case 9 -> offset = tensor.bytes().address() - begin;
                    case 13 -> entry(tensor.inner(), external);
                    default -> {
                        // values of other forms
                    }
                }
            }
            String location = external.get("location");
            if (location != null) {
                weights.merge(location, end(external), Math::max);
                offset = number(external, "offset");
            }
            tensors.add(new Weight(name, type, List.copyOf(shape), location == null ? "" : location, offset));
        }

        private static void entry(MessageReader entry, Map<String, String> into)
                throws MessageReader.DamagedException {
            String key = "";
            String value = "";
            while (entry.next()) {
                if (entry.field() == 1) {
                    key = entry.text();
                } else if (entry.field() == 2) {
                    value = entry.text();
                }
            }
            into.put(key, value);
        }

        private static long end(Map<String, String> external) throws MessageReader.DamagedException {
            try {
                return Math.addExact(number(external, "offset"), number(external, "length"));
            } catch (ArithmeticException e) {
                throw new MessageReader.DamagedException("weights lie at " + external);
            }
        }

        private static long number(Map<String, String> external, String key) throws MessageReader.DamagedException {
            try {
                long number = Long.parseLong(external.getOrDefault(key, "0"));
                if (number >= 0) {
                    return number;
                }
            } catch (NumberFormatException e) {
                // told below
            }
            throw new MessageReader.DamagedException("weights lie at " + external);
        }

        private static void port(MessageReader port, Map<String, Port> into) throws MessageReader.DamagedException {
            String name = "";
            Port found = new Port(0, List.of());
            while (port.next()) {
                if (port.field() == 1) {
                    name = port.text();
                } else if (port.field() == 2) {
                    MessageReader tensor = find(port.inner(), 1);
                    found = tensor == null ? found : tensor(tensor);
                }
            }
            into.put(name, found);
        }

        private static Port tensor(MessageReader tensor) throws MessageReader.DamagedException {
            int type = 0;
            List<Dimension> shape = List.of();
            while (tensor.next()) {
                if (tensor.field() == 1) {
                    type = (int) tensor.number();
                } else if (tensor.field() == 2) {
                    shape = shape(tensor.inner());
                }
            }
            return new Port(type, shape);
        }

        private static @Nullable MessageReader find(MessageReader message, int field)
                throws MessageReader.DamagedException {
            while (message.next()) {
                if (message.field() == field) {
                    return message.inner();
                }
            }
            return null;
        }

        private static List<Dimension> shape(MessageReader dimensions) throws MessageReader.DamagedException {
            List<Dimension> shape = new ArrayList<>();
            while (dimensions.next()) {
                if (dimensions.field() == 1) {
                    MessageReader dimension = dimensions.inner();
                    long size = -1;
                    String symbol = "";
                    while (dimension.next()) {
                        if (dimension.field() == 1) {
                            size = dimension.number();
                        } else if (dimension.field() == 2) {
                            symbol = dimension.text();
                        }
                    }
                    shape.add(new Dimension(size, symbol));
                }
            }
            return List.copyOf(shape);
        }
    }
}
