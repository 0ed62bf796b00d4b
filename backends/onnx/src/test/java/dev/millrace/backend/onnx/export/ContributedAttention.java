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

    ContributedAttention(GraphWriter graph, StandardAttention.Lengths all, int context) {
        this.graph = graph;
        this.context = context;
        lengths = all.lengths();
        total = graph.node("Cast", Map.of("to", GraphWriter.INT32), all.total());
    }

    @Override
    public Result apply(Blueprint.Attention a, String q, String k, String v, String pastKeys, String pastValues) {
        int half = a.headSize() / 2;
        float[] cos = new float[context * half];
        float[] sin = new float[context * half];
        for (int p = 0; p < context; p++) {
            for (int j = 0; j < half; j++) {
                double angle = p * (float) Math.pow(((Position.Rope) a.position()).base(), -2.0 * j / a.headSize());
                cos[p * half + j] = (float) Math.cos(angle);
                sin[p * half + j] = (float) Math.sin(angle);
            }
        }
        List<String> results = graph.nodes("com.microsoft", "GroupQueryAttention",
                Map.of("num_heads", a.heads(), "kv_num_heads", a.kvHeads(), "do_rotary", 1), 3, flat(q), flat(k),
                flat(v),
                pastKeys, pastValues, lengths, total, graph.floats(cos, context, half),
                graph.floats(sin, context, half));
        return new Result(results.get(0), results.get(1), results.get(2));
    }

    private String flat(String x) {
        return graph.node("Reshape", x, graph.longs(0, 0, -1));
    }
}
