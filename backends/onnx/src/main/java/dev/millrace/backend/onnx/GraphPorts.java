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
 * @param ids the tokens, {@code [rows, tokens]}
 * @param mask which tokens take part, past and present, {@code [rows, all tokens]}, if the graph wants it
 * @param positions the place of each token, {@code [rows, tokens]}, if the graph wants it
 * @param kept for how many tokens at the end logits are computed, if the graph can limit that
 * @param logits name of the output {@code [rows, tokens, vocabulary]}
 * @param logitsType float or float16
 * @param caches what goes in and comes out changed
 */
record GraphPorts(Whole ids, Optional<Whole> mask, Optional<Whole> positions, Optional<Whole> kept, String logits,
        OnnxJavaType logitsType, List<Cache> caches) {

    private static final Pattern PAST_PAIR = Pattern.compile("past_key_values\\.(\\d{1,4})\\.(key|value)");
    private static final Pattern PAST_CONV = Pattern.compile("past_conv\\.(\\d{1,4})");

    /**
     * An input of whole numbers.
     *
     * @param name its name
     * @param type int64 or int32
     * @param scalar whether it has no dimension
     */
    record Whole(String name, OnnxJavaType type, boolean scalar) {
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

    /**
     * Reads the ports of a session.
     *
     * @throws BackendException if the graph is no decoder of this kind, with the name of what does not fit
     */
    static GraphPorts of(OrtSession session, Graph graph, String file) throws OrtException {
        return new Reader(session.getInputInfo(), session.getOutputInfo(), graph, file).read();
    }

    private static final class Reader {

        private final Map<String, NodeInfo> inputs;
        private final Map<String, NodeInfo> outputs;
        private final Graph graph;
        private final String file;
        private @Nullable Whole ids;
        private @Nullable Whole mask;
        private @Nullable Whole positions;
        private @Nullable Whole kept;
        private final List<Cache> caches = new ArrayList<>();

        Reader(Map<String, NodeInfo> inputs, Map<String, NodeInfo> outputs, Graph graph, String file) {
            this.inputs = inputs;
            this.outputs = outputs;
            this.graph = graph;
            this.file = file;
        }

        GraphPorts read() {
            for (String name : inputs.keySet()) {
                input(name);
            }
            if (ids == null) {
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
            TensorInfo logits = output("logits");
            long[] shape = logits.getShape();
            if (shape.length != 3 || (shape[2] >= 0 && shape[2] != graph.vocabularySize())) {
                throw wrong("gives logits of the shape " + shown(shape) + ", expected [rows, tokens, "
                        + graph.vocabularySize() + "] as the vocabulary in config.json says");
            }
            return new GraphPorts(ids, Optional.ofNullable(mask), Optional.ofNullable(positions),
                    Optional.ofNullable(kept), "logits", floating("logits", logits), List.copyOf(caches));
        }

        private void input(String name) {
            switch (name) {
                case "input_ids" -> ids = whole(name);
                case "attention_mask" -> mask = whole(name);
                case "position_ids" -> positions = whole(name);
                case "num_logits_to_keep" -> kept = whole(name);
                default -> {
                    Matcher pair = PAST_PAIR.matcher(name);
                    Matcher conv = PAST_CONV.matcher(name);
                    if (pair.matches()) {
                        int layer = Integer.parseInt(pair.group(1));
                        pair(name, "present." + layer + "." + pair.group(2), layer,
                                pair.group(2).equals("key") ? Part.KEYS : Part.VALUES);
                    } else if (conv.matches()) {
                        int layer = Integer.parseInt(conv.group(1));
                        columns(name, "present_conv." + layer, layer);
                    } else {
                        throw wrong("has the input \"" + name + "\", which the ONNX backend cannot fill");
                    }
                }
            }
        }

        private void pair(String input, String output, int layer, Part part) {
            TensorInfo info = tensor(inputs.get(input), "input", input);
            long[] shape = info.getShape();
            if (!(shape(layer) instanceof StateShape.KeyValues kv) || shape.length != 4 || shape[1] != kv.heads()
                    || shape[3] != kv.headSize()) {
                throw wrong("has the input " + input + " of the shape " + shown(shape) + ", expected " + shape(layer));
            }
            caches.add(new Cache(input, sameType(output, info), floating(input, info), layer, part, kv.heads(),
                    kv.headSize()));
        }

        private void columns(String input, String output, int layer) {
            TensorInfo info = tensor(inputs.get(input), "input", input);
            long[] shape = info.getShape();
            if (!(shape(layer) instanceof StateShape.ConvColumns conv) || shape.length != 3
                    || shape[1] != conv.channels() || (shape[2] >= 0 && shape[2] != conv.columns()
                            && shape[2] != conv.columns() + 1L)) {
                throw wrong("has the input " + input + " of the shape " + shown(shape) + ", expected " + shape(layer)
                        + " or one column more");
            }
            int width = shape[2] < 0 ? conv.columns() + 1 : (int) shape[2];
            caches.add(new Cache(input, sameType(output, info), floating(input, info), layer, Part.COLUMNS,
                    conv.channels(), width));
        }

        private StateShape shape(int layer) {
            if (layer >= graph.stateShapes().size()) {
                throw wrong("has a cache for layer " + layer + ", but only " + graph.stateShapes().size() + " layers");
            }
            return graph.stateShapes().get(layer);
        }

        private Whole whole(String name) {
            TensorInfo info = tensor(inputs.get(name), "input", name);
            if (info.type != OnnxJavaType.INT64 && info.type != OnnxJavaType.INT32) {
                throw wrong("wants " + name + " as " + info.type + ", expected int64 or int32");
            }
            return new Whole(name, info.type, info.getShape().length == 0);
        }

        private String sameType(String output, TensorInfo input) {
            TensorInfo info = output(output);
            if (info.type != input.type) {
                throw wrong("gives " + output + " as " + info.type + ", but takes it back as " + input.type);
            }
            return output;
        }

        private OnnxJavaType floating(String name, TensorInfo info) {
            if (info.type != OnnxJavaType.FLOAT && info.type != OnnxJavaType.FLOAT16) {
                throw wrong("has " + name + " as " + info.type + ", expected float or float16");
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
            return new BackendException("The graph " + file + " " + problem
                    + "; the ONNX backend runs decoders exported with past_key_values.");
        }
    }

    private static String shown(long[] shape) {
        StringBuilder text = new StringBuilder("[");
        for (long size : shape) {
            text.append(text.length() == 1 ? "" : ", ").append(size < 0 ? "?" : String.valueOf(size));
        }
        return text.append(']').toString();
    }
}
