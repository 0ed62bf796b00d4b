/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.mcp.rpc;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.LongNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds the id of an answer that cannot be read: whoever waits for it need not wait until the time is over. */
final class AnswerId {

    /**
     * What is inside is passed over without a call per level, so it may be as deep as it likes, and have what JSON has not: numbers that
     * are none, and control characters in a text.
     */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE).build())
            .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).enable(JsonReadFeature.ALLOW_UNESCAPED_CONTROL_CHARS)
            .enable(JsonReadFeature.ALLOW_BACKSLASH_ESCAPING_ANY_CHARACTER).build();

    private AnswerId() {
    }

    static Optional<JsonNode> of(String text) {
        JsonNode id = null;
        boolean answers = false;
        try (JsonParser parser = FACTORY.createParser(text)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                answers |= name.equals("result") || name.equals("error");
                JsonToken value = parser.nextToken();
                if (name.equals("method") || (name.equals("id") && id != null)) {
                    return Optional.empty(); // it is no answer, or nobody knows to what
                }
                if (name.equals("id")) {
                    id = id(parser, value);
                }
                parser.skipChildren();
            }
            return Optional.ofNullable(id);
        } catch (IOException e) {
            // no JSON from here on; what has been read may be enough
            return answers ? Optional.ofNullable(id) : Optional.empty();
        }
    }

    private static @Nullable JsonNode id(JsonParser parser, JsonToken value) throws IOException {
        return switch (value) {
            case VALUE_STRING -> TextNode.valueOf(parser.getText());
            case VALUE_NUMBER_INT -> LongNode.valueOf(parser.getLongValue());
            default -> null;
        };
    }
}
