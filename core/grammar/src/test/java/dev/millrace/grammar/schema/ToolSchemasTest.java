/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.grammar.schema;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.grammar.machine.GrammarException;
import dev.millrace.tck.RecursiveSchemas;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Schemas of the kinds that tools have, made up by chance, and schemas that are made to do harm. */
class ToolSchemasTest {

    private static final int SCHEMAS = 1000;

    private static Map<String, Object> map(Object... pairs) {
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put((String) pairs[i], pairs[i + 1]);
        }
        return map;
    }

    private static Map<String, Object> made(Random random, int depth) {
        int kind = random.nextInt(depth > 2 ? 9 : 13);
        Map<String, Object> schema = switch (kind) {
            case 0 -> map("type", "string");
            case 1 -> map("type", "string", "minLength", random.nextInt(3), "maxLength", 3 + random.nextInt(20));
            case 2 -> map("type", "string", "enum",
                    List.of("on", "off", "auto \"x\"", "<tag>").subList(0, 1 + random.nextInt(4)));
            case 3 -> map("type", "string", "pattern",
                    List.of("^[A-Z]{2}[0-9]+$", "lamp", "^(a|b)+-?", "[0-9]{2,}$", "^\\S+$").get(random.nextInt(5)));
            case 4 -> map("type", "string", "format",
                    List.of("date", "time", "date-time", "uuid", "ipv4", "ipv6", "email", "hostname", "uri", "duration")
                            .get(random.nextInt(10)));
            case 5 -> map("type", "integer", "minimum", random.nextInt(60) - 30, "maximum", 30 + random.nextInt(1000));
            case 6 -> map("type", "number", "exclusiveMinimum", -1.5 * random.nextInt(4), "maximum", 1000,
                    "multipleOf", List.of(0.5, 0.01, 3, 10).get(random.nextInt(4)));
            case 7 -> map("type", List.of("boolean", "null"));
            case 8 -> map("anyOf", List.of(map("type", "integer"), map("type", "null"), map("const", "none")));
            case 9 -> map("type", "array", "items", made(random, depth + 1), "minItems", random.nextInt(3), "maxItems",
                    2 + random.nextInt(3));
            case 10 -> map("oneOf", List.of(map("type", "object", "properties", map("kind", map("const", "a"), "x",
                    made(random, depth + 1)), "required", List.of("kind")),
                    map("type", "object", "properties", map("kind", map("const", "b"), "y", made(random, depth + 1)),
                            "required",
                            List.of("kind", "y"))));
            case 11 -> map("type", "object", "additionalProperties", made(random, depth + 1), "maxProperties", 3);
            default -> object(random, depth);
        };
        if (random.nextInt(4) == 0) {
            schema.put("description", "What it is for: \"{}[]\" ::= <|im_end|>");
        }
        return schema;
    }

    private static Map<String, Object> object(Random random, int depth) {
        Map<String, Object> properties = map();
        List<String> required = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(5); i++) {
            String name = List.of("name", "value", "device_id", "state", "\u00e4ndern", "a b").get(random.nextInt(6));
            properties.put(name, made(random, depth + 1));
            if (random.nextBoolean() && !required.contains(name)) {
                required.add(name);
            }
        }
        Map<String, Object> object = map("type", "object", "properties", properties, "required", required);
        if (random.nextInt(3) > 0) {
            object.put("additionalProperties", false);
        }
        return object;
    }

    @Test
    void schemasOfToolsAreEnforced() {
        int ended = 0;
        int refused = 0;
        for (int i = 0; i < SCHEMAS; i++) {
            Random random = new Random(i);
            Map<String, Object> schema = object(random, 0);
            Walker walker;
            try {
                walker = Walker.of(schema);
            } catch (GrammarException e) {
                refused++;
                continue;
            }
            var judge = Instances.judge(Instances.MAPPER.valueToTree(schema));
            for (int walk = 0; walk < 3; walk++) {
                String text = walker.walk(random, 60);
                if (!text.isEmpty()) {
                    ended++;
                    assertEquals("[]", judge.validate(Instances.read(text)).toString(),
                            () -> schema + " wrote " + text);
                }
            }
        }
        assertTrue(refused < SCHEMAS / 50, "refused " + refused);
        assertTrue(ended > SCHEMAS, "ended " + ended);
    }

    private static void soon(Object schema) {
        long begin = System.nanoTime();
        try {
            Walker walker = Walker.of(schema);
            walker.walk(new Random(1), 200);
        } catch (GrammarException e) {
            assertTrue(e.getMessage().length() > 20);
        }
        // no measurement: what explodes would never come back
        assertTrue(System.nanoTime() - begin < 120_000_000_000L);
    }

    @Test
    void schemasThatReferToThemselves() {
        for (Map<String, Object> schema : RecursiveSchemas.withoutAnEnd()) {
            GrammarException refusal = assertThrows(GrammarException.class, () -> Walker.of(schema), schema::toString);
            assertTrue(String.valueOf(refusal.getMessage()).contains("goes round in a circle without an end"),
                    refusal::toString);
        }
        for (RecursiveSchemas.WithAnEnd each : RecursiveSchemas.withAnEnd()) {
            Walker walker = Walker.of(each.schema());
            each.fitting().forEach(value -> assertTrue(walker.writes(Instances.MAPPER.valueToTree(value)),
                    value + " " + each.schema()));
            each.wrong().forEach(value -> assertFalse(walker.writes(Instances.MAPPER.valueToTree(value)),
                    value + " " + each.schema()));
        }
    }

    @Test
    void hostileSchemasAreBounded() {
        // alternatives that multiply
        List<Object> all = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            all.add(map("anyOf", List.of(map("required", List.of("a" + i)), map("required", List.of("b" + i)))));
        }
        soon(map("allOf", all));
        // a huge list of words
        List<Object> words = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            words.add("word " + i * 7919L % 1_000_003);
        }
        Walker huge = Walker.of(map("enum", words));
        assertTrue(huge.accepts("\"word 7919\""));
        // depth
        Object deep = map("type", "string");
        for (int i = 0; i < 300; i++) {
            deep = map("type", "array", "items", deep);
        }
        soon(deep);
        Object deeper = deep;
        for (int i = 0; i < 300; i++) {
            deeper = map("type", "array", "items", deeper);
        }
        Object tooDeep = deeper;
        assertThrows(GrammarException.class, () -> Walker.of(tooDeep));
        // patterns that backtrack elsewhere, and counts
        soon(map("type", "string", "pattern", "^(([a-z])+.)+[A-Z]([a-z])+$"));
        soon(map("type", "string", "pattern", "^(a|b)*a(a|b){14}$", "maxLength", 40));
        soon(map("type", "string", "minLength", 90_000, "maxLength", 100_000));
        soon(map("type", "array", "items", map("type", "array", "minItems", 1000, "maxItems", 2000), "minItems", 3));
        // references in circles
        assertThrows(GrammarException.class, () -> Walker.of(map("$ref", "#")));
        soon(map("anyOf", List.of(map("$ref", "#/$defs/a")), "$defs",
                map("a", map("allOf", List.of(map("$ref", "#"))))));
        soon(map("type", "object", "properties", map("next", map("$ref", "#")), "required", List.of("next")));
        soon(map("type", "array", "items", map("$ref", "#"), "contains", map("$ref", "#")));
        // wide objects
        Map<String, Object> wide = map();
        for (int i = 0; i < 2000; i++) {
            wide.put("property_" + i, map("type", List.of("string", "null")));
        }
        soon(map("type", "object", "properties", wide, "additionalProperties", false));
        soon(map("type", "object", "properties", wide, "minProperties", 500, "maxProperties", 1000));
        // nonsense
        for (Object wrong : List.of(map("type", 7), map("properties", 7), map("enum", 7), map("minimum", "x"),
                map("items", 7),
                map("required", "x"), map("$ref", 7), map("pattern", List.of()), map("anyOf", List.of()),
                map("allOf", map()),
                map("const", map("a", Double.NaN)), map("multipleOf", 0), map("maxLength", -1),
                map("$schema", "http://x.y/z"),
                map("minlength", 3))) {
            assertThrows(GrammarException.class, () -> Walker.of(wrong), () -> String.valueOf(wrong));
        }
    }
}
