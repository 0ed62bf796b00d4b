/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.millrace.api.BackendException;
import dev.millrace.spi.model.Graph;
import dev.millrace.spi.model.StateShape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a graph reads and writes, found by the names that decoder exports have in common, with types and shapes as the graph
 * states them.
 *
 * @param numbers inputs that are filled with whole numbers; the tokens are one of them
 * @param logits name of the output with a value for each token of the vocabulary
 * @param logitsType float or float16
 * @param caches what goes in and comes out changed
 * @param mostRows sequences in one run, as far as the graph limits them
 * @param mostTokens tokens of a sequence in one run, as far as the graph limits them
 */
record GraphPorts(List<Whole> numbers, String logits, OnnxJavaType logitsType, List<Cache> caches, int mostRows,
        int mostTokens) {

    private static final Pattern PAST_PAIR = Pattern.compile("past_key_values\\.(\\d{1,4})\\.(key|value)");
    private static final Pattern PAST_CONV = Pattern.compile("past_conv\\.(\\d{1,4})");

    /** What an input of whole numbers is filled with. */
    enum Role {
        /** The tokens, {@code [rows, tokens]}. */
        IDS("input_ids", 2),
        /** Which tokens take part, past and present: all, {@code [rows, past + tokens]}. */
        MASK("attention_mask", 2),
        /** The place of each token, {@code [rows, tokens]}. */
        POSITIONS("position_ids", 2),
        /** The place of each token, {@code [tokens]}. */
        CACHE_POSITION("cache_position", 1),
        /** The place of the last token, {@code [rows]}. */
        LENGTHS("seqlens_k", 1),
        /** How many tokens were read before. */
        PAST_LENGTH("past_sequence_length", 0),
        /** How many tokens there are with the new ones. */
        TOTAL_LENGTH("total_sequence_length", 0),
        /** For how many tokens at the end logits are computed. */
        KEPT("num_logits_to_keep", 0),
        /** Whether anything was read before: the graph has a branch for the first run. */
        BRANCH("use_cache_branch", 0);

        private final String common;
        private final int rank;

        Role(String common, int rank) {
            this.common = common;
            this.rank = rank;
        }

        static @Nullable Role of(String common) {
            for (Role role : values()) {
                if (role.common.equals(common)) {
                    return role;
                }
            }
            return null;
        }
    }

    /**
     * An input of whole numbers.
     *
     * @param role what it is filled with
     * @param name its name in the graph
     * @param type int64, int32 or bool
     * @param rank dimensions; those that its role does not need have the size 1
     */
    record Whole(Role role, String name, OnnxJavaType type, int rank) {
    }

    /**
     * A cache of one layer: an input and the output that takes its place in the next run.
     *
     * @param input name of what was kept
     * @param output name of what is to be kept
     * @param type float or float16
     * @param layer number of the layer
     * @param part whether it holds keys, values or columns
     * @param rows heads or channels
     * @param columns values in a head, or columns of a convolution
     */
    record Cache(String input, String output, OnnxJavaType type, int layer, Part part, int rows, int columns) {

        /** Its shape for some sequences of some tokens. */
        long[] shape(int sequences, int tokens) {
            return part == Part.COLUMNS
                    ? new long[]{sequences, rows, columns}
                    : new long[]{sequences, rows, tokens, columns};
        }

        /** Its values for one sequence of some tokens. */
        long values(int tokens) {
            return Math.multiplyExact((long) rows * columns, part == Part.COLUMNS ? 1L : tokens);
        }
    }

    /** What a cache holds. */
    enum Part {
        /** Keys after norm and rope. */
        KEYS,
        /** Values. */
        VALUES,
        /** The last inputs of a convolution; the newest come last. */
        COLUMNS
    }

    /** Whether the graph has an input. */
    boolean has(Role role) {
        return numbers.stream().anyMatch(one -> one.role() == role);
    }

    /**
     * Reads the ports of a session.
     *
     * @throws BackendException if the graph is no decoder of this kind, with the name of what does not fit
     */
    static GraphPorts of(OrtSession session, Graph graph, Graph.Variant variant) throws OrtException {
        return new Reader(session.getInputInfo(), session.getOutputInfo(), graph, variant).read();
    }

    private static final class Reader {

        private final Map<String, NodeInfo> inputs;
        private final Map<String, NodeInfo> outputs;
        private final Map<String, String> outputNames = new LinkedHashMap<>();
        private final Graph graph;
        private final Graph.Variant variant;
        private final List<Whole> numbers = new ArrayList<>();
        private final List<Cache> caches = new ArrayList<>();
        private int mostRows = Integer.MAX_VALUE;
        private int mostTokens = Integer.MAX_VALUE;

        Reader(Map<String, NodeInfo> inputs, Map<String, NodeInfo> outputs, Graph graph, Graph.Variant variant) {
            this.inputs = inputs;
            this.outputs = outputs;
            this.graph = graph;
            this.variant = variant;
            for (String name : outputs.keySet()) {
                outputNames.put(common(name), name);
            }
        }

        private String common(String name) {
            return variant.names().getOrDefault(name, name);
        }

        GraphPorts read() {
            for (String name : inputs.keySet()) {
                input(name);
            }
            if (numbers.stream().noneMatch(one -> one.role() == Role.IDS)) {
                throw wrong("has no input input_ids; it may take embeddings or be no language model");
            }
            int expected = 0;
            for (StateShape shape : graph.stateShapes()) {
                expected += shape instanceof StateShape.KeyValues ? 2 : 1;
            }
            if (caches.size() != expected) {
                throw wrong("has " + caches.size() + " inputs for caches, expected " + expected + " for "
                        + graph.stateShapes().size() + " layers");
            }
            String logits = outputNames.getOrDefault("logits", "logits");
            TensorInfo info = output(logits);
            long[] shape = info.getShape();
            long last = shape.length == 0 ? 0 : shape[shape.length - 1];
            if (shape.length < 2 || shape.length > 3 || (last >= 0 && last != graph.vocabularySize())) {
                throw wrong("gives logits of the shape " + shown(shape) + ", expected [rows, tokens, "
                        + graph.vocabularySize() + "] as the vocabulary in config.json says");
            }
            return new GraphPorts(List.copyOf(numbers), logits, floating(logits, info), List.copyOf(caches), mostRows,
                    mostTokens);
        }

        private void input(String name) {
            String common = common(name);
            Matcher pair = PAST_PAIR.matcher(common);
            Matcher conv = PAST_CONV.matcher(common);
            Role role = Role.of(common);
            if (pair.matches()) {
                int layer = Integer.parseInt(pair.group(1));
                pair(name, "present." + layer + "." + pair.group(2), layer,
                        pair.group(2).equals("key") ? Part.KEYS : Part.VALUES);
            } else if (conv.matches()) {
                int layer = Integer.parseInt(conv.group(1));
                columns(name, "present_conv." + layer, layer);
            } else if (role != null) {
                whole(role, name);
            } else {
                throw wrong("has the input \"" + name + "\", which the ONNX backend cannot fill");
            }
        }

        private void pair(String input, String output, int layer, Part part) {
            TensorInfo info = tensor(inputs.get(input), "input", input);
            long[] shape = info.getShape();
            if (!(shape(layer) instanceof StateShape.KeyValues kv) || shape.length != 4 || !may(shape[1], kv.heads())
                    || !may(shape[3], kv.headSize()) || shape[2] >= 0) {
                throw wrong("has the input " + input + " of the shape " + shown(shape) + ", expected " + shape(layer)
                        + " of any number of tokens");
            }
            batch(input, shape[0]);
            caches.add(new Cache(input, sameType(output, info), floating(input, info), layer, part, kv.heads(),
                    kv.headSize()));
        }

        private void columns(String input, String output, int layer) {
            TensorInfo info = tensor(inputs.get(input), "input", input);
            long[] shape = info.getShape();
            if (!(shape(layer) instanceof StateShape.ConvColumns conv) || shape.length != 3
                    || !may(shape[1], conv.channels()) || (shape[2] >= 0 && shape[2] != conv.columns()
                            && shape[2] != conv.columns() + 1L)) {
                throw wrong("has the input " + input + " of the shape " + shown(shape) + ", expected " + shape(layer)
                        + " or one column more");
            }
            batch(input, shape[0]);
            int width = shape[2] < 0 ? conv.columns() + 1 : (int) shape[2];
            caches.add(new Cache(input, sameType(output, info), floating(input, info), layer, Part.COLUMNS,
                    conv.channels(), width));
        }

        private static boolean may(long stated, int size) {
            return stated < 0 || stated == size;
        }

        /** A size that is fixed at 1 is done with, one after the other; no other fits. */
        private void batch(String name, long size) {
            if (size == 1) {
                mostRows = 1;
            } else if (size >= 0) {
                throw wrong("has the input " + name + " for exactly " + size + " sequences, expected any number or 1");
            }
        }

        private StateShape shape(int layer) {
            if (layer >= graph.stateShapes().size()) {
                throw wrong("has a cache for layer " + layer + ", but only " + graph.stateShapes().size() + " layers");
            }
            return graph.stateShapes().get(layer);
        }

        private void whole(Role role, String name) {
            TensorInfo info = tensor(inputs.get(name), "input", name);
            boolean truth = info.type == OnnxJavaType.BOOL && (role == Role.BRANCH || role == Role.MASK);
            if (info.type != OnnxJavaType.INT64 && info.type != OnnxJavaType.INT32 && !truth) {
                throw wrong("wants " + name + " as " + info.type + ", expected int64 or int32");
            }
            long[] shape = info.getShape();
            boolean fits = role.rank == 2 ? shape.length == 2 : shape.length <= 2;
            for (int i = role.rank; i < shape.length && role.rank < 2; i++) {
                fits &= shape[i] < 0 || shape[i] == 1;
            }
            if (!fits) {
                throw wrong("wants " + name + " of the shape " + shown(shape) + ", expected " + switch (role.rank) {
                    case 2 -> "[rows, tokens]";
                    case 1 -> role == Role.LENGTHS ? "[rows]" : "[tokens]";
                    default -> "one number";
                });
            }
            if (role == Role.IDS) {
                batch(name, shape[0]);
                if (shape[1] == 1) {
                    mostTokens = 1;
                } else if (shape[1] >= 0) {
                    throw wrong("reads exactly " + shape[1] + " tokens at a time, expected any number or 1");
                }
            }
            numbers.add(new Whole(role, name, info.type, shape.length));
        }

        private String sameType(String common, TensorInfo input) {
            String output = outputNames.getOrDefault(common, common);
            TensorInfo info = output(output);
            if (info.type != input.type) {
                throw wrong("gives " + output + " as " + info.type + ", but takes it back as " + input.type);
            }
            return output;
        }

        private OnnxJavaType floating(String name, TensorInfo info) {
            if (info.type != OnnxJavaType.FLOAT && info.type != OnnxJavaType.FLOAT16) {
                throw wrong("has " + name + " as " + info.type + ", expected float or float16; take another variant");
            }
            return info.type;
        }

        private TensorInfo output(String name) {
            return tensor(outputs.get(name), "output", name);
        }

        private TensorInfo tensor(@Nullable NodeInfo node, String kind, String name) {
            if (node == null || !(node.getInfo() instanceof TensorInfo info)) {
                throw wrong("has no " + kind + " \"" + name + "\" that is a tensor");
            }
            return info;
        }

        private BackendException wrong(String problem) {
            return new BackendException("The graph " + variant.file() + " " + problem
                    + "; the ONNX backend runs decoders exported with past_key_values.");
        }
    }

    static String shown(long[] shape) {
        StringBuilder text = new StringBuilder("[");
        for (long size : shape) {
            text.append(text.length() == 1 ? "" : ", ").append(size < 0 ? "?" : String.valueOf(size));
        }
        return text.append(']').toString();
    }
}
