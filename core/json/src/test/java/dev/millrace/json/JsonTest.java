/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    @Test
    void readsEveryKindOfValue() {
        Object value = Json
                .parse(" {\"a\": [1, -2.5, 1e3, true, false, null, \"x\\n\\u00e9\\\"\"], \"b\": {}, \"c\": []} ");
        assertEquals(Map.of("a", Arrays.asList(1L, -2.5, 1000.0, true, false, null, "x\n\u00e9\""), "b", Map.of(), "c",
                List.of()), value);
    }

    @Test
    void keepsLargeIntegers() {
        assertEquals(Long.MAX_VALUE, Json.parse("9223372036854775807"));
        assertEquals(new BigInteger("9223372036854775808"), Json.parse("9223372036854775808"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[1,]", "{\"a\"}", "{\"a\":1,}", "{\"a\":1 \"b\":2}", "01", "-", "1.", "1e", ".5",
            "nul", "\"a",
            "\"\\x\"", "\"\\u12\"", "\"\u0001\"", "1 2", "{\"a\":1,\"a\":2}", "1e999", "'a'", "NaN"})
    void refusesWhatIsNotJson(String text) {
        assertThrows(JsonException.class, () -> Json.parse(text));
    }

    @Test
    void refusesDeepNestingInsteadOfOverflowingTheStack() {
        assertThrows(JsonException.class, () -> Json.parse("[".repeat(1_000_000)));
    }

    /** In names, too, which newer parsers refuse. */
    @ParameterizedTest
    @CsvSource(delimiter = ' ', quoteCharacter = '`', value = {"a\\ud800 a\ufffd", "a\\ud800b a\ufffdb",
            "\\uDC00\\uD800 \ufffd\ufffd", "\\ud83d\\ude00 \ud83d\ude00",
            "\\ud83d\\ud83d\\ude00\\ude00 \ufffd\ud83d\ude00\ufffd", "\\\\ud800 \\ud800",
            "\\\\\\ud800 \\\ufffd"})
    void halvesOfPairsAreReplaced(String written, String read) {
        assertEquals(Map.of(read, read), Json.parse("{\"" + written + "\": \"" + written + "\"}"));
        assertEquals(read, Json.parse(Json.wellFormedEscapes("\"" + written + "\"")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\\", "\\u", "\\ud80", "\\ud80g", "\\\\ud800", "a\\n\\u00e9", "\\ud83d\\ude00"})
    void whatHasNoHalvesOfPairsStays(String text) {
        assertEquals(text, Json.wellFormedEscapes(text));
    }

    @ParameterizedTest
    @CsvSource({"1.0,1.0", "0.1,0.1", "1e16,1e+16", "123456789012345680,1.2345678901234568e+17",
            "1e15,1000000000000000.0",
            "1e-4,0.0001", "1e-5,1e-05", "-1.5e-7,-1.5e-07", "1e7,10000000.0", "12345678.9,12345678.9", "-0.0,-0.0",
            "1e100,1e+100", "0.00123,0.00123"})
    void writesNumbersAsPythonDoes(double value, String expected) {
        assertEquals(expected, Json.write(value));
    }

    @Test
    void writesAsPythonDoes() {
        assertEquals("{\"room\": \"K\u00fcche \\\"1\\\"\", \"values\": [1, 2.5, null, true]}",
                Json.write(Json.parse("{\"room\":\"K\u00fcche \\\"1\\\"\",\"values\":[1,2.5,null,true]}")));
    }

    @Test
    void readsBackWhatItWrote() {
        Random random = new Random(1);
        for (int i = 0; i < 10_000; i++) {
            double value = Double.longBitsToDouble(random.nextLong());
            if (Double.isFinite(value)) {
                assertEquals(value, Json.parse(Json.write(value)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"5e-324", "-5e-324", "1e-323", "1.5e-323", "2e-323", "2.2250738585072014e-308", "1e-05",
            "1.5e-05", "0.0001", "9999999999999998.0", "1e+16", "2e+23", "1.7976931348623157e+308", "0.0", "-0.0"})
    void writesNumbersAsShortAsPythonDoes(String python) {
        assertEquals(python, Json.number(Double.parseDouble(python)));
    }

    @Test
    void neverThrowsAnythingElse() {
        Random random = new Random(2);
        String alphabet = "{}[]\",:0123456789.eE+-truefalsn\\u \n";
        int refused = 0;
        for (int i = 0; i < 50_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(20); n >= 0; n--) {
                text.append(alphabet.charAt(random.nextInt(alphabet.length())));
            }
            try {
                Json.parse(text.toString());
            } catch (JsonException e) {
                refused++;
            }
        }
        assertTrue(refused > 40_000);
    }

    private static final String[] PIECES = {"NaN", "Infinity", "-Infinity", "+Infinity", "-NaN", "nan", "inf", "1e999",
            "-1e999", "1e-999", "-0", "-0.0", "0x1F", "1_000", "01", ".5", "5.", "1E+2", "9".repeat(400),
            "9".repeat(2000),
            "1e", "True", "None", "undefined", "{", "}", "[", "]", ",", ":", "\"a\"", "\"\\ud83d\"", "\"\ud83d\"",
            "\"\\u0000\"", "'a'", "\"", "\\", "\uFEFF", "\u00a0", "\n", "//x\n", "/*x*/", "#x\n", "\0", "null", "true"};

    /** Whatever a text holds, it is read or refused; the strict reader gives only what can be written again. */
    @Test
    void hostileTextsAreReadOrRefused() {
        Random random = new Random(12);
        int read = 0;
        for (int round = 0; round < 40_000; round++) {
            StringBuilder text = new StringBuilder();
            if (random.nextBoolean()) {
                value(random, 3, text);
            } else {
                for (int i = random.nextInt(9); i >= 0; i--) {
                    text.append(PIECES[random.nextInt(PIECES.length)]);
                }
            }
            String source = text.toString();
            try {
                Json.parseFile(source);
                read++;
            } catch (JsonException e) {
                assertFalse(String.valueOf(e.getMessage()).isBlank(), source);
            }
            try {
                Object value = Json.parse(source);
                assertEquals(value, Json.parse(Json.write(value)), source);
                assertEquals(value, Json.parseFile(source), source);
            } catch (JsonException e) {
                assertFalse(String.valueOf(e.getMessage()).isBlank(), source);
            }
        }
        assertTrue(read > 10_000, "only " + read + " were read");
    }

    private static void value(Random random, int depth, StringBuilder out) {
        switch (random.nextInt(depth > 0 ? 6 : 3)) {
            case 0 -> out.append(PIECES[random.nextInt(11)]);
            case 1 -> Json.quote("k" + random.nextInt(3), out);
            case 2 -> out.append(random.nextLong()).append(random.nextBoolean() ? "" : ".5e" + random.nextInt(400));
            case 3, 4 -> {
                out.append('{');
                for (int i = random.nextInt(4); i > 0; i--) {
                    Json.quote("k" + random.nextInt(3), out);
                    out.append(": ");
                    value(random, depth - 1, out);
                    out.append(i == 1 ? "" : ", ");
                }
                out.append('}');
            }
            default -> {
                out.append('[');
                for (int i = random.nextInt(4); i > 0; i--) {
                    value(random, depth - 1, out);
                    out.append(i == 1 ? "" : ",");
                }
                out.append(']');
            }
        }
    }
}
