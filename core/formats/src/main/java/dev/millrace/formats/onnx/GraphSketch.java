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

/** Reads the sketch of a graph from those of its weights that are matrices of float, float16 or bfloat16. */
final class GraphSketch {

    private static final int MOST = 1024;

    private GraphSketch() {
    }

    static WeightSketch of(Path graph) throws IOException {
        List<float[]> diagonals = new ArrayList<>();
        Map<String, FileChannel> channels = new HashMap<>();
        try {
            for (GraphHeader.Weight weight : GraphHeader.read(graph).tensors()) {
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
