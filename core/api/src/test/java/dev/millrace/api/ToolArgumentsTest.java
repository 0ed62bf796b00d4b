/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which Java types a tool may take, their schemas, and what becomes of the arguments that models write. */
class ToolArgumentsTest {

    enum State {
        ON, OFF
    }

    record Range(@Param("the least") int from, @Param(value = "the most", name = "to") int end) {
        Range {
            if (from > end) {
                throw new IllegalArgumentException("from must not exceed to");
            }
        }
    }

    record Plan(String name, List<Range> ranges, @Param(value = "", optional = true) @Nullable String note,
            Optional<State> state) {
    }

    record Node(String name, List<Node> children) {
    }

    enum Case {
        ON, on
    }

    /** One method a type; each returns what it was given. */
    private static final class Echo {

        private @Nullable Object given;

        private void take(@Nullable Object value) {
            given = value;
        }

        @ToolSpec("")
        void text(String x) {
            take(x);
        }

        @ToolSpec("")
        void chars(CharSequence x) {
            take(x);
        }

        @ToolSpec("")
        void truth(boolean x) {
            take(x);
        }

        @ToolSpec("")
        void bytes(byte x) {
            take(x);
        }

        @ToolSpec("")
        void shorts(Short x) {
            take(x);
        }

        @ToolSpec("")
        void ints(int x) {
            take(x);
        }

        @ToolSpec("")
        void longs(Long x) {
            take(x);
        }

        @ToolSpec("")
        void big(BigInteger x) {
            take(x);
        }

        @ToolSpec("")
        void doubles(double x) {
            take(x);
        }

        @ToolSpec("")
        void floats(Float x) {
            take(x);
        }

        @ToolSpec("")
        void decimal(BigDecimal x) {
            take(x);
        }

        @ToolSpec("")
        void number(Number x) {
            take(x);
        }

        @ToolSpec("")
        void state(State x) {
            take(x);
        }

        @ToolSpec("")
        void any(Object x) {
            take(x);
        }

        @ToolSpec("")
        void list(List<Integer> x) {
            take(x);
        }

        @ToolSpec("")
        void wild(Collection<? extends Number> x) {
            take(x);
        }

        @ToolSpec("")
        void raw(@SuppressWarnings("rawtypes") List x) {
            take(x);
        }

        @ToolSpec("")
        void set(Set<State> x) {
            take(x);
        }

        @ToolSpec("")
        void array(int[] x) {
            take(x);
        }

        @ToolSpec("")
        void variable(String... x) {
            take(x);
        }

        @ToolSpec("")
        void grid(double[][] x) {
            take(x);
        }

        @ToolSpec("")
        void map(Map<String, Double> x) {
            take(x);
        }

        @ToolSpec("")
        void plan(Plan x) {
            take(x);
        }
    }

    private final Echo echo = new Echo();

    private Tool tool(String name) {
        return Tools.of(echo).tools().stream().filter(tool -> tool.definition().name().equals(name)).findFirst()
                .orElseThrow();
    }

    private ToolResult call(String name, @Nullable Object argument) throws Exception {
        return tool(name).call(new ToolCall("1", name, Map.of("x", Objects.requireNonNull(argument))));
    }

    static Stream<Arguments> schemas() {
        return Stream.of(Arguments.of("text", "{type=string}"), Arguments.of("chars", "{type=string}"),
                Arguments.of("truth", "{type=boolean}"), Arguments.of("bytes", "{type=integer}"),
                Arguments.of("shorts", "{type=integer}"), Arguments.of("ints", "{type=integer}"),
                Arguments.of("longs", "{type=integer}"), Arguments.of("big", "{type=integer}"),
                Arguments.of("doubles", "{type=number}"), Arguments.of("floats", "{type=number}"),
                Arguments.of("decimal", "{type=number}"), Arguments.of("number", "{type=number}"),
                Arguments.of("state", "{type=string, enum=[on, off]}"), Arguments.of("any", "{}"),
                Arguments.of("list", "{type=array, items={type=integer}}"),
                Arguments.of("wild", "{type=array, items={type=number}}"),
                Arguments.of("raw", "{type=array, items={}}"),
                Arguments.of("set", "{type=array, items={type=string, enum=[on, off]}}"),
                Arguments.of("array", "{type=array, items={type=integer}}"),
                Arguments.of("variable", "{type=array, items={type=string}}"),
                Arguments.of("grid", "{type=array, items={type=array, items={type=number}}}"),
                Arguments.of("map", "{type=object, additionalProperties={type=number}}"),
                Arguments.of("plan", "{type=object, properties={name={type=string}, "
                        + "ranges={type=array, items={type=object, properties={"
                        + "from={type=integer, description=the least}, to={type=integer, description=the most}}, "
                        + "required=[from, to]}}, note={type=string}, state={type=string, enum=[on, off]}}, "
                        + "required=[name, ranges]}"));
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void typesBecomeSchemas(String name, String schema) {
        assertEquals("{type=object, properties={x=" + schema + "}, required=[x]}",
                tool(name).definition().parameters().toString());
    }

    static Stream<Arguments> conversions() {
        return Stream.of(Arguments.of("text", "cellar", "cellar"), Arguments.of("text", 1234L, "1234"),
                Arguments.of("text", true, "true"), Arguments.of("text", "", ""),
                Arguments.of("chars", "x", "x"), Arguments.of("truth", true, true),
                Arguments.of("truth", " False ", false), Arguments.of("truth", "TRUE", true),
                Arguments.of("bytes", -128L, (byte) -128), Arguments.of("shorts", "32767", (short) 32767),
                Arguments.of("ints", 7L, 7), Arguments.of("ints", 7.0, 7), Arguments.of("ints", "7", 7),
                Arguments.of("ints", " -7.0 ", -7), Arguments.of("ints", "+7", 7), Arguments.of("ints", -0.0, 0),
                Arguments.of("longs", Long.MIN_VALUE, Long.MIN_VALUE),
                Arguments.of("longs", "9223372036854775807", Long.MAX_VALUE),
                Arguments.of("longs", 1e15, 1_000_000_000_000_000L),
                Arguments.of("big", new BigInteger("9223372036854775808"), new BigInteger("9223372036854775808")),
                Arguments.of("big", 1e20, BigInteger.TEN.pow(20)), Arguments.of("doubles", 21L, 21.0),
                Arguments.of("doubles", "21.5", 21.5), Arguments.of("doubles", "-.5e1", -5.0),
                Arguments.of("doubles", Double.MAX_VALUE, Double.MAX_VALUE), Arguments.of("floats", 0.1, 0.1f),
                Arguments.of("decimal", 19.99, new BigDecimal("19.99")),
                Arguments.of("decimal", "0.10", new BigDecimal("0.10")),
                Arguments.of("number", 5L, new BigDecimal("5")), Arguments.of("state", "on", State.ON),
                Arguments.of("state", " Off", State.OFF), Arguments.of("any", List.of(1L), List.of(1L)),
                Arguments.of("list", List.of(1L, 2.0, "3"), List.of(1, 2, 3)),
                Arguments.of("list", List.of(), List.of()),
                Arguments.of("raw", List.of(1L, "a"), List.of(1L, "a")),
                Arguments.of("set", List.of("on", "ON", "off"), Set.of(State.ON, State.OFF)),
                Arguments.of("array", List.of(1L, "2"), new int[]{1, 2}),
                Arguments.of("variable", List.of("a", 1L), new String[]{"a", "1"}),
                Arguments.of("grid", List.of(List.of(1L), List.of()), new double[][]{{1}, {}}),
                Arguments.of("map", Map.of("a", 1L), Map.of("a", 1.0)),
                Arguments.of("plan",
                        Map.of("name", "p", "ranges", List.of(Map.of("from", 1L, "to", "2")), "state", "off"),
                        new Plan("p", List.of(new Range(1, 2)), null, Optional.of(State.OFF))));
    }

    @ParameterizedTest
    @MethodSource("conversions")
    void safeConversionsAreMade(String name, Object argument, Object expected) throws Exception {
        assertEquals(ToolResult.of(Map.of("ok", true)), call(name, argument));
        // arrays compare by what they hold
        assertArrayEquals(new Object[]{expected}, new Object[]{echo.given});
    }

    static Stream<Arguments> refusals() {
        String hostile = "9".repeat(10_000_000);
        return Stream.of(Arguments.of("text", List.of(), "'x': expected a string, got a list."),
                Arguments.of("text", Map.of(), "'x': expected a string, got an object."),
                Arguments.of("truth", 1L, "'x': expected true or false, got 1."),
                Arguments.of("truth", "yes", "'x': expected true or false, got \"yes\"."),
                Arguments.of("bytes", 128L, "'x': expected an integer from -128 to 127, got 128."),
                Arguments.of("shorts", -32769L, "'x': expected an integer from -32768 to 32767, got -32769."),
                Arguments.of("ints", 7.5, "'x': expected an integer of 32 bits, got 7.5."),
                Arguments.of("ints", "seven", "'x': expected an integer of 32 bits, got \"seven\"."),
                Arguments.of("ints", "", "'x': expected an integer of 32 bits, got \"\"."),
                Arguments.of("ints", 2147483648L, "'x': expected an integer of 32 bits, got 2147483648."),
                Arguments.of("ints", true, "'x': expected an integer of 32 bits, got true."),
                Arguments.of("longs", 1e300, "'x': expected an integer of 64 bits, got 1.0E300."),
                Arguments.of("longs", Double.POSITIVE_INFINITY, "'x': expected an integer of 64 bits, got Infinity."),
                Arguments.of("big", "1e999999999", "'x': expected an integer, got \"1e999999999\"."),
                Arguments.of("big", hostile, "'x': expected an integer, got \"" + "9".repeat(80) + "...\"."),
                Arguments.of("doubles", "NaN", "'x': expected a number, got \"NaN\"."),
                Arguments.of("doubles", "1e999", "'x': expected a number, got \"1e999\"."),
                Arguments.of("doubles", "0x1p3", "'x': expected a number, got \"0x1p3\"."),
                Arguments.of("doubles", hostile, "'x': expected a number, got \"" + "9".repeat(80) + "...\"."),
                Arguments.of("doubles", Double.NaN, "'x': expected a number, got NaN."),
                Arguments.of("floats", 1e39, "'x': expected a number, got 1.0E39."),
                Arguments.of("state", "dim", "'x': expected one of on, off, got \"dim\"."),
                Arguments.of("state", 1L, "'x': expected one of on, off, got 1."),
                Arguments.of("list", "1, 2", "'x': expected a list, got \"1, 2\"."),
                Arguments.of("list", List.of(1L, "a"), "'x[1]': expected an integer of 32 bits, got \"a\"."),
                Arguments.of("list", Arrays.asList(1L, null), "'x[1]': expected an integer of 32 bits, got null."),
                Arguments.of("grid", List.of(List.of(1L, "a")), "'x[0][1]': expected a number, got \"a\"."),
                Arguments.of("map", List.of(), "'x': expected an object, got a list."),
                Arguments.of("map", Map.of("a", "b"), "'x.a': expected a number, got \"b\"."),
                Arguments.of("plan", "p",
                        "'x': expected an object with name, ranges, note, state, got \"p\"."),
                Arguments.of("plan", Map.of("name", "p"), "'x.ranges' is missing: expected a list."),
                Arguments.of("plan", Map.of("name", "p", "ranges", List.of(Map.of("from", 2L, "to", 1L))),
                        "'x.ranges[0]' is refused: from must not exceed to."));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void everythingElseIsToldToTheModel(String name, Object argument, String message) throws Exception {
        assertEquals(ToolResult.error("Parameter " + message), call(name, argument));
        assertEquals(null, echo.given);
    }

    @Test
    void unknownNamesWithinARecordAreErrors() throws Exception {
        assertEquals(ToolResult.error("There is no parameter 'x.size': expected name, ranges, note, state."),
                call("plan", Map.of("name", "p", "ranges", List.of(), "size", 1L)));
    }

    @Test
    void listsGivenToMethodsCannotBeChanged() throws Exception {
        call("list", List.of(1L));
        assertTrue(echo.given instanceof List);
        assertThrows(UnsupportedOperationException.class, ((List<?>) Objects.requireNonNull(echo.given))::clear);
    }

    private static void refused(String expected, Object source) {
        String message = assertThrows(IllegalArgumentException.class, () -> Tools.of(source)).getMessage();
        assertTrue(String.valueOf(message).contains(expected), message);
    }

    @Test
    @SuppressWarnings("UnusedVariable") // these methods are never called
    void typesWithoutASchemaAreRefusedWhenTheToolIsMade() {
        refused("java.util.function.Supplier is not a parameter", new Object() {
            @ToolSpec("")
            void a(Supplier<String> x) {
            }
        });
        refused("the keys of a Map must be String", new Object() {
            @ToolSpec("")
            void a(Map<Integer, String> x) {
            }
        });
        refused("java.lang.Thread is not a parameter", new Object() {
            @ToolSpec("")
            void a(List<Thread> x) {
            }
        });
        refused("Node is not a parameter of a tool: it contains itself", new Object() {
            @ToolSpec("")
            void a(Node x) {
            }
        });
        refused("two of its constants differ in case only", new Object() {
            @ToolSpec("")
            void a(Case x) {
            }
        });
        refused("is not a parameter", new Object() {
            @ToolSpec("")
            <T> void a(T x) {
            }
        });
        refused("Two parameters have the same name", new Object() {
            @ToolSpec("")
            void a(@Param(value = "", name = "y") int x, int y) {
            }
        });
    }

    /** This test is compiled with names, so the source of another class is compiled here without. */
    @Test
    void aParameterWithoutANameIsRefusedWithTheCure(@TempDir Path folder) throws Exception {
        Path source = folder.resolve("Nameless.java");
        Files.writeString(source, """
                public class Nameless {
                    @dev.millrace.api.ToolSpec("") public void a(int x) {}
                }
                """);
        assertEquals(0, ToolProvider.getSystemJavaCompiler().run(null, null, null, "-proc:none", "-cp",
                System.getProperty("java.class.path"), source.toString()));
        try (URLClassLoader loader = new URLClassLoader(new URL[]{folder.toUri().toURL()},
                Tools.class.getClassLoader())) {
            Object nameless = loader.loadClass("Nameless").getConstructor().newInstance();
            refused("has no name: compile with javac -parameters, or write @Param(value = ..., name = ...)", nameless);
        }
    }

    @Test
    void namesCanBeGiven() {
        Tool tool = Tools.of(new Object() {
            @ToolSpec("")
            String a(@Param(value = "", name = "the_room") String x) {
                return x;
            }
        }).tools().getFirst();
        assertEquals("{type=object, properties={the_room={type=string}}, required=[the_room]}",
                tool.definition().parameters().toString());
    }
}
