/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.text.dialect;

import static dev.millrace.text.dialect.Lfm2DialectTest.map;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.json.Json;
import dev.millrace.tck.RecursiveSchemas;
import dev.millrace.text.dialect.ToolArguments.Accepted;
import dev.millrace.text.dialect.ToolArguments.Refused;
import dev.millrace.text.dialect.ToolArguments.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ToolArgumentsTest {

    private static final ToolDefinition TOOL = new ToolDefinition("valve", "Sets a valve.",
            object("""
                    {"type": "object", "required": ["id"], "additionalProperties": false, "properties": {
                     "id": {"type": "integer"}, "share": {"type": "number"}, "open": {"type": "boolean"},
                     "note": {"type": ["string", "null"]}, "mode": {"enum": ["slow", "fast", 2]}, "any": {}, "odd": {"type": "date"},
                     "times": {"type": "array", "items": {"type": "integer"}},
                     "limit": {"type": "object", "required": ["max"], "properties": {"max": {"type": "number"}}},
                     "names": {"type": "object", "additionalProperties": {"type": "string"}}}}"""));

    @Test
    void schemasThatReferToThemselves() {
        for (Map<String, Object> schema : RecursiveSchemas.withoutAnEnd()) {
            Refused refused = assertInstanceOf(Refused.class, judged(schema, Map.of()), schema::toString);
            assertTrue(refused.message().contains("goes round in a circle without an end"), refused::message);
        }
        for (RecursiveSchemas.WithAnEnd each : RecursiveSchemas.withAnEnd()) {
            for (Map<String, Object> fitting : each.fitting()) {
                Accepted accepted = assertInstanceOf(Accepted.class, judged(each.schema(), fitting));
                assertEquals(fitting, accepted.call().arguments());
                assertEquals(List.of(), accepted.notes());
            }
            each.wrong().forEach(wrong -> assertInstanceOf(Refused.class, judged(each.schema(), wrong),
                    () -> wrong + " fits " + each.schema()));
        }
    }

    private static Verdict judged(Map<String, Object> schema, Map<String, Object> arguments) {
        return ToolArguments.check(new ToolDefinition("valve", "Sets a valve.", schema),
                new ToolCall("7", "valve", arguments));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"id": 3}                                   | {"id": 3}                                 | 0
            {"id": "3"}                                 | {"id": 3}                                 | 1
            {"id": 3.0}                                 | {"id": 3}                                 | 1
            {"id": "-3e2"}                              | {"id": -300}                              | 1
            {"id": 99999999999999999999}                | {"id": 99999999999999999999}              | 0
            {"id": "9007199254740993.0"}                | {"id": 9007199254740993}                  | 1
            {"id": 1, "share": 1}                       | {"id": 1, "share": 1}                     | 0
            {"id": 1, "share": " 0.5 "}                 | {"id": 1, "share": 0.5}                   | 1
            {"id": 1, "open": "True"}                   | {"id": 1, "open": true}                   | 1
            {"id": 1, "note": 7}                        | {"id": 1, "note": "7"}                    | 1
            {"id": 1, "note": null}                     | {"id": 1, "note": null}                   | 0
            {"id": 1, "mode": 2.0}                      | {"id": 1, "mode": 2.0}                    | 0
            {"id": 1, "any": [{}], "odd": 1}            | {"id": 1, "any": [{}], "odd": 1}          | 0
            {"id": 1, "times": [1, "2", 3.0]}           | {"id": 1, "times": [1, 2, 3]}             | 2
            {"id": 1, "limit": {"max": "9", "x": 1}}    | {"id": 1, "limit": {"max": 9, "x": 1}}    | 1
            {"id": 1, "names": {"a": false, "b": "c"}}  | {"id": 1, "names": {"a": "false", "b": "c"}} | 1
            """)
    void mendsWhatIsOnlySpelledOtherwise(String arguments, String mended, int notes) {
        Accepted accepted = assertInstanceOf(Accepted.class, check(object(arguments)));
        assertEquals(new ToolCall("7", "valve", object(mended)), accepted.call());
        assertEquals(notes, accepted.notes().size(), accepted.notes().toString());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"additionalProperties": false, "patternProperties": {"^zone_": {}}}                          | {"zone_1": 20}
            {"properties": {"a": {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}}}    | {"a": ["x", 1]}
            {"properties": {"a": {"items": [{"type": "string"}]}}}                                        | {"a": ["x", 1]}
            """)
    void leavesToOthersWhatOtherKeywordsSay(String schema, String arguments) {
        ToolDefinition tool = new ToolDefinition("valve", "", object(schema));
        Accepted accepted = assertInstanceOf(Accepted.class,
                ToolArguments.check(tool, new ToolCall("7", "valve", object(arguments))));
        assertEquals(object(arguments), accepted.call().arguments());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {}                                | 'id' is missing
            {"id": "three"}                   | 'id' must be integer, not string
            {"id": "007"}                     | 'id' must be integer, not string
            {"id": 3.5}                       | 'id' must be integer, not number
            {"id": 1e300, "share": "1e999"}   | 'share' must be number, not string
            {"id": null}                      | 'id' must be integer, not null
            {"id": true}                      | 'id' must be integer, not boolean
            {"id": 1, "open": 1}              | 'open' must be boolean, not integer
            {"id": 1, "open": "yes"}          | 'open' must be boolean, not string
            {"id": 1, "note": []}             | 'note' must be string or null, not array
            {"id": 1, "mode": "quick"}        | 'mode' must be one of [slow, fast, 2]
            {"id": 1, "colour": "red"}        | 'colour' is unknown, there are only [id, share
            {"id": 1, "times": [1, "x"]}      | 'times[1]' must be integer, not string
            {"id": 1, "limit": {}}            | 'limit.max' is missing
            {"id": 1, "names": {"a": {}}}     | 'names.a' must be string, not object
            """)
    void refusesTheRest(String arguments, String message) {
        Refused refused = assertInstanceOf(Refused.class, check(object(arguments)));
        assertTrue(refused.message().startsWith("The arguments do not fit the tool valve: "), refused.message());
        assertTrue(refused.message().contains(message), refused.message());
    }

    @Test
    void aToolWithoutASchemaTakesEverything() {
        ToolCall call = new ToolCall("7", "free", map("x", List.of("1")));
        assertEquals(new Accepted(call, List.of()),
                ToolArguments.check(new ToolDefinition("free", "", Map.of()), call));
    }

    @Test
    void oddSchemasAndDeepArgumentsDoNotHarm() {
        Map<String, @Nullable Object> odd = map("required", map(), "properties", 3L, "additionalProperties", "no");
        assertInstanceOf(Accepted.class, ToolArguments.check(new ToolDefinition("odd", "", odd),
                new ToolCall("7", "odd", map("x", 1L))));

        Map<String, @Nullable Object> recursive = new LinkedHashMap<>();
        recursive.put("items", recursive);
        List<@Nullable Object> deep = new ArrayList<>();
        for (int i = 0; i < 100_000; i++) {
            List<@Nullable Object> outer = new ArrayList<>();
            outer.add(deep);
            deep = outer;
        }
        Verdict verdict = ToolArguments.check(new ToolDefinition("deep", "", map("properties", map("x", recursive))),
                new ToolCall("7", "deep", map("x", deep)));
        assertTrue(assertInstanceOf(Refused.class, verdict).message().contains("nests deeper than 128"));
    }

    private static Verdict check(Map<String, @Nullable Object> arguments) {
        return ToolArguments.check(TOOL, new ToolCall("7", "valve", arguments));
    }

    private static Map<String, @Nullable Object> object(String json) {
        Map<?, ?> parsed = assertInstanceOf(Map.class, Json.parse(json));
        Map<String, @Nullable Object> map = new LinkedHashMap<>();
        parsed.forEach((key, value) -> map.put(String.valueOf(key), value));
        return map;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"anyOf": [{"type": "integer"}, {"type": "null"}]}                | "21"    | 21
            {"oneOf": [{"type": "boolean"}, {"type": "null"}]}                | "true"  | true
            {"allOf": [{"type": "integer"}, {"minimum": 1}]}                  | "2"     | 2
            {"allOf": [{"type": "integer"}, {"minimum": 1}]}                  | 0       | at least 1
            {"$ref": "#/$defs/N"}                                             | "21"    | 21
            {"$ref": "#/$defs/Tree"}                                          | {"v": "1", "next": {"v": "2"}} | {"v": 1, "next": {"v": 2}}
            {"$ref": "#/properties/n"}                                        | 1       | goes round in a circle
            {"$ref": "#count"}                                                | "3"     | 3
            {"type": "string", "nullable": true}                              | null    | null
            {"type": ["integer", "null"]}                                     | "None"  | null
            {"type": "INTEGER"}                                               | "3"     | 3
            {"enum": [1, 2, 3]}                                               | "2"     | 2
            {"enum": ["1", "2"]}                                              | 1       | "1"
            {"const": 5}                                                      | "5"     | 5
            {"const": "fixed"}                                                | "other" | must be fixed
            {"type": "array", "items": {"type": "integer"}}                   | "['1']" | [1]
            {"items": [{"type": "integer"}]}                                  | ["1"]   | [1]
            {"anyOf": [{"type": "integer"}, {"type": "boolean"}]}             | "x"     | must be integer, not string, or
            {"oneOf": [{"minimum": 1}, {"maximum": 5}]}                       | 3       | fits 2 alternatives
            {"not": {"type": "string"}}                                       | "x"     | must not be
            {"type": "int"}                                                   | "7"     | 7
            {"type": ["Float", "none"]}                                       | "0.5"   | 0.5
            {"type": "dict", "properties": {"a": {"type": "BOOL"}}}           | {"a": "true"} | {"a": true}
            {"type": "tuple", "items": {"type": "str"}}                       | [1]     | ["1"]
            {"type": ["string", "integer"]}                                   | 5.0     | 5
            {"enum": [1, null]}                                               | "None"  | null
            {"enum": [true, "auto"]}                                          | "True"  | true
            {"patternProperties": {"^z_": {"type": "integer"}}}               | {"z_1": "20", "y": "1"} | {"z_1": 20, "y": "1"}
            {"patternProperties": {"^z_": {}}, "additionalProperties": {"type": "integer"}} | {"z_1": "20", "y": "1"} | {"z_1": "20", "y": 1}
            {"patternProperties": {"^z_": {}}, "additionalProperties": false} | {"y": 1} | 'n.y' is unknown
            {"patternProperties": {"[": {}}, "additionalProperties": false}   | {"y": 1} | {"y": 1}
            {"properties": {"a": {"minimum": 3}}, "patternProperties": {"a": {"type": "integer"}}} | {"a": "4"} | {"a": 4}
            {"dependentSchemas": {"a": {"properties": {"b": {"type": "integer"}}}}} | {"a": 1, "b": "2"} | {"a": 1, "b": 2}
            {"dependencies": {"a": {"properties": {"b": {"type": "integer"}}}}} | {"a": 1, "b": "2"} | {"a": 1, "b": 2}
            {"dependentRequired": {"a": ["b"]}}                               | {"a": 1} | 'n.b' is missing
            {"dependencies": {"a": ["b"]}}                                    | {"a": 1} | 'n.b' is missing
            {"propertyNames": {"maxLength": 2}}                               | {"abc": 1} | not allowed
            {"contains": {"type": "integer"}}                                 | ["a"]   | must contain
            {"items": {"type": "integer"}, "contains": {"minimum": 5}}        | ["7"]   | [7]
            {"contains": {"const": 1}, "maxContains": 1}                      | [1, 1]  | must contain
            {"uniqueItems": true}                                             | [1, 1.0] | no item twice
            {"pattern": "^a+$"}                                               | "bb"    | the pattern
            {"pattern": "^[[]x$"}                                             | "bb"    | "bb"
            {"pattern": "("}                                                  | "bb"    | "bb"
            {"multipleOf": 0.1}                                               | 0.3     | 0.3
            {"type": "integer", "minimum": 5, "exclusiveMinimum": true}       | "5"     | must be more than 5
            {"type": "integer", "maximum": 5, "exclusiveMaximum": true}       | 5       | must be less than 5
            {"maximum": 5, "exclusiveMaximum": false}                         | 5       | 5
            {"exclusiveMaximum": true}                                        | 5       | 5
            {"const": {"a": 1}}                                               | "{'a': 1}" | {"a": 1}
            {"const": null}                                                   | "None"  | null
            {"enum": [0.5, 1]}                                                | "0.50"  | 0.5
            {"$ref": "#/$defs/Missing"}                                       | "4"     | "4"
            {"$ref": "https://elsewhere.example/x"}                           | "4"     | "4"
            {"$ref": "#/$defs/N", "minimum": 5}                               | "4"     | at least 5
            {"type": "number", "format": "double"}                            | "NaN"   | must be number
            {"type": ["integer", "string"]}                                   | "5"     | "5"
            {"type": "integer"}                                               | "1,000" | must be integer
            {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]} | ["a", 1] | ["a", "1"]
            {"oneOf": [{"properties": {"k": {"const": "a"}, "v": {"type": "integer"}}, "required": ["k"]}, {"properties": {"k": {"const": "b"}, "v": {"type": "string"}}, "required": ["k"]}]} | {"k": "b", "v": 3} | {"k": "b", "v": "3"}
            {"type": "number", "multipleOf": 5}                               | "12"    | multiple of 5
            {"anyOf": [{"type": "integer"}, {"pattern": "^[a-z]+$"}]}         | "12"    | 12
            {"items": {"oneOf": [{"$ref": "#/$defs/N"}, {"type": "null"}]}}   | ["1", null] | [1, null]
            {"additionalProperties": {"anyOf": [{"$ref": "#/$defs/N"}]}}      | {"k": "4"} | {"k": 4}
            {"type": "number", "nullable": true, "enum": [1, 2]}              | null    | null
            {"allOf": [{"$ref": "#/$defs/N"}], "nullable": true}              | null    | null
            {"$ref": "named"}                                                 | "4"     | 4
            {"$ref": "named#/definitions/low"}                                | "40"    | at most 9
            {"$ref": "#/$defs/Self"}                                          | {"kids": [{"kids": [{"v": "1"}]}]} | {"kids": [{"kids": [{"v": 1}]}]}
            {"properties": {"a": {}}, "unevaluatedProperties": false}         | {"a": 1, "b": 2} | 'n.b' is unknown, beside [a]
            {"properties": {"a": {}}, "unevaluatedProperties": {"type": "integer"}} | {"a": "1", "b": "2"} | {"a": "1", "b": 2}
            {"allOf": [{"properties": {"a": {"type": "integer"}}}], "unevaluatedProperties": false} | {"a": "1"} | {"a": 1}
            {"$ref": "#/$defs/Tree", "properties": {"w": {}}, "unevaluatedProperties": false} | {"v": "1", "w": 0} | {"v": 1, "w": 0}
            {"$ref": "#/$defs/Tree", "unevaluatedProperties": false}          | {"v": 1, "w": 0} | 'n.w' is unknown
            {"anyOf": [{"properties": {"k": {"const": 1}, "a": {}}}, {"properties": {"k": {"const": 2}, "b": {}}}], "unevaluatedProperties": false} | {"k": 2, "a": 1} | 'n.a' is unknown
            {"if": {"properties": {"k": {"const": 1}}}, "then": {"properties": {"a": {}}}, "else": {"properties": {"k": {}, "b": {}}}, "unevaluatedProperties": false} | {"k": 2, "a": 1} | 'n.a' is unknown
            {"if": {"properties": {"k": {"const": 1}}}, "then": {"properties": {"a": {}}}, "unevaluatedProperties": false} | {"k": 1, "a": 1} | {"k": 1, "a": 1}
            {"patternProperties": {"^x": {}}, "unevaluatedProperties": false} | {"x1": 1} | {"x1": 1}
            {"dependentSchemas": {"a": {"properties": {"a": {}, "b": {}}}}, "unevaluatedProperties": false} | {"a": 1, "b": 2} | {"a": 1, "b": 2}
            {"unevaluatedProperties": false}                                  | {"a": 1} | 'n.a' is unknown
            {"prefixItems": [{"type": "string"}], "unevaluatedItems": false}  | ["a", 1] | 'n[1]' is not allowed
            {"prefixItems": [{"type": "string"}], "unevaluatedItems": {"type": "integer"}} | ["a", "1"] | ["a", 1]
            {"allOf": [{"prefixItems": [true, true]}], "unevaluatedItems": false} | [1, 2] | [1, 2]
            {"contains": {"type": "string"}, "unevaluatedItems": {"type": "integer"}} | ["a", "b", 1] | ["a", "b", 1]
            {"not": true}                                                     | 1       | must not be
            {"not": {}}                                                       | 1       | must not be
            {"not": false}                                                    | 1       | 1
            {"if": true, "then": {"type": "integer"}, "else": false}          | "1"     | 1
            {"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}} | 1 | at least 2
            {"else": {"minimum": 2}, "then": {"minimum": 2}}                  | 1       | 1
            """)
    void mendsAndJudgesByTheWholeSchema(String schema, String given, String expected) {
        Map<String, @Nullable Object> definitions = map("N", map("type", "integer"), "C",
                map("$anchor", "count", "type", "integer"), "Tree", map("type", "object", "properties",
                        map("v", map("type", "integer"), "next", map("$ref", "#/$defs/Tree"))),
                "Named", map("$id", "named", "type", "integer", "definitions", map("low", map("type", "integer",
                        "maximum", 9L))),
                "Self", map("$id", "self", "properties", map("v", map("type", "integer"), "kids",
                        map("items", map("$ref", "self")))));
        ToolDefinition tool = new ToolDefinition("f", "",
                map("type", "object", "properties", map("n", Json.parse(schema)), "$defs", definitions));
        switch (ToolArguments.check(tool, new ToolCall("1", "f", map("n", Json.parse(given))))) {
            case Accepted accepted -> assertEquals(map("n", Json.parse(expected)), accepted.call().arguments());
            case Refused refused -> assertTrue(refused.message().contains(expected), refused.message());
        }
    }

    /** A limit counts, wherever it stands beside the type by which a value is mended. */
    @ParameterizedTest
    @ValueSource(strings = {"{\"allOf\": [{\"minimum\": 1}, {\"type\": \"integer\"}]}",
            "{\"anyOf\": [{\"allOf\": [{\"minimum\": 1}, {\"type\": \"integer\"}]}]}",
            "{\"not\": {\"const\": 0}, \"type\": \"integer\"}", "{\"minimum\": 1, \"type\": \"integer\"}",
            "{\"$ref\": \"#/$defs/least\", \"type\": \"integer\"}",
            "{\"if\": {\"maximum\": 0}, \"then\": {\"type\": \"string\", \"minLength\": 9}, \"else\": {\"type\": \"integer\", \"minimum\": 1}}"})
    void whatIsMendedLateIsJudgedByAll(String schema) {
        ToolDefinition tool = new ToolDefinition("f", "",
                map("properties", map("n", Json.parse(schema)), "$defs", map("least", map("minimum", 1L))));
        assertInstanceOf(Refused.class, ToolArguments.check(tool, new ToolCall("1", "f", map("n", "0"))));
    }

    /** An expression that backtracks without end is left to a guard, which counts too. */
    @Test
    void patternsThatBacktrackComeToAnEnd() {
        ToolDefinition tool = new ToolDefinition("f", "", map("properties",
                map("a", map("pattern", "^(a+)+$"), "b", map("type", "integer"))));
        Verdict verdict = ToolArguments.check(tool, new ToolCall("1", "f", map("a", "a".repeat(5000) + "!", "b", "3")));
        assertEquals(3L, assertInstanceOf(Accepted.class, verdict).call().arguments().get("b"));
    }

    @Test
    void alternativesThatMultiplyComeToAnEnd() {
        Map<String, @Nullable Object> each = map("$ref", "#/$defs/T");
        Map<String, @Nullable Object> tree = map("anyOf",
                List.of(map("properties", map("x", each), "required", List.of("y")),
                        map("properties", map("x", each), "required", List.of("z"))));
        Map<String, @Nullable Object> value = map();
        for (int depth = 0; depth < 60; depth++) {
            value = map("x", value);
        }
        ToolDefinition tool = new ToolDefinition("f", "", map("properties", map("t", each), "$defs", map("T", tree)));
        assertInstanceOf(Refused.class, ToolArguments.check(tool, new ToolCall("1", "f", map("t", value))));
    }
}
