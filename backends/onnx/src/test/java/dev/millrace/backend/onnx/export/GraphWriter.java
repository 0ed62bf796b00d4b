/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.backend.onnx.export;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** An ONNX graph while it is being written (ONNX, {@code onnx.proto}): nodes are added in the order of their execution. */
public final class GraphWriter {

    /** ONNX's number for float. */
    public static final int FLOAT = 1;
    /** ONNX's number for bytes without sign. */
    public static final int UINT8 = 2;
    /** ONNX's number for 32-bit integers. */
    public static final int INT32 = 6;
    /** ONNX's number for 64-bit integers. */
    public static final int INT64 = 7;
    /** ONNX's number for truth values. */
    public static final int BOOL = 9;
    /** ONNX's number for float16. */
    public static final int FLOAT16 = 10;
    /** ONNX's number for bfloat16. */
    public static final int BFLOAT16 = 16;

    private static final int EXTERNAL_FROM = 1024;

    private final Proto graph = new Proto().text(2, "decoder");
    private final Path file;
    private final boolean external;
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int names;

    /**
     * An empty graph.
     *
     * @param file to be written
     * @param external whether larger tensors go to a file of their own beside it
     */
    public GraphWriter(Path file, boolean external) {
        this.file = file;
        this.external = external;
    }

    /** Adds an input or output; dimensions that are no numbers are names. */
    private static Proto port(String name, int type, Object... shape) {
        Proto dimensions = new Proto();
        for (Object size : shape) {
            dimensions.message(1, size instanceof Integer n
                    ? new Proto().number(1, n)
                    : new Proto().text(2, String.valueOf(size)));
        }
        return new Proto().text(1, name).message(2,
                new Proto().message(1, new Proto().number(1, type).message(2, dimensions)));
    }

    /** Adds an input. */
    public String input(String name, int type, Object... shape) {
        graph.message(11, port(name, type, shape));
        return name;
    }

    /** Names a value as an output. */
    public void output(String name, int type, Object... shape) {
        graph.message(12, port(name, type, shape));
    }

    /** Adds a tensor of floats. */
    public String floats(float[] values, int... shape) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return tensor(FLOAT, raw.array(), shape);
    }

    /** Adds a list of whole numbers. */
    public String longs(long... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * 8).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(values);
        return tensor(INT64, raw.array(), values.length);
    }

    /** Adds one whole number without dimensions. */
    public String scalar(long value) {
        return tensor(INT64, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
    }

    /** Adds one float without dimensions. */
    public String scalar(float value) {
        return tensor(FLOAT, ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(value).array());
    }

    /** Adds a tensor. */
    public String tensor(int type, byte[] raw, int... shape) {
        String name = "w" + names++;
        Proto tensor = new Proto();
        for (int size : shape) {
            tensor.number(1, size);
        }
        tensor.number(2, type).text(8, name);
        if (external && raw.length >= EXTERNAL_FROM) {
            tensor.message(13, entry("location", dataFile().getFileName().toString()));
            tensor.message(13, entry("offset", String.valueOf(data.size())));
            tensor.message(13, entry("length", String.valueOf(raw.length)));
            tensor.number(14, 1);
            data.writeBytes(raw);
        } else {
            tensor.bytes(9, raw);
        }
        graph.message(5, tensor);
        return name;
    }

    private static Proto entry(String key, String value) {
        return new Proto().text(1, key).text(2, value);
    }

    /** Where larger tensors go. */
    public Path dataFile() {
        return file.resolveSibling(file.getFileName() + "_data");
    }

    /** Adds a node of the standard operators with one output. */
    public String node(String operator, Map<String, ?> attributes, String... inputs) {
        return nodes("", operator, attributes, 1, inputs).getFirst();
    }

    /** Adds a node of the standard operators with one output and no attributes. */
    public String node(String operator, String... inputs) {
        return node(operator, Map.of(), inputs);
    }

    /** Adds a node. */
    public List<String> nodes(String domain, String operator, Map<String, ?> attributes, int outputs,
            String... inputs) {
        List<String> results = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            results.add("v" + names++);
        }
        named(domain, operator, attributes, results, inputs);
        return results;
    }

    /** Adds a node whose outputs have names. */
    public void named(String domain, String operator, Map<String, ?> attributes, List<String> outputs,
            String... inputs) {
        Proto node = new Proto();
        for (String input : inputs) {
            node.text(1, input);
        }
        for (String output : outputs) {
            node.text(2, output);
        }
        node.text(3, operator + names++).text(4, operator).text(7, domain);
        attributes.forEach((name, value) -> node.message(5, attribute(name, value)));
        graph.message(1, node);
    }

    /** Gives one of two values of the outer graph, by a branch of its own for each. */
    public String branch(String condition, int type, String yes, String no) {
        return nodes("", "If", Map.of("then_branch", inner(yes, type), "else_branch", inner(no, type)), 1, condition)
                .getFirst();
    }

    private Proto inner(String value, int type) {
        String result = "v" + names++;
        return new Proto().text(2, "branch" + names++)
                .message(1,
                        new Proto().text(1, value).text(2, result).text(3, "Identity" + names++).text(4, "Identity"))
                .message(12, new Proto().text(1, result).message(2,
                        new Proto().message(1, new Proto().number(1, type))));
    }

    private static Proto attribute(String name, Object value) {
        Proto attribute = new Proto().text(1, name);
        return switch (value) {
            case Proto inner -> attribute.message(6, inner).number(20, 5);
            case Float f -> attribute.real(2, f).number(20, 1);
            case Integer i -> attribute.number(3, i).number(20, 2);
            case int[] many -> {
                for (int i : many) {
                    attribute.number(8, i);
                }
                yield attribute.number(20, 7);
            }
            default -> throw new IllegalArgumentException("attribute " + value);
        };
    }

    /** Writes the file, or both. */
    public void write() throws IOException {
        write(9, 17);
    }

    /** Writes the file, or both, with the versions of the format and of the standard operators. */
    public void write(int format, int operators) throws IOException {
        Proto model = new Proto().number(1, format).text(2, "millrace-test").message(7, graph)
                .message(8, new Proto().text(1, "").number(2, operators))
                .message(8, new Proto().text(1, "com.microsoft").number(2, 1));
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write(model.bytes());
        }
        if (external) {
            Files.write(dataFile(), data.toByteArray());
        }
    }
}
