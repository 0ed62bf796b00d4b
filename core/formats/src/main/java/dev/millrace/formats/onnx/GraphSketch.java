/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.spi.model.WeightSketch;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the sketch of a graph from those of its weights that are matrices of float, float16 or bfloat16. A graph with quantised
 * weights has none: what is left of float in it are scales and tables, and says nothing.
 */
final class GraphSketch {

    private static final int MOST = 1024;
    /** ONNX's numbers of uint8, int8, the types of float8, uint4, int4 and float4. */
    private static final Set<Integer> QUANTISED = Set.of(2, 3, 17, 18, 19, 20, 21, 22, 23);

    private GraphSketch() {
    }

    static WeightSketch of(Path graph) throws IOException {
        GraphHeader header = GraphHeader.read(graph);
        if (header.tensors().stream().anyMatch(GraphSketch::isQuantised)) {
            return WeightSketch.NONE;
        }
        List<float[]> diagonals = new ArrayList<>();
        Map<String, FileChannel> channels = new HashMap<>();
        try {
            for (GraphHeader.Weight weight : header.tensors()) {
                List<Long> shape = weight.shape();
                boolean floating = weight.type() == GraphHeader.FLOAT || weight.type() == GraphHeader.FLOAT16
                        || weight.type() == GraphHeader.BFLOAT16;
                if (floating && weight.offset() >= 0 && diagonals.size() < MOST && shape.size() == 2
                        && shape.get(0) >= WeightSketch.VALUES && shape.get(1) >= WeightSketch.VALUES) {
                    FileChannel channel = channels.get(weight.file());
                    if (channel == null) {
                        channel = FileChannel.open(
                                weight.file().isEmpty() ? graph : graph.resolveSibling(weight.file()),
                                StandardOpenOption.READ);
                        channels.put(weight.file(), channel);
                    }
                    diagonals.add(diagonal(channel, weight));
                }
            }
        } finally {
            for (FileChannel channel : channels.values()) {
                channel.close();
            }
        }
        return new WeightSketch(diagonals);
    }

    /** Integers with rows: indices and shapes are lists. */
    private static boolean isQuantised(GraphHeader.Weight weight) {
        return weight.shape().size() > 1 && QUANTISED.contains(weight.type());
    }

    private static float[] diagonal(FileChannel channel, GraphHeader.Weight weight) throws IOException {
        int size = weight.type() == GraphHeader.FLOAT ? Float.BYTES : Short.BYTES;
        ByteBuffer value = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
        float[] diagonal = new float[WeightSketch.VALUES];
        for (int i = 0; i < diagonal.length; i++) {
            value.clear();
            if (channel.read(value, weight.offset() + i * (weight.shape().get(1) + 1) * size) < size) {
                throw new EOFException("The weight " + weight.name() + " lies behind the end of its file.");
            }
            diagonal[i] = switch (weight.type()) {
                case GraphHeader.FLOAT -> value.getFloat(0);
                case GraphHeader.FLOAT16 -> Float.float16ToFloat(value.getShort(0));
                default -> Float.intBitsToFloat(value.getShort(0) << 16);
            };
        }
        return diagonal;
    }
}
