/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.rpc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.millrace.json.JsonReason;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** JSON text, trees and plain data. Depth is bounded here; length is bounded by whoever reads the text. */
public final class Json {

    /** Deeper messages are refused: schemas and arguments are walked recursively. */
    private static final int MAX_DEPTH = 64;

    private static final ObjectMapper MAPPER = new ObjectMapper(JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH)
                    .maxStringLength(Integer.MAX_VALUE).build())
            // two readers of one message must not understand different things
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());
    private static final ObjectReader READER = MAPPER.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);
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

    /** The text of bytes in UTF-8, or empty if they are something else. */
    public static Optional<String> utf8(byte[] bytes) {
        try {
            return Optional.of(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }

    /**
     * Reads text. A name or a value with half of a surrogate pair has U+FFFD in its place.
     *
     * @throws RpcException {@link ErrorCode#PARSE} if it is not JSON, is too deep, has a key twice or a number that is too large
     */
    public static JsonNode parse(String text) throws RpcException {
        try {
            JsonNode node = READER.readTree(dev.millrace.json.Json.wellFormedEscapes(text));
            if (!node.isMissingNode()) {
                return node;
            }
        } catch (StreamConstraintsException e) {
            throw new RpcException(ErrorCode.PARSE, "This is more than is read here: " + JsonReason.of(e));
        } catch (JsonProcessingException e) {
            throw new RpcException(ErrorCode.PARSE, "This is not JSON: " + JsonReason.of(e));
        } catch (NumberFormatException e) {
            // an exponent that no number of Java can have: the reader lets that through
            throw new RpcException(ErrorCode.PARSE, "This is no message: a number in it is too large.");
        }
        throw new RpcException(ErrorCode.PARSE, "This is not JSON: there is nothing.");
    }

    /** Writes a tree on one line. A lone surrogate becomes U+FFFD, since UTF-8 has no place for it. */
    public static String text(JsonNode node) {
        try {
            return dev.millrace.json.Json.wellFormed(WRITER.writeValueAsString(node));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A tree cannot be written.", e);
        }
    }

    /** Writes a tree as {@link #text(JsonNode)}, in UTF-8. */
    public static byte[] bytes(JsonNode node) {
        return text(node).getBytes(StandardCharsets.UTF_8);
    }

    /** A field that is text, or empty. */
    public static Optional<String> text(JsonNode node, String name) {
        return Optional.ofNullable(node.get(name)).filter(JsonNode::isTextual).map(JsonNode::textValue);
    }

    /** A field that is an object; a new one without fields if it is absent or something else. */
    public static ObjectNode object(JsonNode node, String name) {
        return node.get(name) instanceof ObjectNode object ? object : object();
    }

    /** The objects in a field that is an array; what is no object is left out. */
    public static List<ObjectNode> objects(JsonNode node, String name) {
        List<ObjectNode> objects = new ArrayList<>();
        if (node.get(name) instanceof ArrayNode array) {
            for (JsonNode each : array) {
                if (each instanceof ObjectNode object) {
                    objects.add(object);
                }
            }
        }
        return objects;
    }

    /** Plain data, as the API of Millrace has it, of a tree. */
    public static @Nullable Object plain(JsonNode node) {
        return dev.millrace.plugin.http.json.Json.plain(node);
    }

    /** Plain data of an object. */
    public static Map<String, @Nullable Object> plain(ObjectNode node) {
        return dev.millrace.plugin.http.json.Json.plain(node);
    }

    /** A tree of plain data. */
    public static JsonNode tree(@Nullable Object plain) {
        return MAPPER.valueToTree(plain);
    }
}
