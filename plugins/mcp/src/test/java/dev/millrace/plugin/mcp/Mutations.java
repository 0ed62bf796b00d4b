/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Messages of JSON-RPC, right and wrong: with parts taken away, doubled and exchanged, cut lines and stray bytes. */
final class Mutations {

    private static final List<String> SEEDS = List.of("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\",\"params\":{\"cursor\":\"x\"}}",
            "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":{\"name\":\"test_simple_text\",\"arguments\":{}}}",
            "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"tools/call\",\"params\":{\"name\":\"test_x_mcp_header\","
                    + "\"arguments\":{\"region\":\"a\",\"level\":1},\"_meta\":{\"progressToken\":1}}}",
            "{\"jsonrpc\":\"2.0\",\"id\":4,\"method\":\"resources/read\",\"params\":{\"uri\":\"test://static-text\"}}",
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"prompts/get\",\"params\":{\"name\":\"test_simple_prompt\",\"arguments\":{}}}",
            "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"logging/setLevel\",\"params\":{\"level\":\"info\"}}",
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"resources/subscribe\",\"params\":{\"uri\":\"test://watched-resource\"}}",
            "{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"completion/complete\",\"params\":{\"ref\":{\"type\":\"ref/prompt\","
                    + "\"name\":\"x\"},\"argument\":{\"name\":\"a\",\"value\":\"p\"}}}",
            "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"tools/call\",\"params\":{" + Wire.META
                    + ",\"name\":\"test_two_questions\",\"arguments\":{},\"inputResponses\":{\"first\":{\"action\":\"accept\"}},"
                    + "\"requestState\":\"x\"}}",
            "{\"jsonrpc\":\"2.0\",\"id\":10,\"method\":\"server/discover\",\"params\":{" + Wire.META + "}}",
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"error\":{\"code\":1,\"message\":\"x\"}}");
    private static final List<String> VALUES = List.of("null", "true", "0", "-1", "1e999", "0.1",
            "99999999999999999999", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\u0000\"", "\"2.0\"", "[]", "{}", "[[[[[]]]]]",
            "{\"a\":null}", "[null]", "\"ping\"", "\"tools/call\"", "1", "\"test_error_handling\"");

    private final Random random;
    private final List<String> seeds;

    Mutations(Random random) {
        this(random, SEEDS);
    }

    Mutations(Random random, List<String> seeds) {
        this.random = random;
        this.seeds = seeds;
    }

    /** The next line, with its end unless that was lost. */
    byte[] next() {
        try {
            ObjectNode message = (ObjectNode) Wire.JSON.readTree(seeds.get(random.nextInt(seeds.size())));
            for (int i = random.nextInt(4); i > 0; i--) {
                mutate(message);
            }
            byte[] line = (message + "\n").getBytes(StandardCharsets.UTF_8);
            switch (random.nextInt(20)) {
                case 0 -> line[random.nextInt(line.length)] = (byte) random.nextInt(256);
                case 1 -> line = Arrays.copyOf(line, random.nextInt(line.length));
                case 2 -> line = "noise on the line\n".getBytes(StandardCharsets.UTF_8);
                default -> {
                    // as it is
                }
            }
            return line;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private void mutate(ObjectNode message) throws IOException {
        List<JsonNode> places = new ArrayList<>();
        collect(message, places);
        JsonNode value = Wire.JSON.readTree(VALUES.get(random.nextInt(VALUES.size())));
        switch (places.get(random.nextInt(places.size()))) {
            case ObjectNode object -> {
                List<String> names = new ArrayList<>();
                object.fieldNames().forEachRemaining(names::add);
                String name = names.isEmpty() || random.nextInt(6) == 0
                        ? "f" + random.nextInt(9)
                        : names.get(random.nextInt(names.size()));
                if (random.nextInt(4) == 0) {
                    object.remove(name);
                } else {
                    object.set(name, value);
                }
            }
            case ArrayNode array -> array.add(value);
            default -> throw new IllegalStateException("Only objects and arrays are places.");
        }
    }

    private static void collect(JsonNode node, List<JsonNode> places) {
        if (node.isContainerNode()) {
            places.add(node);
            node.forEach(child -> collect(child, places));
        }
    }
}
