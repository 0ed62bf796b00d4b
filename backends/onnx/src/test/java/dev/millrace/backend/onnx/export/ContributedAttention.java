/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.export;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Position;
import java.util.List;
import java.util.Map;

/** Attention by the contributed operator GroupQueryAttention, which ropes and keeps the past itself. */
final class ContributedAttention implements AttentionExport {

    private final GraphWriter graph;
    private final String lengths;
    private final String total;
    private final int context;
    private final boolean half;
    private final boolean oddRope;

    ContributedAttention(GraphWriter graph, StandardAttention.Lengths all, int context, boolean half,
            boolean oddRope) {
        this.graph = graph;
        this.context = context;
        this.half = half;
        this.oddRope = oddRope;
        lengths = all.lengths();
        total = graph.node("Cast", Map.of("to", GraphWriter.INT32), all.total());
    }

    @Override
    public Result apply(Blueprint.Attention a, String q, String k, String v, String pastKeys, String pastValues) {
        int columns = a.headSize() / 2 - (oddRope ? 4 : 0);
        float[] cos = new float[context * columns];
        float[] sin = new float[context * columns];
        for (int p = 0; p < context; p++) {
            for (int j = 0; j < columns; j++) {
                double angle = p * (float) Math.pow(((Position.Rope) a.position()).base(), -2.0 * j / a.headSize());
                cos[p * columns + j] = (float) Math.cos(angle);
                sin[p * columns + j] = (float) Math.sin(angle);
            }
        }
        List<String> results = graph.nodes("com.microsoft", "GroupQueryAttention",
                Map.of("num_heads", a.heads(), "kv_num_heads", a.kvHeads(), "do_rotary", 1), 3, narrow(flat(q)),
                narrow(flat(k)), narrow(flat(v)), pastKeys, pastValues, lengths, total,
                narrow(graph.floats(cos, context, columns)), narrow(graph.floats(sin, context, columns)));
        String mixed = half
                ? graph.node("Cast", Map.of("to", GraphWriter.FLOAT), results.get(0))
                : results.get(0);
        return new Result(mixed, results.get(1), results.get(2));
    }

    private String narrow(String x) {
        return half ? graph.node("Cast", Map.of("to", GraphWriter.FLOAT16), x) : x;
    }

    private String flat(String x) {
        return graph.node("Reshape", x, graph.longs(0, 0, -1));
    }
}
