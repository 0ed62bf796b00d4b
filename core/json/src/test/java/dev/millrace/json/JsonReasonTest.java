/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JsonReasonTest {

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(4).maxNumberLength(20)
                    .maxStringLength(300).maxNameLength(30).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION).build();

    @ParameterizedTest
    @CsvSource(quoteCharacter = '`', delimiter = '|', value = {
            "{\"type\":    |The text ends too early at character 8",
            "[[1], [2|The text ends within the array that begins in line 1, column 7 at character 8",
            "{\"a\": 1]}|Unexpected close marker ']': expected '}' for the object that begins in line 1, column 1 at character 7",
            "{\"a\": ]}|Unexpected character (']' (code 93)): expected a valid value at character 6",
            "{\"a\" 1}|Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value at character 5",
            "{\"a\": \"1|The text ends too early: was expecting closing quote for a string value at character 8",
            "tru|Unrecognized token 'tru' at character 0",
            "NaN|Non-standard token 'NaN' at character 3",
            "/* what */ 1|Unexpected character ('/' (code 47)) at character 0",
            "{\"a\": 1, \"a\": 2}|Duplicate field 'a' at character 12",
            "01|Invalid numeric value: Leading zeroes not allowed at character 1",
            "1 2|Nothing may follow the value at character 2"})
    void saysInPlainWordsWhatIsWrong(String text, String message) {
        assertEquals(message, assertThrows(JsonException.class, () -> Json.parse(text)).getMessage());
    }

    @Test
    void namesTheLimitThatIsExceeded() {
        assertEquals("Nested deeper than 4", reason("[[[[[1]]]]]"));
        assertEquals("A number has more than 20 characters", reason("1".repeat(60)));
        assertEquals("A text has more than 300 characters", reason("\"" + "x".repeat(90_000) + "\""));
        assertEquals("A key has more than 30 characters", reason("{\"" + "k".repeat(90_000) + "\": 1}"));
    }

    @Test
    void namesNoClassAndNoSwitchOfTheBinding() {
        assertEquals("Nothing may follow the value", JsonReason.of(new JsonParseException(null,
                "Trailing token (of type START_OBJECT) found after value (bound as `com.fasterxml.jackson.databind.JsonNode`): "
                        + "not allowed as per `DeserializationFeature.FAIL_ON_TRAILING_TOKENS`")));
        assertEquals("A value of type array stands where another is needed",
                JsonReason.of(new JsonParseException(null,
                        "Cannot deserialize value of type `java.util.LinkedHashMap<java.lang.String,java.lang.Object>` from "
                                + "Array value (token `JsonToken.START_ARRAY`)")));
        assertEquals("It is malformed", JsonReason.of(new JsonParseException(null, "")));
    }

    /** Old versions of the library put the source itself into the place, with its brackets and lines. */
    @Test
    void leavesOutTheSourceThatOldVersionsShow() {
        assertEquals("The text ends within the object that begins in line 2, column 3",
                JsonReason.of(new JsonParseException(null,
                        "Unexpected end-of-input: expected close marker for Object (start marker at [Source: (String)\"[\n"
                                + "  {\"a\": [1]\"; line: 2, column: 3])")));
    }

    /** Damaged texts of all kinds, with their source shown: nothing of the library's own words gets through. */
    @Test
    void isShortAndPlainWhateverIsDamaged() {
        String sound = "{\"name\": \"tool\", \"list\": [1, -2.5e3, true, null, {\"deep\": [[\"\\u00e9\"]]}], \"x\": \"y\\n\"}";
        String marks = "{}[]\",:'/*\\ \n\u0001nNtT0.-e\ud800\u2028";
        Random random = new Random(14);
        int seen = 0;
        for (int i = 0; i < 20_000; i++) {
            StringBuilder text = new StringBuilder(sound);
            for (int change = random.nextInt(3); change >= 0; change--) {
                int at = random.nextInt(text.length());
                switch (random.nextInt(3)) {
                    case 0 -> text.setLength(at + 1);
                    case 1 -> text.setCharAt(at, marks.charAt(random.nextInt(marks.length())));
                    default -> text.insert(at, marks.charAt(random.nextInt(marks.length())));
                }
            }
            String reason = random.nextBoolean()
                    ? reason(text.toString())
                    : reason(text.toString().getBytes(StandardCharsets.UTF_8));
            if (!reason.isEmpty()) {
                seen++;
                assertTrue(reason.length() <= 200 && reason.lines().count() == 1, reason);
                for (String inner : new String[]{"Source", "REDACTED", "`", "Feature", "com.fasterxml", "Json",
                        "JSON "}) {
                    assertFalse(reason.contains(inner), () -> text + " -> " + reason);
                }
            }
        }
        assertTrue(seen > 10_000, "only " + seen);
    }

    private static String reason(Object text) {
        try (JsonParser parser = text instanceof byte[] bytes
                ? FACTORY.createParser(bytes)
                : FACTORY.createParser((String) text)) {
            while (parser.nextToken() != null) {
                parser.getText();
                if (parser.currentToken().isNumeric()) {
                    parser.getDoubleValue();
                }
            }
            return "";
        } catch (JsonProcessingException e) {
            return JsonReason.of(e);
        } catch (java.io.IOException e) {
            return ""; // bytes that are no UTF-8
        }
    }
}
