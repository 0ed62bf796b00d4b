/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.http.json;

import static dev.millrace.json.Json.wellFormed;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.json.JsonReason;
import dev.millrace.plugin.http.ApiError;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON text, trees and plain data. */
public final class Json {

    /** Deeper requests are refused; templates and schemas walk them recursively. */
    private static final int MAX_DEPTH = 64;

    private static final ObjectMapper MAPPER = new ObjectMapper(JsonFactory.builder().streamReadConstraints(
            StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).maxStringLength(Integer.MAX_VALUE).build())
            .build());
    private static final ObjectReader READER = MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final ObjectWriter WRITER = MAPPER.writer();

    private Json() {
    }

    /** A new object. */
    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    /** A new array. */
    public static ArrayNode array() {
        return JsonNodeFactory.instance.arrayNode();
    }

    /**
     * Reads the body of a request.
     *
     * @throws ApiError 400 if it is no JSON object
     */
    public static ObjectNode request(byte[] body) {
        try {
            JsonNode node = READER.readTree(body);
            if (node instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw new ApiError(400, "The body " + (isLimit(e) ? "cannot be read: " : "is not JSON: ") + reason(e) + ".",
                    null, "invalid_json");
        } catch (IOException e) {
            throw new ApiError(400, "The body is not JSON: it is not written in UTF-8.", null, "invalid_json");
        }
        throw new ApiError(400, "The body must be a JSON object.", null, "invalid_json");
    }

    /** Whether it may well be JSON, and more of it than is read here. */
    private static boolean isLimit(JsonProcessingException problem) {
        return problem instanceof StreamConstraintsException;
    }

    private static String reason(JsonProcessingException problem) {
        String words = JsonReason.of(problem);
        return problem.getLocation() == null
                ? words
                : words + " (line " + problem.getLocation().getLineNr() + ", column "
                        + problem.getLocation().getColumnNr() + ")";
    }

    /**
     * Reads text that holds an object, such as the arguments of a call.
     *
     * @param param the field that it stands in
     * @throws ApiError 400 if it is none
     */
    public static ObjectNode object(String text, String param) {
        try {
            if (READER.readTree(text) instanceof ObjectNode object) {
                return object;
            }
        } catch (JsonProcessingException e) {
            throw ApiError.wrong(param,
                    param + (isLimit(e) ? " cannot be read: " : " must be a JSON object in a string: ")
                            + reason(e) + ".");
        }
        throw ApiError.wrong(param, param + " must be a JSON object in a string.");
    }

    /** Writes a tree, as {@link #text}. */
    public static byte[] bytes(JsonNode node) {
        return text(node).getBytes(StandardCharsets.UTF_8);
    }

    /** Writes a tree, on one line. A lone surrogate becomes U+FFFD, since UTF-8 has no place for it. */
    public static String text(JsonNode node) {
        try {
            return wellFormed(WRITER.writeValueAsString(node));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A tree cannot be written.", e);
        }
    }

    /** Plain data, as the API of Millrace has it, of a tree. A lone surrogate becomes U+FFFD. */
    public static @Nullable Object plain(JsonNode node) {
        return switch (node.getNodeType()) {
            case OBJECT -> plain((ObjectNode) node);
            case ARRAY -> {
                List<@Nullable Object> items = new ArrayList<>();
                node.forEach(item -> items.add(plain(item)));
                yield items;
            }
            case STRING -> wellFormed(node.textValue());
            case BOOLEAN -> node.booleanValue();
            case NUMBER -> number(node);
            default -> null;
        };
    }

    private static Object number(JsonNode node) {
        if (node.isIntegralNumber() && node.canConvertToLong()) {
            return node.longValue();
        }
        double value = node.doubleValue();
        // plain data has no infinity, and neither has JSON
        return Double.isFinite(value) ? (Object) value : node.asText();
    }

    /** Plain data of an object. */
    public static Map<String, @Nullable Object> plain(ObjectNode node) {
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        node.properties().forEach(field -> map.put(wellFormed(field.getKey()), plain(field.getValue())));
        return map;
    }

    /** A tree of plain data. */
    public static JsonNode tree(@Nullable Object plain) {
        return MAPPER.valueToTree(plain);
    }
}
