/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.export;

import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Exports a blueprint with the inputs and outputs of the published LFM2 exports, in standard operators or with the contributed
 * ones that those exports use.
 */
public final class BlueprintExport {

    private static final long END = Long.MAX_VALUE;

    /**
     * How to export.
     *
     * @param contributed with GroupQueryAttention, MatMulNBits (4 bits) and SimplifiedLayerNormalization
     * @param positions with the input position_ids; contributed graphs count by themselves
     * @param narrow keys, values, columns and logits as float16, tokens and positions as int32
     * @param keep with the input num_logits_to_keep
     * @param spareColumn convolution caches one column wider than needed, as published exports have them
     * @param external weights in a file of their own
     * @param rounded weights as 4 bits would keep them, for comparison with contributed graphs
     */
    public record Options(boolean contributed, boolean positions, boolean narrow, boolean keep,
            boolean spareColumn, boolean external, boolean rounded) {

        /** Standard operators, float, as published. */
        public static Options standard() {
            return new Options(false, true, false, false, true, false, false);
        }

        /** Contributed operators. */
        public static Options quantised() {
            return new Options(true, false, false, false, true, false, true);
        }
    }

    private final Blueprint blueprint;
    private final Options options;
    private final GraphWriter graph;
    private final Linear linear;

    private BlueprintExport(Blueprint blueprint, Options options, GraphWriter graph) {
        this.blueprint = blueprint;
        this.options = options;
        this.graph = graph;
        this.linear = new Linear(graph, options.contributed(), options.rounded());
    }

    /** Writes a graph. */
    public static void write(Blueprint blueprint, Options options, Path file) throws IOException {
        GraphWriter graph = new GraphWriter(file, options.external());
        new BlueprintExport(blueprint, options, graph).decoder();
        graph.write();
    }

    private void decoder() throws IOException {
        int whole = options.narrow() ? GraphWriter.INT32 : GraphWriter.INT64;
        String ids = graph.input("input_ids", whole, "batch", "tokens");
        String mask = graph.input("attention_mask", GraphWriter.INT64, "batch", "total");
        if (options.positions()) {
            graph.input("position_ids", whole, "batch", "tokens");
        }
        if (options.keep()) {
            graph.input("num_logits_to_keep", GraphWriter.INT64);
        }
        String embedding = graph.floats(Linear.read(blueprint.embedding()), blueprint.vocabularySize(),
                blueprint.hiddenSize());
        String h = graph.node("Gather", embedding, ids);
        AttentionExport attention = options.contributed()
                ? new ContributedAttention(graph, mask, blueprint.contextLength())
                : new StandardAttention(graph, ids, mask, options.positions());
        for (int i = 0; i < blueprint.layers().size(); i++) {
            Blueprint.Layer layer = blueprint.layers().get(i);
            String n = norm(h, layer.mixerNorms().before());
            String mixed = switch (layer.mixer()) {
                case Blueprint.Attention a -> attention(i, n, a, attention);
                case Blueprint.ShortConv c -> convolution(i, n, c);
            };
            h = graph.node("Add", h, mixed);
            String m = norm(h, layer.feedForwardNorms().before());
            h = graph.node("Add", h, switch (layer.feedForward()) {
                case Blueprint.Dense d -> dense(m, d);
                case Blueprint.Experts e -> experts(m, e);
            });
        }
        if (options.keep()) {
            String start = graph.node("Reshape", graph.node("Neg", "num_logits_to_keep"), graph.longs(1));
            h = graph.node("Slice", h, start, graph.longs(END), graph.longs(1));
        }
        h = norm(h, blueprint.outputNorm());
        String head = blueprint.head().equals(blueprint.embedding())
                ? embedding
                : graph.floats(Linear.read(blueprint.head()), blueprint.vocabularySize(), blueprint.hiddenSize());
        present("logits", graph.node("MatMul", h, graph.node("Transpose", Map.of("perm", new int[]{1, 0}), head)),
                "batch",
                "kept", blueprint.vocabularySize());
    }

    private String norm(String x, Blueprint.@Nullable Norm norm) throws IOException {
        return norm == null ? x : norm(graph, options.contributed(), x, norm);
    }

    /** Root mean square norm over the last dimension. */
    static String norm(GraphWriter graph, boolean contributed, String x, Blueprint.Norm norm) throws IOException {
        String weight = graph.floats(Linear.read(norm.weight()), (int) norm.weight().columns());
        if (contributed) {
            return graph.node("SimplifiedLayerNormalization",
                    Map.of("axis", -1, "epsilon", norm.epsilon(), "stash_type", 1), x, weight);
        }
        String mean = graph.node("ReduceMean", Map.of("axes", new int[]{-1}, "keepdims", 1),
                graph.node("Mul", x, x));
        String root = graph.node("Sqrt", graph.node("Add", mean, graph.scalar(norm.epsilon())));
        return graph.node("Mul", graph.node("Div", x, root), weight);
    }

    private int floating() {
        return options.narrow() ? GraphWriter.FLOAT16 : GraphWriter.FLOAT;
    }

    private String pastOf(String name, Object... shape) {
        graph.input(name, floating(), shape);
        return options.narrow() ? graph.node("Cast", Map.of("to", GraphWriter.FLOAT), name) : name;
    }

    /** Names a value as an output, in the type of the caches. */
    private void present(String name, String value, Object... shape) {
        if (options.narrow()) {
            graph.named("", "Cast", Map.of("to", GraphWriter.FLOAT16), List.of(name), value);
        } else {
            graph.named("", "Identity", Map.of(), List.of(name), value);
        }
        graph.output(name, floating(), shape);
    }

    private String attention(int layer, String n, Blueprint.Attention a, AttentionExport attention)
            throws IOException {
        Object[] past = {"batch", a.kvHeads(), "past", a.headSize()};
        Object[] total = {"batch", a.kvHeads(), "total", a.headSize()};
        String q = heads(linear.apply(n, a.query().weight()), a.heads(), a.headSize(), a.queryNorm());
        String k = heads(linear.apply(n, a.key().weight()), a.kvHeads(), a.headSize(), a.keyNorm());
        String v = graph.node("Reshape", linear.apply(n, a.value().weight()),
                graph.longs(0, 0, a.kvHeads(), a.headSize()));
        AttentionExport.Result result = attention.apply(a, q, k, v,
                pastOf("past_key_values." + layer + ".key", past),
                pastOf("past_key_values." + layer + ".value", past));
        present("present." + layer + ".key", result.keys(), total);
        present("present." + layer + ".value", result.values(), total);
        return linear.apply(result.mixed(), a.output().weight());
    }

    private String heads(String x, int count, int size, Blueprint.@Nullable Norm norm) throws IOException {
        return norm(graph.node("Reshape", x, graph.longs(0, 0, count, size)), norm);
    }

    private String convolution(int layer, String n, Blueprint.ShortConv c) throws IOException {
        int hidden = blueprint.hiddenSize();
        int kept = options.spareColumn() ? c.width() : c.width() - 1;
        List<String> parts = graph.nodes("", "Split", Map.of("axis", -1), 3, linear.apply(n, c.in()),
                graph.longs(hidden, hidden, hidden));
        String u = graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1}),
                graph.node("Mul", parts.get(0), parts.get(2)));
        String all = graph.node("Concat", Map.of("axis", 2),
                pastOf("past_conv." + layer, "batch", hidden, kept), u);
        present("present_conv." + layer,
                graph.node("Slice", all, graph.longs(-kept), graph.longs(END), graph.longs(2)), "batch", hidden, kept);
        String reached = graph.node("Slice", all, graph.longs(kept - c.width() + 1), graph.longs(END), graph.longs(2));
        String y = graph.node("Conv", Map.of("group", hidden, "kernel_shape", new int[]{c.width()}), reached,
                graph.floats(Linear.read(c.kernel()), hidden, 1, c.width()));
        return linear.apply(graph.node("Mul", parts.get(1),
                graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1}), y)), c.out());
    }

    private String silu(String x) {
        return graph.node("Mul", x, graph.node("Sigmoid", x));
    }

    private String dense(String m, Blueprint.Dense d) throws IOException {
        return linear.apply(
                graph.node("Mul", silu(linear.apply(m, d.gate().weight())), linear.apply(m, d.up().weight())),
                d.down().weight());
    }

    /** Computes all experts and weighs those with zero that were not picked. */
    private String experts(String m, Blueprint.Experts e) throws IOException {
        int count = e.experts().size();
        String scores = graph.node(e.gating() == Blueprint.Gating.SIGMOID ? "Sigmoid" : "Softmax",
                graph.node("MatMul", m, linear.transposed(e.router().weight(), false)));
        List<String> picked = graph.nodes("", "TopK", Map.of("axis", -1), 2,
                graph.node("Add", scores,
                        graph.floats(e.bias() == null ? new float[count] : Linear.read(e.bias()), count)),
                graph.longs(e.used()));
        String weights = graph.node("GatherElements", Map.of("axis", -1), scores, picked.get(1));
        if (e.normalise()) {
            String sum = graph.node("ReduceSum", Map.of("keepdims", 1), weights, graph.longs(-1));
            weights = graph.node("Div", weights, graph.node("Add", sum, graph.scalar(1e-6f)));
        }
        weights = graph.node("Mul", weights, graph.scalar(e.scale()));
        String gate = graph.node("ScatterElements", Map.of("axis", -1),
                graph.node("Mul", scores, graph.scalar(0f)), picked.get(1), weights);
        String x = graph.node("Unsqueeze", m, graph.longs(1));
        String inner = graph.node("Mul",
                silu(graph.node("MatMul", x, stacked(e.experts().stream().map(d -> d.gate().weight()).toList()))),
                graph.node("MatMul", x, stacked(e.experts().stream().map(d -> d.up().weight()).toList())));
        String outputs = graph.node("MatMul", inner,
                stacked(e.experts().stream().map(d -> d.down().weight()).toList()));
        String weighed = graph.node("Mul", outputs, graph.node("Unsqueeze",
                graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1}), gate), graph.longs(-1)));
        return graph.node("ReduceSum", Map.of("keepdims", 0), weighed, graph.longs(1));
    }

    private String stacked(List<Tensor> matrices) throws IOException {
        int rows = (int) matrices.getFirst().rows();
        int columns = (int) matrices.getFirst().columns();
        float[] all = new float[matrices.size() * rows * columns];
        for (int i = 0; i < matrices.size(); i++) {
            System.arraycopy(linear.turned(matrices.get(i), options.rounded()), 0, all, i * rows * columns,
                    rows * columns);
        }
        return graph.floats(all, matrices.size(), columns, rows);
    }
}
