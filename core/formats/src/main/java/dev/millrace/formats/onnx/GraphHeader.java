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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a graph says of itself (ONNX, {@code onnx.proto}): its inputs and outputs, and the further files that hold weights. Nodes
 * are not looked at.
 *
 * @param inputs name to shape, -1 for a size that is free; weights that are listed as inputs are left out
 * @param outputs name to shape
 * @param weights file name to the bytes that it must have at least
 */
record GraphHeader(Map<String, List<Long>> inputs, Map<String, List<Long>> outputs, Map<String, Long> weights) {

    /**
     * Reads a graph's header.
     *
     * @throws ModelFormatException if the file cannot be read or is no graph
     */
    static GraphHeader read(Path file) {
        try (Arena arena = Arena.ofConfined(); FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment all = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
            return new Parser().model(new MessageReader(all));
        } catch (MessageReader.DamagedException e) {
            throw new ModelFormatException(file, "graph", "is damaged or no ONNX graph: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new ModelFormatException(file, "graph", "cannot be read: " + e.getMessage(), e);
        }
    }

    private static final class Parser {

        private final Map<String, List<Long>> inputs = new LinkedHashMap<>();
        private final Map<String, List<Long>> outputs = new LinkedHashMap<>();
        private final Map<String, Long> weights = new TreeMap<>();
        private final List<String> initializers = new ArrayList<>();
        private boolean graphSeen;

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
            inputs.keySet().removeAll(initializers);
            return new GraphHeader(Map.copyOf(inputs), Map.copyOf(outputs), weights);
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
            while (tensor.next()) {
                if (tensor.field() == 8) {
                    initializers.add(tensor.text());
                } else if (tensor.field() == 13) {
                    MessageReader entry = tensor.inner();
                    String key = "";
                    String value = "";
                    while (entry.next()) {
                        if (entry.field() == 1) {
                            key = entry.text();
                        } else if (entry.field() == 2) {
                            value = entry.text();
                        }
                    }
                    external.put(key, value);
                }
            }
            String location = external.get("location");
            if (location != null) {
                weights.merge(location, end(external), Math::max);
            }
        }

        private static long end(Map<String, String> external) throws MessageReader.DamagedException {
            try {
                return Math.addExact(Long.parseLong(external.getOrDefault("offset", "0")),
                        Long.parseLong(external.getOrDefault("length", "0")));
            } catch (NumberFormatException | ArithmeticException e) {
                throw new MessageReader.DamagedException("weights lie at " + external);
            }
        }

        private static void port(MessageReader port, Map<String, List<Long>> into)
                throws MessageReader.DamagedException {
            String name = "";
            List<Long> shape = List.of();
            while (port.next()) {
                if (port.field() == 1) {
                    name = port.text();
                } else if (port.field() == 2) {
                    MessageReader tensor = find(port.inner(), 1);
                    MessageReader dimensions = tensor == null ? null : find(tensor, 2);
                    shape = dimensions == null ? List.of() : shape(dimensions);
                }
            }
            into.put(name, shape);
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

        private static List<Long> shape(MessageReader dimensions) throws MessageReader.DamagedException {
            List<Long> shape = new ArrayList<>();
            while (dimensions.next()) {
                if (dimensions.field() == 1) {
                    MessageReader dimension = dimensions.inner();
                    long size = -1;
                    while (dimension.next()) {
                        size = dimension.field() == 1 ? dimension.number() : size;
                    }
                    shape.add(size);
                }
            }
            return List.copyOf(shape);
        }
    }
}
