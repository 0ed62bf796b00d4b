/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Values of Java types as models write them. */
class ValueTypeTest {

    enum Unit {
        CELSIUS, BAR
    }

    record Place(String room, int floor) {
    }

    record Reading(@Param("in degrees") double value, Unit unit, Place place, List<String> tags, Optional<Long> age) {

        Reading {
            if (value < -273.15) {
                throw new IllegalArgumentException("colder than cold");
            }
        }
    }

    record Small(byte tiny, float single, Map<String, Short> counts, boolean on) {
    }

    record Circle(List<Circle> more) {
    }

    private static final Map<String, Object> DATA = Map.of("value", 21.5, "unit", "celsius", "place",
            Map.of("room", "cellar", "floor", -1L), "tags", List.of("a", "b"));

    @Test
    void recordsAreRead() {
        assertEquals(new Reading(21.5, Unit.CELSIUS, new Place("cellar", -1), List.of("a", "b"), Optional.empty()),
                ValueType.of(Reading.class).read(DATA));
    }

    @Test
    void otherTypesAreReadToo() {
        assertEquals(Unit.BAR, ValueType.of(Unit.class).read("bar"));
        assertEquals(7, ValueType.of(int.class).read(7L));
        assertEquals("x", ValueType.of(String.class).read("x"));
        assertEquals(true, ValueType.of(Boolean.class).read(true));
        assertArrayEquals(new Place[]{new Place("lab", 2)},
                ValueType.of(Place[].class).read(List.of(Map.of("room", "lab", "floor", 2L))));
    }

    @Test
    void schemasAskForAllThatIsReadAndNothingElse() {
        Map<String, Object> place = Map.of("type", "object", "properties",
                Map.of("room", Map.of("type", "string"), "floor",
                        Map.of("type", "integer", "minimum", (long) Integer.MIN_VALUE, "maximum",
                                (long) Integer.MAX_VALUE)),
                "required", List.of("room", "floor"), "additionalProperties", false);
        assertEquals(Map.of("type", "object", "properties",
                Map.of("value", Map.of("type", "number", "description", "in degrees"), "unit",
                        Map.of("type", "string", "enum", List.of("celsius", "bar")), "place", place, "tags",
                        Map.of("type", "array", "items", Map.of("type", "string")), "age",
                        Map.of("type", "integer", "minimum", Long.MIN_VALUE, "maximum", Long.MAX_VALUE)),
                "required", List.of("value", "unit", "place", "tags"), "additionalProperties", false),
                ValueType.of(Reading.class).schema());
        assertEquals(Map.of("type", "object", "properties",
                Map.of("tiny", Map.of("type", "integer", "minimum", -128L, "maximum", 127L), "single",
                        Map.of("type", "number", "minimum", -1e38, "maximum", 1e38), "counts",
                        Map.of("type", "object", "additionalProperties",
                                Map.of("type", "integer", "minimum", -32768L, "maximum", 32767L)),
                        "on", Map.of("type", "boolean")),
                "required", List.of("tiny", "single", "counts", "on"), "additionalProperties", false),
                ValueType.of(Small.class).schema());
        assertEquals(new AnswerFormat.JsonSchema(ValueType.of(Unit.class).schema()), AnswerFormat.of(Unit.class));
    }

    @Test
    void componentsStandInTheirOrder() {
        Map<?, ?> properties = (Map<?, ?>) ValueType.of(Reading.class).schema().get("properties");
        assertEquals("[value, unit, place, tags, age]", String.valueOf(properties == null ? "" : properties.keySet()));
    }

    @Test
    void whatDoesNotFitIsToldInASentence() {
        refused("place.floor", Map.of("value", 1.0, "unit", "bar", "place", Map.of("room", "x", "floor", 1L << 40),
                "tags", List.of()));
        refused("'unit' is missing", Map.of("value", 1.0));
        refused("no parameter 'more'", Map.of("more", 1L));
        refused("colder than cold", Map.of("value", -300.0, "unit", "bar", "place", Map.of("room", "x", "floor", 1L),
                "tags", List.of()));
        refused("expected an object with value", "text");
    }

    private static void refused(String why, Object data) {
        MillraceException problem = assertThrows(MillraceException.class,
                () -> ValueType.of(Reading.class).read(data));
        String message = String.valueOf(problem.getMessage());
        assertTrue(message.startsWith("What the model wrote is no Reading. ") && message.contains(why), message);
    }

    @Test
    void typesWithoutASchemaAreRefused() {
        for (Class<?> type : List.of(Circle.class, Thread.class, Class.class)) {
            IllegalArgumentException problem = assertThrows(IllegalArgumentException.class, () -> ValueType.of(type));
            assertTrue(String.valueOf(problem.getMessage()).contains("is not one that a model can write"),
                    String.valueOf(problem.getMessage()));
        }
    }
}
