/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.json;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What references point at; circles stand in the schemas that all who read schemas are tried with. */
class SchemaReferencesTest {

    private static @Nullable Object target(String reference) {
        Map<String, Object> schema = Map.of("$defs", Map.of("a/b", "slash", "a~b", "tilde", "a b", "space", "c",
                Map.of("$anchor", "named")), "allOf", List.of("zero", "one"));
        return new SchemaReferences(schema).target(reference);
    }

    @Test
    void pointersAndAnchors() {
        assertEquals("slash", target("#/$defs/a~1b"));
        assertEquals("tilde", target("#/$defs/a~0b"));
        assertEquals("space", target("#/$defs/a%20b"));
        assertEquals("one", target("#/allOf/1"));
        assertEquals(Map.of("$anchor", "named"), target("#named"));
        for (String nothing : List.of("#/allOf/2", "#/allOf/x", "#/none/x", "#none", "http://example.com/#", "none",
                "#/%")) {
            assertNull(target(nothing), nothing);
        }
    }

    @Test
    void schemasHaveNames() {
        Map<String, Object> room = Map.of("$id", "room", "$defs", Map.of("n", "inner"));
        Map<String, Object> door = Map.of("$id", "http://example.com/schemas/door", "$anchor", "d");
        Map<String, Object> schema = Map.of("$id", "http://example.com/schemas/house", "$defs",
                Map.of("a", room, "b", door));
        SchemaReferences references = new SchemaReferences(schema);
        assertEquals(room, references.target("room"));
        assertEquals(room, references.target("http://example.com/schemas/room"));
        assertEquals(door, references.target("door"));
        assertEquals(door, references.target("door#d"));
        assertEquals("inner", references.target("room#/$defs/n"));
        assertEquals(schema, references.target("http://example.com/schemas/house#"));
        assertEquals(schema, references.target("house"));
        assertEquals(schema, references.target(""));
        assertNull(references.target("window"));
        assertNull(references.target("a b^"));
        assertEquals(Optional.of("self"), new SchemaReferences(Map.of("$id", "self", "$ref", "self")).circle());
    }

    @Test
    @Timeout(60)
    void schemasOfAnySizeAreWalked() {
        Map<String, Object> deep = Map.of("$ref", "#");
        for (int i = 0; i < 100_000; i++) {
            deep = Map.of("not", deep);
        }
        assertEquals(Optional.of("#"), new SchemaReferences(deep).circle());
        Map<String, Object> chain = new HashMap<>();
        for (int i = 0; i < 20_000; i++) {
            Map<String, Object> next = Map.of("$ref", "#/$defs/a" + (i + 1));
            chain.put("a" + i, Map.of("allOf", List.of(next, next)));
        }
        Map<String, Object> schema = Map.of("$defs", chain, "$ref", "#/$defs/a0");
        assertEquals(Optional.empty(), new SchemaReferences(schema).circle());
        chain.put("a20000", Map.of("anyOf", List.of(Map.of("$ref", "#/$defs/a10000"))));
        assertEquals(Optional.of("#/$defs/a10000"), new SchemaReferences(schema).circle());
    }
}
