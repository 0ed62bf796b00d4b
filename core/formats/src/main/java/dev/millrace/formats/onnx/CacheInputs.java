/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.formats.onnx;

import dev.millrace.api.ModelFormatException;
import dev.millrace.spi.model.KeyTable;
import dev.millrace.spi.model.StateShape;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells from the caches among a graph's inputs what each layer keeps. A size that the graph leaves open is taken from the output
 * that has the same place, from the configuration, or from the weights, in this order.
 */
final class CacheInputs {

    private static final Pattern PAIR = Pattern.compile("past_key_values\\.(\\d{1,4})\\.(key|value)");
    private static final Pattern CONV = Pattern.compile("past_conv\\.(\\d{1,4})");
    private static final int MAX_SIZE = 1 << 20;

    private final Path graph;
    private final GraphHeader header;
    private final Map<String, String> names;
    private final KeyTable config;

    /**
     * The caches of a graph.
     *
     * @param names common names of inputs and outputs that have others
     * @param config what config.json and genai_config.json say, under the keys of the former
     */
    CacheInputs(Path graph, GraphHeader header, Map<String, String> names, KeyTable config) {
        this.graph = graph;
        this.header = header;
        this.names = names;
        this.config = config;
    }

    /**
     * What each layer keeps.
     *
     * @throws ModelFormatException if the inputs are not those of a decoder with caches for all layers, with the name of what does
     *             not fit
     */
    List<StateShape> shapes() {
        TreeMap<Integer, StateShape> layers = new TreeMap<>();
        Set<String> values = new HashSet<>();
        header.inputs().forEach((name, port) -> {
            String common = names.getOrDefault(name, name);
            Matcher pair = PAIR.matcher(common);
            Matcher conv = CONV.matcher(common);
            if (pair.matches()) {
                if (pair.group(2).equals("value")) {
                    values.add(pair.group(1));
                } else {
                    put(layers, name, Integer.parseInt(pair.group(1)), keyValues(name, port));
                }
            } else if (conv.matches()) {
                put(layers, name, Integer.parseInt(conv.group(1)), columns(name, port));
            } else if (common.startsWith("past") && !common.equals("past_sequence_length")) {
                throw wrong("have " + name + ", a cache of a kind that is not known; caches are past_key_values.N.key"
                        + " and .value, or past_conv.N");
            }
        });
        if (layers.isEmpty()) {
            throw wrong("have no past_key_values and no past_conv; export the model with its caches"
                    + " (text-generation-with-past)");
        }
        for (int layer = 0; layer < layers.size(); layer++) {
            StateShape shape = layers.get(layer);
            if (shape == null) {
                throw wrong("have caches for layer " + layers.lastKey() + ", but none for layer " + layer
                        + ": past_key_values or past_conv must be there for every layer");
            }
            if (shape instanceof StateShape.KeyValues && !values.contains(Integer.toString(layer))) {
                throw wrong("have a cache of keys for layer " + layer + ", but none of values");
            }
        }
        return List.copyOf(layers.values());
    }

    private void put(Map<Integer, StateShape> layers, String name, int layer, StateShape shape) {
        if (layers.put(layer, shape) != null) {
            throw wrong("have two kinds of cache for layer " + layer + "; the second is " + name);
        }
    }

    private StateShape keyValues(String name, GraphHeader.Port port) {
        checkType(name, port);
        if (port.shape().size() != 4) {
            throw wrong("have " + name + " of the shape " + port.shape()
                    + ", expected [batch, heads, tokens, head size]");
        }
        if (port.shape().get(2).isFixed()) {
            throw wrong("have " + name + " with a fixed number of tokens (" + port.shape().get(2)
                    + "), expected one that grows; export the model with a dynamic sequence length");
        }
        int heads = size(name, port, 1,
                List.of("num_key_value_heads", "num_kv_heads", "num_attention_heads", "n_head"));
        return new StateShape.KeyValues(heads, headSize(name, port, heads));
    }

    private int headSize(String name, GraphHeader.Port port, int heads) {
        long size = known(name, port, 3);
        if (size < 0) {
            size = config.integerOr(-1, 1, MAX_SIZE, "head_size", "head_dim");
        }
        if (size < 0) {
            size = headSizeOfWeights(heads);
        }
        if (size < 0) {
            int hidden = config.integerOr(-1, 1, MAX_SIZE, "hidden_size", "n_embd", "d_model");
            int queries = config.integerOr(-1, 1, MAX_SIZE, "num_attention_heads", "n_head", "num_heads");
            size = hidden > 0 && queries > 0 && hidden % queries == 0 ? hidden / queries : -1;
        }
        return sound(name, port.shape().get(3), size, "head_size in genai_config.json, or head_dim in config.json");
    }

    /** The projections of keys have a row, or a column, for each value of each head. */
    private long headSizeOfWeights(int heads) {
        for (GraphHeader.Weight weight : header.tensors()) {
            String name = weight.name();
            if (weight.shape().size() == 1 && (name.contains("k_norm") || name.contains("q_norm"))) {
                return weight.shape().getFirst();
            }
            if (name.contains("k_proj") && weight.shape().size() >= 2) {
                // MatMul has the inner size first, MatMulNBits the outer size and then blocks
                long outer = weight.shape().size() == 2 && (weight.type() == GraphHeader.FLOAT
                        || weight.type() == GraphHeader.FLOAT16 || weight.type() == GraphHeader.BFLOAT16)
                                ? weight.shape().get(1)
                                : weight.shape().getFirst();
                if (outer % heads == 0) {
                    return outer / heads;
                }
            }
        }
        return -1;
    }

    private StateShape columns(String name, GraphHeader.Port port) {
        checkType(name, port);
        if (port.shape().size() != 3) {
            throw wrong("have " + name + " of the shape " + port.shape() + ", expected [batch, channels, columns]");
        }
        int channels = size(name, port, 1, List.of("conv_dim", "hidden_size"));
        int taps = config.integerOr(0, 2, 64, "conv_L_cache");
        if (taps > 0) {
            return new StateShape.ConvColumns(channels, taps - 1);
        }
        int columns = sound(name, port.shape().get(2), known(name, port, 2), "conv_L_cache in config.json");
        return new StateShape.ConvColumns(channels, columns - 1);
    }

    private int size(String name, GraphHeader.Port port, int dimension, List<String> keys) {
        long size = known(name, port, dimension);
        if (size < 0) {
            size = config.integerOr(-1, 1, MAX_SIZE, keys.toArray(String[]::new));
        }
        return sound(name, port.shape().get(dimension), size, keys.getFirst() + " in config.json");
    }

    /** What input or output says, -1 if neither says it. */
    private long known(String name, GraphHeader.Port port, int dimension) {
        GraphHeader.Dimension own = port.shape().get(dimension);
        if (own.isFixed()) {
            return own.size();
        }
        String common = names.getOrDefault(name, name);
        String present = common.replaceFirst("^past_key_values", "present").replaceFirst("^past_conv", "present_conv");
        for (Map.Entry<String, GraphHeader.Port> output : header.outputs().entrySet()) {
            if (names.getOrDefault(output.getKey(), output.getKey()).equals(present)
                    && output.getValue().shape().size() == port.shape().size()) {
                return output.getValue().shape().get(dimension).size();
            }
        }
        return -1;
    }

    private int sound(String name, GraphHeader.Dimension dimension, long size, String cure) {
        if (size < 1 || size > MAX_SIZE) {
            throw wrong("have " + name + " with " + (size < 0
                    ? "the size \"" + dimension + "\", which nothing in the folder tells; add " + cure
                    : "a size of " + size));
        }
        return (int) size;
    }

    private void checkType(String name, GraphHeader.Port port) {
        if (port.type() == GraphHeader.BFLOAT16) {
            throw wrong("have " + name + " in bfloat16, which ONNX Runtime has no kernels for on most devices; take"
                    + " a variant in fp32, fp16, q8 or q4");
        }
        if (port.type() != 0 && port.type() != GraphHeader.FLOAT && port.type() != GraphHeader.FLOAT16) {
            throw wrong("have " + name + " of the type " + port.type() + ", expected float or float16");
        }
    }

    private ModelFormatException wrong(String problem) {
        return new ModelFormatException(graph, "inputs", problem);
    }
}
