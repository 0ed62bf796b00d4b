/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.export;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Attention in standard operators: rope, concatenation with the past, causal mask and window, softmax. */
final class StandardAttention implements AttentionExport {

    private final GraphWriter graph;
    private final String total;
    private final String positions;
    private final String queries;
    private final String keys;
    private final @Nullable String mask;
    private final Map<Integer, String> biases = new HashMap<>();

    /**
     * How many tokens there are.
     *
     * @param mask {@code [batch, total]}, or null if all take part
     * @param total with the new ones, one number
     * @param past before, one number
     * @param lengths place of the last token of each sequence, {@code [batch]} in int32
     */
    record Lengths(@Nullable String mask, String total, String past, String lengths) {

        static Lengths ofMask(GraphWriter graph, String mask, String ids) {
            String total = size(graph, mask);
            String lengths = graph.node("Cast", Map.of("to", GraphWriter.INT32), graph.node("Sub",
                    graph.node("ReduceSum", Map.of("keepdims", 0), mask, graph.longs(1)), graph.longs(1)));
            return new Lengths(mask, total, graph.node("Sub", total, size(graph, ids)), lengths);
        }

        static Lengths ofNumbers(GraphWriter graph, String lengths, String stated, String ids) {
            String total = graph.node("Squeeze", graph.node("Cast", Map.of("to", GraphWriter.INT64), stated));
            // both inputs are looked at: a wrong one moves the past
            String last = graph.node("Squeeze", graph.node("Cast", Map.of("to", GraphWriter.INT64),
                    graph.node("Slice", lengths, graph.longs(0), graph.longs(1), graph.longs(0))));
            String past = graph.node("Sub", graph.node("Add", last, graph.scalar(1)), size(graph, ids));
            return new Lengths(null, total, past, lengths);
        }

        private static String size(GraphWriter graph, String of) {
            return graph.node("Gather", graph.node("Shape", of), graph.scalar(1));
        }
    }

    StandardAttention(GraphWriter graph, Lengths lengths, @Nullable String given) {
        this.graph = graph;
        this.total = lengths.total();
        this.mask = lengths.mask();
        String places = graph.node("Range", lengths.past(), total, graph.scalar(1));
        positions = graph.node("Cast", Map.of("to", GraphWriter.FLOAT),
                given != null ? given : graph.node("Unsqueeze", places, graph.longs(0)));
        keys = graph.node("Range", graph.scalar(0), total, graph.scalar(1));
        queries = graph.node("Unsqueeze", places, graph.longs(1));
    }

    /** What is added to scores so that only earlier tokens count, and of these no more than the window. */
    private String bias(int window) {
        return biases.computeIfAbsent(window, w -> {
            String seen = graph.node("LessOrEqual", keys, queries);
            if (w > 0) {
                seen = graph.node("And", seen,
                        graph.node("Less", graph.node("Sub", queries, keys), graph.scalar((long) w)));
            }
            if (mask != null) {
                seen = graph.node("And", seen, graph.node("Unsqueeze",
                        graph.node("Cast", Map.of("to", GraphWriter.BOOL), mask), graph.longs(1, 2, 3)));
            }
            return graph.node("Where", seen, graph.scalar(0f), graph.scalar(-1e9f));
        });
    }

    @Override
    public Result apply(Blueprint.Attention a, String q, String k, String v, String pastKeys, String pastValues)
            throws IOException {
        String newKeys = turned(a, headsFirst(k));
        String allKeys = graph.node("Concat", Map.of("axis", 2), pastKeys, newKeys);
        String values = graph.node("Concat", Map.of("axis", 2), pastValues, headsFirst(v));
        int group = a.heads() / a.kvHeads();
        String query = graph.node("Reshape", turned(a, headsFirst(q)),
                graph.longs(0, a.kvHeads(), group, -1, a.headSize()));
        String scores = graph.node("MatMul", query, graph.node("Transpose", Map.of("perm", new int[]{0, 1, 2, 4, 3}),
                graph.node("Unsqueeze", allKeys, graph.longs(2))));
        scores = capped(graph, graph.node("Mul", scores, graph.scalar(a.scale())), a.softcap());
        scores = graph.node("Add", scores, bias(a.span().window()));
        String weights;
        if (a.sinks() == null) {
            weights = graph.node("Softmax", Map.of("axis", -1), scores);
        } else {
            String zeros = graph.node("Mul",
                    graph.node("ReduceMax", Map.of("axes", new int[]{-1}, "keepdims", 1), scores),
                    graph.scalar(0f));
            String sinks = graph.node("Add", zeros,
                    graph.floats(Linear.read(a.sinks()), 1, a.kvHeads(), group, 1, 1));
            String all = graph.node("Softmax", Map.of("axis", -1),
                    graph.node("Concat", Map.of("axis", 4), scores, sinks));
            weights = graph.node("Slice", all, graph.longs(0), graph.longs(-1), graph.longs(4));
        }
        String mixed = graph.node("MatMul", weights, graph.node("Unsqueeze", values, graph.longs(2)));
        String merged = graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1, 3}),
                graph.node("Reshape", mixed, graph.longs(0, a.heads(), -1, a.headSize())));
        return new Result(graph.node("Reshape", merged, graph.longs(0, 0, (long) a.heads() * a.headSize())), allKeys,
                values);
    }

    /** Bounds values by a hyperbolic tangent, if there is a bound. */
    static String capped(GraphWriter graph, String x, float bound) {
        return bound == 0
                ? x
                : graph.node("Mul", graph.scalar(bound),
                        graph.node("Tanh", graph.node("Div", x, graph.scalar(bound))));
    }

    private String headsFirst(String x) {
        return graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1, 3}), x);
    }

    private String turned(Blueprint.Attention a, String x) {
        if (!(a.position() instanceof Position.Rope rope)) {
            return x;
        }
        int half = rope.dimensions() / 2;
        String frequencies = byLength(rope, length -> floats(rope.frequencies(length)), half);
        String magnitude = byLength(rope, length -> new float[]{(float) rope.magnitude(length)}, 1);
        String angles = graph.node("Unsqueeze",
                graph.node("Mul", graph.node("Unsqueeze", positions, graph.longs(-1)), frequencies), graph.longs(1));
        String cos = graph.node("Mul", graph.node("Cos", angles), magnitude);
        String sin = graph.node("Mul", graph.node("Sin", angles), magnitude);
        int rest = a.headSize() - 2 * half;
        List<String> parts = graph.nodes("", "Split", Map.of("axis", -1), rest == 0 ? 1 : 2, x,
                rest == 0 ? graph.longs(2L * half) : graph.longs(2L * half, rest));
        boolean halves = rope.order() == Position.Order.HALVES;
        String pairs = halves
                ? graph.node("Reshape", parts.getFirst(), graph.longs(0, 0, -1, 2, half))
                : graph.node("Reshape", parts.getFirst(), graph.longs(0, 0, -1, half, 2));
        int axis = halves ? 3 : 4;
        String first = graph.node("Gather", Map.of("axis", axis), pairs, graph.scalar(0));
        String second = graph.node("Gather", Map.of("axis", axis), pairs, graph.scalar(1));
        String one = graph.node("Sub", graph.node("Mul", first, cos), graph.node("Mul", second, sin));
        String two = graph.node("Add", graph.node("Mul", second, cos), graph.node("Mul", first, sin));
        String joined = graph.node("Reshape",
                graph.node("Concat", Map.of("axis", axis), graph.node("Unsqueeze", one, graph.longs(axis)),
                        graph.node("Unsqueeze", two, graph.longs(axis))),
                graph.longs(0, 0, -1, 2L * half));
        return rest == 0 ? joined : graph.node("Concat", Map.of("axis", -1), joined, parts.get(1));
    }

    @FunctionalInterface
    private interface ByLength {
        float[] of(int length);
    }

    /** Values of a rope that may depend on the number of tokens. */
    private String byLength(Position.Rope rope, ByLength values, int count) {
        if (!(rope.scaling() instanceof Position.Scaling.LongRope longer)) {
            return graph.floats(values.of(1), count);
        }
        return graph.node("Where",
                graph.node("Greater", total, graph.scalar((long) longer.originalContext())),
                graph.floats(values.of(longer.originalContext() + 1), count), graph.floats(values.of(1), count));
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
