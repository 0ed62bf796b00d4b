/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.tck;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Schemas of tools that refer to themselves. Whoever reads schemas has to read these alike: some have an end, since each reference
 * goes to a part of the value, and the others have none.
 */
public final class RecursiveSchemas {

    private RecursiveSchemas() {
    }

    /**
     * A schema that refers to itself and means something.
     *
     * @param schema of an object
     * @param fitting arguments that fit it
     * @param wrong arguments that do not
     */
    public record WithAnEnd(Map<String, @Nullable Object> schema, List<Map<String, @Nullable Object>> fitting,
            List<Map<String, @Nullable Object>> wrong) {

        /** Copies the lists. */
        public WithAnEnd {
            fitting = List.copyOf(fitting);
            wrong = List.copyOf(wrong);
        }
    }

    private static Map<String, @Nullable Object> to(String reference) {
        return Map.of("$ref", reference);
    }

    private static Map<String, @Nullable Object> object(Map<String, @Nullable Object> properties, String... required) {
        return Map.of("type", "object", "properties", properties, "required", List.of(required),
                "additionalProperties", false);
    }

    private static Map<String, @Nullable Object> with(Map<String, @Nullable Object> definitions, String keyword,
            Object value) {
        return Map.of("$defs", definitions, keyword, value);
    }

    /**
     * Schemas that may be used.
     *
     * @return trees, lists of lists, schemas that refer to each other, by pointer and by anchor
     */
    public static List<WithAnEnd> withAnEnd() {
        Map<String, @Nullable Object> words = Map.of("type", "string");
        Map<String, @Nullable Object> numbers = Map.of("type", "integer");
        return List.of(
                new WithAnEnd(object(Map.of("name", words, "next", to("#")), "name"),
                        List.of(Map.of("name", "a"), Map.of("name", "a", "next", Map.of("name", "b"))),
                        List.of(Map.of("name", "a", "next", Map.of()),
                                Map.of("name", "a", "next", Map.of("name", "b", "next", List.of())))),
                new WithAnEnd(
                        with(Map.of("node",
                                object(Map.of("name", words, "children",
                                        Map.of("type", "array", "items", to("#/$defs/node"))), "name")),
                                "$ref", "#/$defs/node"),
                        List.of(Map.of("name", "a", "children", List.of()),
                                Map.of("name", "a", "children", List.of(Map.of("name", "b")))),
                        List.of(Map.of("name", "a", "children", List.of(Map.of("children", List.of()))),
                                Map.of("name", "a", "children", List.of(List.of())))),
                // each refers to the other
                new WithAnEnd(
                        with(Map.of("room",
                                object(Map.of("doors", Map.of("type", "array", "items", to("#/$defs/door")))),
                                "door", object(Map.of("into", to("#/$defs/room")), "into")), "$ref", "#/$defs/room"),
                        List.of(Map.of(), Map.of("doors", List.of(Map.of("into", Map.of())))),
                        List.of(Map.of("doors", List.of(Map.of())),
                                Map.of("doors", List.of(Map.of("into", List.of()))))),
                // numbers, or lists of the same
                new WithAnEnd(Map.of("type", "object", "properties", Map.of("tree", to("#/$defs/tree")), "required",
                        List.of("tree"), "$defs",
                        Map.of("tree", Map.of("anyOf",
                                List.of(numbers, Map.of("type", "array", "items", to("#/$defs/tree")))))),
                        List.of(Map.of("tree", 1L), Map.of("tree", List.of(1L, List.of(2L, List.of())))),
                        List.of(Map.of(), Map.of("tree", List.of(List.of("many"))))),
                // one by one to the end
                new WithAnEnd(
                        with(Map.of("a", to("#/$defs/b"), "b", to("#/$defs/c"), "c",
                                object(Map.of("more", to("#/$defs/a")))), "$ref", "#/$defs/a"),
                        List.of(Map.of(), Map.of("more", Map.of("more", Map.of()))),
                        List.of(Map.of("more", 1L), Map.of("more", Map.of("less", Map.of())))),
                // a definition that nobody uses may go in a circle
                new WithAnEnd(Map.of("$defs", Map.of("unused", to("#/$defs/unused")), "type", "object", "required",
                        List.of("a")), List.of(Map.of("a", 1L)), List.of(Map.of())),
                // twice the same is no circle
                new WithAnEnd(with(Map.of("some", object(Map.of("a", numbers), "a")), "allOf",
                        List.of(to("#/$defs/some"), to("#/$defs/some"))), List.of(Map.of("a", 1L)),
                        List.of(Map.of("a", "x y"))),
                new WithAnEnd(Map.of("type", "object", "properties", Map.of("in", to("#list")), "$defs",
                        Map.of("list", Map.of("$anchor", "list", "type", "array", "items", to("#list")))),
                        List.of(Map.of("in", List.of(List.of(), List.of(List.of())))),
                        List.of(Map.of("in", List.of(1L)))));
    }

    /**
     * Schemas that no call can be held to: a reference leads back to itself before anything of a value has been looked at.
     *
     * @return such schemas; each is refused with a sentence, however the value looks
     */
    public static List<Map<String, @Nullable Object>> withoutAnEnd() {
        Map<String, @Nullable Object> object = Map.of("type", "object");
        return List.of(to("#"), Map.of("type", "object", "$ref", "#"), Map.of("allOf", List.of(to("#"))),
                Map.of("anyOf", List.of(object, to("#"))), Map.of("oneOf", List.of(object, to("#"))),
                Map.of("not", to("#")),
                Map.of("if", object, "then", to("#")), Map.of("if", to("#"), "then", object),
                Map.of("type", "object", "dependentSchemas", Map.of("a", to("#"))),
                with(Map.of("a", to("#/$defs/b"), "b", to("#/$defs/a")), "$ref", "#/$defs/a"),
                with(Map.of("a", Map.of("allOf", List.of(to("#/$defs/b"))), "b",
                        Map.of("anyOf", List.of(object, to("#/$defs/a")))), "$ref", "#/$defs/a"),
                with(Map.of("a", Map.of("anyOf", List.of(to("#/$defs/a")))), "not", to("#/$defs/a")),
                Map.of("type", "object", "properties", Map.of("a", to("#/properties/a"))),
                Map.of("type", "object", "properties", Map.of("a", Map.of("items", to("#/$defs/b"))), "$defs",
                        Map.of("b", Map.of("allOf", List.of(to("#/$defs/c"))), "c", to("#/$defs/b"))),
                Map.of("type", "object", "additionalProperties", to("#/additionalProperties")),
                Map.of("type", "object", "properties", Map.of("in", to("#here")), "$defs",
                        Map.of("list", Map.of("$anchor", "here", "allOf", List.of(to("#here"))))),
                Map.of("allOf", List.of(to("#/allOf/1"), to("#/allOf/0"))));
    }
}
