/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.export;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import java.util.List;
import java.util.Map;

/** Attention in standard operators: rope, concatenation with the past, causal mask, softmax. */
final class StandardAttention implements AttentionExport {

    private final GraphWriter graph;
    private final String positions;
    private final String bias;

    StandardAttention(GraphWriter graph, String ids, String mask, boolean positionsGiven) {
        this.graph = graph;
        String total = size(mask);
        String past = graph.node("Sub", total, size(ids));
        String queries = graph.node("Range", past, total, graph.scalar(1));
        positions = graph.node("Cast", Map.of("to", GraphWriter.FLOAT),
                positionsGiven ? "position_ids" : graph.node("Unsqueeze", queries, graph.longs(0)));
        String keys = graph.node("Range", graph.scalar(0), total, graph.scalar(1));
        String causal = graph.node("LessOrEqual", keys, graph.node("Unsqueeze", queries, graph.longs(1)));
        String present = graph.node("Unsqueeze", graph.node("Cast", Map.of("to", GraphWriter.BOOL), mask),
                graph.longs(1, 2, 3));
        bias = graph.node("Where", graph.node("And", causal, present), graph.scalar(0f), graph.scalar(-1e9f));
    }

    private String size(String of) {
        return graph.node("Gather", graph.node("Shape", of), graph.scalar(1));
    }

    @Override
    public Result apply(Blueprint.Attention a, String q, String k, String v, String pastKeys, String pastValues) {
        int half = a.headSize() / 2;
        float[] frequencies = new float[half];
        for (int j = 0; j < half; j++) {
            frequencies[j] = (float) Math.pow(((Position.Rope) a.position()).base(), -2.0 * j / a.headSize());
        }
        String angles = graph.node("Unsqueeze",
                graph.node("Mul", graph.node("Unsqueeze", positions, graph.longs(-1)), graph.floats(frequencies, half)),
                graph.longs(1));
        String cos = graph.node("Cos", angles);
        String sin = graph.node("Sin", angles);
        String keys = graph.node("Concat", Map.of("axis", 2), pastKeys, turned(headsFirst(k), cos, sin, half));
        String values = graph.node("Concat", Map.of("axis", 2), pastValues, headsFirst(v));
        int group = a.heads() / a.kvHeads();
        String query = graph.node("Reshape", turned(headsFirst(q), cos, sin, half),
                graph.longs(0, a.kvHeads(), group, -1, a.headSize()));
        String scores = graph.node("MatMul", query, graph.node("Transpose", Map.of("perm", new int[]{0, 1, 2, 4, 3}),
                graph.node("Unsqueeze", keys, graph.longs(2))));
        String scaled = graph.node("Mul", scores, graph.scalar((float) (1 / Math.sqrt(a.headSize()))));
        String weights = graph.node("Softmax", Map.of("axis", -1), graph.node("Add", scaled, bias));
        String mixed = graph.node("MatMul", weights, graph.node("Unsqueeze", values, graph.longs(2)));
        String merged = graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1, 3}),
                graph.node("Reshape", mixed, graph.longs(0, a.heads(), -1, a.headSize())));
        return new Result(graph.node("Reshape", merged, graph.longs(0, 0, (long) a.heads() * a.headSize())), keys,
                values);
    }

    private String headsFirst(String x) {
        return graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1, 3}), x);
    }

    private String turned(String x, String cos, String sin, int half) {
        List<String> parts = graph.nodes("", "Split", Map.of("axis", -1), 2, x, graph.longs(half, half));
        String first = graph.node("Sub", graph.node("Mul", parts.get(0), cos), graph.node("Mul", parts.get(1), sin));
        String second = graph.node("Add", graph.node("Mul", parts.get(1), cos), graph.node("Mul", parts.get(0), sin));
        return graph.node("Concat", Map.of("axis", -1), first, second);
    }
}
