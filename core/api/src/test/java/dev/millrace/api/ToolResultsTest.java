/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.nio.CharBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What becomes of the values that tools return. */
class ToolResultsTest {

    enum State {
        ON, STANDING_BY
    }

    private record Reading(int value, @Param(value = "", name = "unit_of") String unit, State state,
            Optional<Reading> before) {
    }

    record Failing(int number) {

        @Override
        public int number() {
            throw new UnsupportedOperationException("no number");
        }
    }

    private static @Nullable Object plain(@Nullable Object value) throws Exception {
        Tool tool = Tools.of(new Object() {
            @ToolSpec("")
            @Nullable
            Object value() {
                return value;
            }
        }).tools().getFirst();
        ToolResult result = tool.call(new ToolCall("1", "value", Map.of()));
        assertEquals(false, result.error());
        return result.value();
    }

    static Stream<Arguments> values() {
        return Stream.of(Arguments.of("text", "text"), Arguments.of(CharBuffer.wrap("built"), "built"),
                Arguments.of('c', "c"), Arguments.of(true, true), Arguments.of((byte) 1, 1L),
                Arguments.of((short) 1, 1L), Arguments.of(1, 1L), Arguments.of(1L, 1L), Arguments.of(21.4f, 21.4),
                Arguments.of(21.4, 21.4), Arguments.of(BigInteger.TWO, 2L),
                Arguments.of(BigInteger.TWO.pow(63), BigInteger.TWO.pow(63)),
                Arguments.of(BigInteger.TWO.pow(63).negate(), Long.MIN_VALUE),
                Arguments.of(new BigDecimal("19.99"), 19.99), Arguments.of(new AtomicInteger(3), 3L),
                Arguments.of(new AtomicLong(4), 4L), Arguments.of(State.STANDING_BY, "standing_by"),
                Arguments.of(Optional.of(1), 1L), Arguments.of(OptionalInt.of(1), 1L),
                Arguments.of(OptionalLong.of(1), 1L), Arguments.of(OptionalDouble.of(1), 1.0),
                Arguments.of(List.of(1, State.ON), List.of(1L, "on")), Arguments.of(Set.of(1), List.of(1L)),
                Arguments.of(new int[]{1, 2}, List.of(1L, 2L)),
                Arguments.of(new Object[]{"a", new double[]{1}}, List.of("a", List.of(1.0))),
                Arguments.of(Instant.EPOCH, "1970-01-01T00:00:00Z"), Arguments.of(LocalTime.of(7, 30), "07:30"),
                Arguments.of(Duration.ofSeconds(90), "PT1M30S"), Arguments.of(URI.create("tcp://a"), "tcp://a"),
                Arguments.of(new UUID(0, 1), "00000000-0000-0000-0000-000000000001"));
    }

    @ParameterizedTest
    @MethodSource("values")
    void valuesBecomePlainData(Object value, Object expected) throws Exception {
        assertEquals(expected, plain(value));
    }

    @Test
    void absentValuesBecomeNull() throws Exception {
        for (Object value : Arrays.asList(null, Optional.empty(), OptionalInt.empty(), OptionalLong.empty(),
                OptionalDouble.empty())) {
            assertEquals(null, plain(value));
        }
        assertEquals(Arrays.asList(1L, null), plain(Arrays.asList(1, null)));
    }

    @Test
    void recordsAndMapsKeepTheirOrder() throws Exception {
        Reading first = new Reading(20, "C", State.ON, Optional.empty());
        assertEquals("{value=21, unit_of=C, state=standing_by, before={value=20, unit_of=C, state=on, before=null}}",
                String.valueOf(plain(new Reading(21, "C", State.STANDING_BY, Optional.of(first)))));
        Map<Object, @Nullable Object> map = new LinkedHashMap<>();
        map.put(State.STANDING_BY, 1);
        map.put(2, null);
        map.put("a", List.of());
        assertEquals("{standing_by=1, 2=null, a=[]}", String.valueOf(plain(map)));
    }

    @Test
    void whatHasNoPlainFormIsAnErrorOfTheTool() {
        assertMessage("contains NaN, which is not a number in JSON", Double.NaN);
        assertMessage("contains Infinity", List.of(Float.POSITIVE_INFINITY));
        assertMessage("contains a number of 1000 digits, which is too large", new BigDecimal("1e999"));
        assertMessage("contains a java.lang.Object, which has no plain form", new Object());
        List<Object> circle = new ArrayList<>();
        circle.add(circle);
        assertMessage("nests deeper than 64 levels", circle);
    }

    private static void assertMessage(String expected, Object value) {
        String message = assertThrows(IllegalStateException.class, () -> plain(value)).getMessage();
        assertTrue(String.valueOf(message).contains(expected), message);
    }

    @Test
    void whatAnAccessorThrowsReachesTheCaller() {
        assertThrows(UnsupportedOperationException.class, () -> plain(new Failing(1)));
    }
}
