/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;

/** Values of JSON in tests: how a grammar may write them, and what another validator says of them. */
public final class Instances {

    public static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES).build();

    private static final int MOST_ORDERS = 720;

    private Instances() {
    }

    public static JsonNode read(String text) {
        try {
            return MAPPER.readTree(text);
        } catch (JsonProcessingException e) {
            throw new AssertionError(text, e);
        }
    }

    public static Object data(JsonNode node) {
        return MAPPER.convertValue(node, Object.class);
    }

    /** A value in the spelling of the grammar, in all orders of members, for the grammar has one of its own. */
    public static List<String> spellings(JsonNode value) {
        if (value.isNumber()) {
            return List.of(value.decimalValue().stripTrailingZeros().toPlainString());
        }
        if (value.isArray()) {
            List<String> all = List.of("");
            for (JsonNode item : value) {
                all = join(all, spellings(item), ",");
            }
            return all.stream().map(each -> "[" + each + "]").toList();
        }
        if (value.isObject()) {
            List<String> out = new ArrayList<>();
            for (List<Map.Entry<String, JsonNode>> order : orders(new ArrayList<>(value.properties()))) {
                List<String> all = List.of("");
                for (Map.Entry<String, JsonNode> member : order) {
                    String name = quoted(member.getKey());
                    all = join(all, spellings(member.getValue()).stream().map(each -> name + ":" + each).toList(), ",");
                }
                all.forEach(each -> out.add("{" + each + "}"));
                if (out.size() > MOST_ORDERS) {
                    break;
                }
            }
            return out;
        }
        return List.of(value.isTextual() ? quoted(value.textValue()) : value.toString());
    }

    private static List<String> join(List<String> heads, List<String> tails, String between) {
        List<String> all = new ArrayList<>();
        for (String head : heads) {
            for (String tail : tails) {
                if (all.size() <= MOST_ORDERS) {
                    all.add(head.isEmpty() ? tail : head + between + tail);
                }
            }
        }
        return all;
    }

    private static <T> List<List<T>> orders(List<T> items) {
        if (items.size() <= 1) {
            return List.of(items);
        }
        List<List<T>> all = new ArrayList<>();
        for (int i = 0; i < items.size() && all.size() <= MOST_ORDERS; i++) {
            List<T> rest = new ArrayList<>(items);
            T first = rest.remove(i);
            for (List<T> tail : orders(rest)) {
                List<T> order = new ArrayList<>(List.of(first));
                order.addAll(tail);
                all.add(order);
            }
        }
        return all;
    }

    private static String quoted(String text) {
        StringJoiner out = new StringJoiner("", "\"", "\"");
        text.codePoints().forEach(c -> out.add(switch (c) {
            case '"' -> "\\\"";
            case '\\' -> "\\\\";
            case '\n' -> "\\n";
            case '\r' -> "\\r";
            case '\t' -> "\\t";
            case '\b' -> "\\b";
            case '\f' -> "\\f";
            default -> c < 0x20 ? String.format("\\u%04x", c) : Character.toString(c);
        }));
        return out.toString();
    }

    /** What another implementation says. */
    public static Schema judge(JsonNode schema) {
        SchemaRegistryConfig config = SchemaRegistryConfig.builder().formatAssertionsEnabled(true).build();
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12,
                builder -> builder.schemaRegistryConfig(config)).getSchema(schema);
    }
}
