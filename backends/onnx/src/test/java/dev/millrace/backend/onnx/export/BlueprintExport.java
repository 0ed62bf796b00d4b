/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.export;

import dev.millrace.spi.model.Activation;
import dev.millrace.spi.model.Blueprint;
import dev.millrace.spi.model.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Exports a blueprint with the inputs and outputs of published exports, in standard operators or with the contributed ones that
 * many of them use.
 */
public final class BlueprintExport {

    private static final long END = Long.MAX_VALUE;

    /** What an export may have that others have not. */
    public enum Trait {
        /** GroupQueryAttention, MatMulNBits (4 bits) and SimplifiedLayerNormalization. */
        CONTRIBUTED,
        /** The input position_ids; contributed graphs count by themselves. */
        POSITIONS,
        /** The input cache_position. */
        CACHE_POSITION,
        /** The inputs seqlens_k and total_sequence_length in place of the mask. */
        LENGTHS,
        /** Keys, values, columns and logits as float16, tokens and positions as int32. */
        NARROW,
        /** The input num_logits_to_keep. */
        KEEP,
        /** Logits of the last token alone. */
        LAST_LOGITS,
        /** The same without a dimension for tokens. */
        FLAT_LOGITS,
        /** Convolution caches one column wider than needed, as published exports have them. */
        SPARE_COLUMN,
        /** Weights in a file of their own. */
        EXTERNAL,
        /** Weights as 4 bits would keep them, for comparison with contributed graphs. */
        ROUNDED,
        /** The size of heads as a symbol. */
        FREE_SIZES,
        /** A batch of exactly 1. */
        ONE_ROW,
        /** GroupQueryAttention, and keys and values, in float16, as builds for WebGPU have them; for contributed graphs. */
        HALF_ATTENTION,
        /** The same with a part of each head turned that only other providers take: on the processor it fails when it is run. */
        ODD_ROPE,
        /** The input use_cache_branch; without it the caches are not looked at. */
        BRANCH
    }

    /**
     * How to export.
     *
     * @param traits what the graph has
     * @param names gives other names to inputs and outputs
     */
    public record Options(Set<Trait> traits, UnaryOperator<String> names) {

        /** With some traits and the usual names. */
        public static Options of(Trait... traits) {
            return new Options(Set.of(traits), UnaryOperator.identity());
        }

        /** With other names. */
        public Options named(UnaryOperator<String> other) {
            return new Options(traits, other);
        }

        /** Standard operators, float, as published. */
        public static Options standard() {
            return of(Trait.POSITIONS, Trait.SPARE_COLUMN);
        }

        /** Contributed operators. */
        public static Options quantised() {
            return of(Trait.CONTRIBUTED, Trait.SPARE_COLUMN, Trait.ROUNDED);
        }

        boolean has(Trait trait) {
            return traits.contains(trait);
        }
    }

    private final Blueprint blueprint;
    private final Options options;
    private final GraphWriter graph;
    private final Linear linear;
    private boolean fails;

    private BlueprintExport(Blueprint blueprint, Options options, GraphWriter graph) {
        this.blueprint = blueprint;
        this.options = options;
        this.graph = graph;
        this.linear = new Linear(graph, options.has(Trait.CONTRIBUTED), options.has(Trait.ROUNDED));
    }

    /** Writes a graph. */
    public static void write(Blueprint blueprint, Options options, Path file) throws IOException {
        GraphWriter graph = new GraphWriter(file, options.has(Trait.EXTERNAL));
        new BlueprintExport(blueprint, options, graph).decoder();
        graph.write();
    }

    /** Writes a graph that the runtime takes and cannot run: an operator finds out about its input when it sees it. */
    public static void writeFailing(Blueprint blueprint, Path file) throws IOException {
        GraphWriter graph = new GraphWriter(file, false);
        BlueprintExport export = new BlueprintExport(blueprint, Options.of(), graph);
        export.fails = true;
        export.decoder();
        graph.write();
    }

    private Object batch() {
        return options.has(Trait.ONE_ROW) ? Integer.valueOf(1) : "batch";
    }

    private String input(String name, int type, Object... shape) {
        return graph.input(options.names().apply(name), type, shape);
    }

    private void decoder() throws IOException {
        int whole = options.has(Trait.NARROW) ? GraphWriter.INT32 : GraphWriter.INT64;
        String ids = input("input_ids", whole, batch(), "tokens");
        StandardAttention.Lengths lengths;
        if (options.has(Trait.LENGTHS)) {
            lengths = StandardAttention.Lengths.ofNumbers(graph,
                    input("seqlens_k", GraphWriter.INT32, batch()),
                    input("total_sequence_length", GraphWriter.INT32, 1), ids);
        } else {
            lengths = StandardAttention.Lengths.ofMask(graph,
                    input("attention_mask", GraphWriter.INT64, batch(), "total"), ids);
        }
        String positions = null;
        if (options.has(Trait.POSITIONS)) {
            positions = input("position_ids", whole, batch(), "tokens");
        } else if (options.has(Trait.CACHE_POSITION)) {
            positions = graph.node("Unsqueeze", input("cache_position", GraphWriter.INT64, "tokens"), graph.longs(0));
        }
        if (options.has(Trait.KEEP)) {
            input("num_logits_to_keep", GraphWriter.INT64);
        }
        if (options.has(Trait.BRANCH)) {
            input("use_cache_branch", GraphWriter.BOOL, 1);
        }
        String embedding = graph.floats(Linear.read(blueprint.embedding()), blueprint.vocabularySize(),
                blueprint.hiddenSize());
        String h = scaled(graph.node("Gather", embedding, ids), blueprint.multipliers().embedding());
        AttentionExport attention = options.has(Trait.CONTRIBUTED)
                ? new ContributedAttention(graph, lengths, blueprint.contextLength(),
                        options.has(Trait.HALF_ATTENTION), options.has(Trait.ODD_ROPE))
                : new StandardAttention(graph, lengths, positions);
        for (int i = 0; i < blueprint.layers().size(); i++) {
            Blueprint.Layer layer = blueprint.layers().get(i);
            String n = norm(h, layer.mixerNorms().before());
            String mixed = switch (layer.mixer()) {
                case Blueprint.Attention a -> attention(i, n, a, attention);
                case Blueprint.ShortConv c -> convolution(i, n, c);
            };
            h = graph.node("Add", h, residual(norm(mixed, layer.mixerNorms().after())));
            String m = norm(h, layer.feedForwardNorms().before());
            String fed = switch (layer.feedForward()) {
                case Blueprint.Dense d -> dense(m, d);
                case Blueprint.Experts e -> experts(m, e);
            };
            h = graph.node("Add", h, residual(norm(fed, layer.feedForwardNorms().after())));
        }
        if (options.has(Trait.KEEP)) {
            String start = graph.node("Reshape", graph.node("Neg", options.names().apply("num_logits_to_keep")),
                    graph.longs(1));
            h = graph.node("Slice", h, start, graph.longs(END), graph.longs(1));
        } else if (options.has(Trait.LAST_LOGITS) || options.has(Trait.FLAT_LOGITS)) {
            h = graph.node("Slice", h, graph.longs(-1), graph.longs(END), graph.longs(1));
        }
        if (options.has(Trait.FLAT_LOGITS)) {
            h = graph.node("Squeeze", h, graph.longs(1));
        }
        h = norm(h, blueprint.outputNorm());
        String head = blueprint.head().equals(blueprint.embedding())
                ? embedding
                : graph.floats(Linear.read(blueprint.head()), blueprint.vocabularySize(), blueprint.hiddenSize());
        String logits = scaled(
                graph.node("MatMul", h, graph.node("Transpose", Map.of("perm", new int[]{1, 0}), head)),
                blueprint.multipliers().logits());
        logits = StandardAttention.capped(graph, logits, blueprint.softcap());
        if (fails) {
            logits = graph.node("Reshape", logits,
                    graph.node("Add", graph.node("Shape", logits), graph.longs(1, 1, 1)));
        }
        if (options.has(Trait.FLAT_LOGITS)) {
            present("logits", logits, batch(), blueprint.vocabularySize());
        } else {
            present("logits", logits, batch(), "kept", blueprint.vocabularySize());
        }
    }

    private String residual(String part) {
        return scaled(part, blueprint.multipliers().residual());
    }

    private String scaled(String x, float factor) {
        return factor == 1 ? x : graph.node("Mul", x, graph.scalar(factor));
    }

    private String norm(String x, Blueprint.@Nullable Norm norm) throws IOException {
        return norm == null ? x : norm(graph, options.has(Trait.CONTRIBUTED), x, norm);
    }

    /** Root mean square norm over the last dimension. */
    static String norm(GraphWriter graph, boolean contributed, String x, Blueprint.Norm norm) throws IOException {
        float[] values = Linear.read(norm.weight());
        for (int i = 0; i < values.length && norm.onePlus(); i++) {
            values[i] += 1;
        }
        String weight = graph.floats(values, values.length);
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
        return options.has(Trait.NARROW) ? GraphWriter.FLOAT16 : GraphWriter.FLOAT;
    }

    private String pastOf(String name, Object... shape) {
        String past = input(name, floating(), shape);
        if (options.has(Trait.BRANCH) && shape.length == 4) {
            // without the branch the caches count as empty, whatever they hold
            past = graph.branch(options.names().apply("use_cache_branch"), floating(), past,
                    graph.node("Slice", past, graph.longs(0), graph.longs(0), graph.longs(2)));
        }
        return options.has(Trait.NARROW) ? graph.node("Cast", Map.of("to", GraphWriter.FLOAT), past) : past;
    }

    /** Names a value as an output, in the type of the caches. */
    private void present(String common, String value, Object... shape) {
        String name = options.names().apply(common);
        if (options.has(Trait.NARROW)) {
            graph.named("", "Cast", Map.of("to", GraphWriter.FLOAT16), List.of(name), value);
        } else {
            graph.named("", "Identity", Map.of(), List.of(name), value);
        }
        graph.output(name, floating(), shape);
    }

    private void named(String common, String value, int type, Object... shape) {
        String name = options.names().apply(common);
        graph.named("", "Identity", Map.of(), List.of(name), value);
        graph.output(name, type, shape);
    }

    private String attention(int layer, String n, Blueprint.Attention a, AttentionExport attention)
            throws IOException {
        Object size = options.has(Trait.FREE_SIZES) ? "kv_cache_dim" : Integer.valueOf(a.headSize());
        Object[] past = {batch(), a.kvHeads(), "past", size};
        Object[] total = {batch(), a.kvHeads(), "total", size};
        String q = heads(linear(n, a.query()), a.heads(), a.headSize(), a.queryNorm());
        String k = heads(linear(n, a.key()), a.kvHeads(), a.headSize(), a.keyNorm());
        String v = graph.node("Reshape", linear(n, a.value()), graph.longs(0, 0, a.kvHeads(), a.headSize()));
        if (options.has(Trait.HALF_ATTENTION)) {
            AttentionExport.Result result = attention.apply(a, q, k, v,
                    input("past_key_values." + layer + ".key", GraphWriter.FLOAT16, past),
                    input("past_key_values." + layer + ".value", GraphWriter.FLOAT16, past));
            named("present." + layer + ".key", result.keys(), GraphWriter.FLOAT16, total);
            named("present." + layer + ".value", result.values(), GraphWriter.FLOAT16, total);
            return linear(result.mixed(), a.output());
        }
        AttentionExport.Result result = attention.apply(a, q, k, v,
                pastOf("past_key_values." + layer + ".key", past),
                pastOf("past_key_values." + layer + ".value", past));
        present("present." + layer + ".key", result.keys(), total);
        present("present." + layer + ".value", result.values(), total);
        return linear(result.mixed(), a.output());
    }

    private String linear(String x, Blueprint.Linear map) throws IOException {
        String y = linear.apply(x, map.weight());
        return map.bias() == null
                ? y
                : graph.node("Add", y, graph.floats(Linear.read(map.bias()), (int) map.bias().columns()));
    }

    /** A norm over each head by itself, or over all together, as the size of its weight says. */
    private String heads(String x, int count, int size, Blueprint.@Nullable Norm norm) throws IOException {
        boolean each = norm == null || norm.weight().columns() == size;
        String whole = each ? x : norm(x, norm);
        String split = graph.node("Reshape", whole, graph.longs(0, 0, count, size));
        return each ? norm(split, norm) : split;
    }

    private String convolution(int layer, String n, Blueprint.ShortConv c) throws IOException {
        int hidden = blueprint.hiddenSize();
        int kept = options.has(Trait.SPARE_COLUMN) ? c.width() : c.width() - 1;
        List<String> parts = graph.nodes("", "Split", Map.of("axis", -1), 3, linear.apply(n, c.in()),
                graph.longs(hidden, hidden, hidden));
        String u = graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1}),
                graph.node("Mul", parts.get(0), parts.get(2)));
        String all = graph.node("Concat", Map.of("axis", 2),
                pastOf("past_conv." + layer, batch(), hidden, kept), u);
        present("present_conv." + layer,
                graph.node("Slice", all, graph.longs(-kept), graph.longs(END), graph.longs(2)), batch(), hidden, kept);
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
        return linear(activated(d.activation(), linear(m, d.gate()), linear(m, d.up())), d.down());
    }

    private String activated(Activation activation, String gate, String up) {
        return switch (activation) {
            case Activation.Silu silu -> graph.node("Mul", silu(gate), up);
            case Activation.Gelu gelu -> {
                String cube = graph.node("Mul", graph.node("Mul", gate, gate), gate);
                String inner = graph.node("Mul", graph.scalar((float) Math.sqrt(2 / Math.PI)),
                        graph.node("Add", gate, graph.node("Mul", cube, graph.scalar(0.044715f))));
                String factor = graph.node("Mul", graph.scalar(0.5f),
                        graph.node("Add", graph.node("Tanh", inner), graph.scalar(1f)));
                yield graph.node("Mul", graph.node("Mul", gate, factor), up);
            }
            case Activation.ClampedSwiglu c -> {
                String bounded = graph.node("Min", gate, graph.scalar(c.limit()));
                String gated = graph.node("Mul", bounded,
                        graph.node("Sigmoid", graph.node("Mul", bounded, graph.scalar(c.alpha()))));
                String clamped = graph.node("Clip", up, graph.scalar(-c.limit()), graph.scalar(c.limit()));
                yield graph.node("Mul", gated, graph.node("Add", clamped, graph.scalar(1f)));
            }
        };
    }

    /** Computes all experts and weighs those with zero that were not picked. */
    private String experts(String m, Blueprint.Experts e) throws IOException {
        int count = e.experts().size();
        if (e.shared() != null) {
            throw new IllegalArgumentException("shared experts are not exported");
        }
        String routed = graph.node("MatMul", m, linear.transposed(e.router().weight(), false));
        if (e.router().bias() != null) {
            routed = graph.node("Add", routed, graph.floats(Linear.read(e.router().bias()), count));
        }
        String scores = switch (e.gating()) {
            case SIGMOID -> graph.node("Sigmoid", routed);
            case SOFTMAX -> graph.node("Softmax", Map.of("axis", -1), routed);
            case SOFTMAX_OF_PICKED -> routed;
        };
        List<String> picked = graph.nodes("", "TopK", Map.of("axis", -1), 2,
                graph.node("Add", scores,
                        graph.floats(e.bias() == null ? new float[count] : Linear.read(e.bias()), count)),
                graph.longs(e.used()));
        String weights = graph.node("GatherElements", Map.of("axis", -1), scores, picked.get(1));
        if (e.gating() == Blueprint.Gating.SOFTMAX_OF_PICKED) {
            weights = graph.node("Softmax", Map.of("axis", -1), weights);
        } else if (e.normalise()) {
            String sum = graph.node("ReduceSum", Map.of("keepdims", 1), weights, graph.longs(-1));
            weights = graph.node("Div", weights,
                    e.gating() == Blueprint.Gating.SIGMOID ? graph.node("Add", sum, graph.scalar(1e-6f)) : sum);
        }
        weights = graph.node("Mul", weights, graph.scalar(e.scale()));
        String gate = graph.node("ScatterElements", Map.of("axis", -1),
                graph.node("Mul", scores, graph.scalar(0f)), picked.get(1), weights);
        String x = graph.node("Unsqueeze", m, graph.longs(1));
        List<Blueprint.Dense> all = e.experts();
        String inner = activated(all.getFirst().activation(),
                stacked(x, all.stream().map(Blueprint.Dense::gate).toList()),
                stacked(x, all.stream().map(Blueprint.Dense::up).toList()));
        String outputs = stacked(inner, all.stream().map(Blueprint.Dense::down).toList());
        String weighed = graph.node("Mul", outputs, graph.node("Unsqueeze",
                graph.node("Transpose", Map.of("perm", new int[]{0, 2, 1}), gate), graph.longs(-1)));
        return graph.node("ReduceSum", Map.of("keepdims", 0), weighed, graph.longs(1));
    }

    /** What each expert makes of the same, or of its own. */
    private String stacked(String x, List<Blueprint.Linear> maps) throws IOException {
        String y = graph.node("MatMul", x, stacked(maps.stream().map(Blueprint.Linear::weight).toList()));
        if (maps.getFirst().bias() == null) {
            return y;
        }
        int rows = (int) maps.getFirst().weight().rows();
        float[] biases = new float[maps.size() * rows];
        for (int i = 0; i < maps.size(); i++) {
            System.arraycopy(Linear.read(Objects.requireNonNull(maps.get(i).bias())), 0, biases, i * rows, rows);
        }
        return graph.node("Add", y, graph.floats(biases, maps.size(), 1, rows));
    }

    private String stacked(List<Tensor> matrices) throws IOException {
        int rows = (int) matrices.getFirst().rows();
        int columns = (int) matrices.getFirst().columns();
        float[] all = new float[matrices.size() * rows * columns];
        for (int i = 0; i < matrices.size(); i++) {
            System.arraycopy(linear.turned(matrices.get(i), options.has(Trait.ROUNDED)), 0, all, i * rows * columns,
                    rows * columns);
        }
        return graph.floats(all, matrices.size(), columns, rows);
    }
}
