/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.api;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.FileNotFoundException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which tools there are, what the model is told of them, and how calls reach the methods. */
class ToolsTest {

    enum Quantity {
        TEMPERATURE, HUMIDITY
    }

    record Reading(double value, String unit) {
    }

    private static ToolCall call(String name, Map<String, @Nullable Object> arguments) {
        return new ToolCall("1", name, arguments);
    }

    private static Tool only(Object source) {
        List<Tool> tools = Tools.of(source).tools();
        assertEquals(1, tools.size());
        return tools.getFirst();
    }

    private static List<String> names(ToolProvider provider) {
        return provider.tools().stream().map(tool -> tool.definition().name()).toList();
    }

    @Test
    void theCodeThatUsersWrite() throws Exception {
        record Measured(double value, String unit) {
        }
        var tools = Tools.of(new Object() {
            @ToolSpec("Read one sensor.")
            Measured readSensor(@Param("room, e.g. cellar") String room, @Param("what to read") Quantity quantity) {
                return new Measured(room.length() + 0.5, quantity == Quantity.HUMIDITY ? "%" : "C");
            }
        });
        Tool tool = tools.tools().getFirst();
        assertEquals("""
                {type=object, properties={\
                room={type=string, description=room, e.g. cellar}, \
                quantity={type=string, enum=[temperature, humidity], description=what to read}}, \
                required=[room, quantity]}""", tool.definition().parameters().toString());
        assertEquals("readSensor", tool.definition().name());
        assertEquals("Read one sensor.", tool.definition().description());

        ToolResult result = tool.call(call("readSensor", Map.of("room", "cellar", "quantity", "Humidity")));

        assertFalse(result.error());
        assertEquals("{value=6.5, unit=%}", String.valueOf(result.value()));
    }

    @Test
    void sourcesKeepTheirOrderAndMethodsStandInTheOrderOfTheirNames() {
        Tool written = tool("written");
        ToolProvider provider = () -> List.of(tool("z"), tool("y"));

        assertEquals(List.of("written", "b", "c", "renamed", "z", "y"), names(Tools.of(written, new Object() {
            @ToolSpec("")
            void c() {
            }

            @ToolSpec(value = "", name = "renamed")
            void a() {
            }

            @ToolSpec("")
            private void b() {
            }

            @Override
            public String toString() {
                return "not a tool";
            }
        }, provider)));
        assertSame(written, Tools.of(written).tools().getFirst());
    }

    private static Tool tool(String name) {
        return new Tool() {
            @Override
            public ToolDefinition definition() {
                return new ToolDefinition(name, "", Map.of());
            }

            @Override
            public ToolResult call(ToolCall call) {
                return ToolResult.of(name);
            }
        };
    }

    @Test
    void aProviderMayOfferItsOwnMethods() throws Exception {
        final class Valve implements ToolProvider {

            @ToolSpec("Open the valve.")
            String open() {
                return "open";
            }

            @Override
            public List<Tool> tools() {
                return Tools.of(this).tools();
            }
        }
        Valve valve = new Valve();
        assertEquals(List.of("open"), names(valve));
        assertEquals(List.of("open"), names(Tools.of(valve)));
        assertEquals("open", valve.tools().getFirst().call(call("open", Map.of())).value());
    }

    interface Switchable {

        @ToolSpec("Switch it.")
        String switchTo(@Param("on or off") String state);
    }

    private static class Device implements Switchable {

        private final List<String> log = new ArrayList<>();

        @Override
        public String switchTo(String state) {
            log.add(state);
            return "device";
        }

        @ToolSpec("Name it.")
        Object name() {
            return "device";
        }
    }

    private static final class Lamp extends Device {

        @Override
        public String switchTo(String state) {
            return "lamp " + state;
        }

        @Override
        @ToolSpec("Name the lamp.")
        String name() {
            return "lamp";
        }
    }

    @Test
    void inheritedMethodsCountOnceAndOverridingOnesRun() throws Exception {
        List<Tool> tools = Tools.of(new Lamp()).tools();

        assertEquals(List.of("name", "switchTo"), names(Tools.of(new Lamp())));
        assertEquals("Name the lamp.", tools.get(0).definition().description());
        assertEquals("lamp", tools.get(0).call(call("name", Map.of())).value());
        assertEquals("lamp on", tools.get(1).call(call("switchTo", Map.of("state", "on"))).value());
    }

    @Test
    void thereMayBeNoTools() {
        assertEquals(List.of(), Tools.none().tools());
        assertEquals(List.of(), Tools.of().tools());
        assertEquals("tools", Tools.none().name());
    }

    @Test
    void objectsWithoutToolsAreRefused() {
        assertEquals(
                "java.lang.String is not a tool: implement Tool or ToolProvider, or annotate methods with @ToolSpec.",
                assertThrows(IllegalArgumentException.class, () -> Tools.of("text")).getMessage());
    }

    @Test
    void twoToolsMustNotHaveTheSameName() {
        assertEquals("Two tools are named a: give one another name with @ToolSpec(name = ...).",
                assertThrows(IllegalArgumentException.class, () -> Tools.of(tool("a"), tool("a"))).getMessage());
        assertThrows(IllegalArgumentException.class, () -> Tools.of(new Object() {
            @ToolSpec("")
            void a() {
            }

            @ToolSpec("")
            int a(int overloaded) {
                return overloaded;
            }
        }));
    }

    @Test
    void namesThatNoModelCouldWriteAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Tools.of(new Object() {
            @ToolSpec(value = "", name = "has a space")
            void a() {
            }
        }));
    }

    @Test
    void whatAMethodThrowsReachesTheCaller() {
        Tool tool = only(new Object() {
            @ToolSpec("")
            void fail(boolean badly) throws FileNotFoundException {
                if (badly) {
                    throw new AssertionError("badly");
                }
                throw new FileNotFoundException("no sensor");
            }
        });
        assertEquals("no sensor",
                assertThrows(FileNotFoundException.class, () -> tool.call(call("fail", Map.of("badly", false))))
                        .getMessage());
        assertThrows(AssertionError.class, () -> tool.call(call("fail", Map.of("badly", true))));
    }

    @Test
    void voidSaysOkAndToolResultsStay() throws Exception {
        ToolResult refusal = ToolResult.error("locked");
        List<Tool> tools = Tools.of(new Object() {
            @ToolSpec("")
            void a() {
            }

            @ToolSpec("")
            ToolResult b() {
                return refusal;
            }

            @ToolSpec("")
            @Nullable
            String c() {
                return null;
            }
        }).tools();
        assertEquals(ToolResult.of(Map.of("ok", true)), tools.get(0).call(call("a", Map.of())));
        assertSame(refusal, tools.get(1).call(call("b", Map.of())));
        assertEquals(ToolResult.of(null), tools.get(2).call(call("c", Map.of())));
    }

    private static final class Targets {

        private @Nullable String room;
        private int level;
        private Optional<Reading> reading = Optional.empty();

        @ToolSpec("")
        void set(@Param(value = "", optional = true) @Nullable String room,
                @Param(value = "", optional = true) int level,
                Optional<Reading> reading) {
            this.room = room;
            this.level = level;
            this.reading = reading;
        }
    }

    @Test
    void optionalArgumentsMayBeLeftOutOrNull() throws Exception {
        Targets targets = new Targets();
        Tool tool = only(targets);
        assertEquals(List.of(), tool.definition().parameters().get("required"));
        targets.room = "before";
        targets.level = 9;

        assertFalse(tool.call(call("set", Map.of())).error());
        assertEquals(null, targets.room);
        assertEquals(0, targets.level);

        Map<String, @Nullable Object> nulls = new LinkedHashMap<>();
        nulls.put("room", null);
        nulls.put("reading", null);
        targets.room = "before";
        assertFalse(tool.call(call("set", nulls)).error());
        assertEquals(null, targets.room);
        assertTrue(targets.reading.isEmpty());

        assertFalse(tool.call(call("set",
                Map.of("room", "attic", "level", 3L, "reading", Map.of("value", 1L, "unit", "C")))).error());
        assertEquals("attic", targets.room);
        assertEquals(3, targets.level);
        assertEquals(Optional.of(new Reading(1, "C")), targets.reading);
    }

    @Test
    void missingAndUnknownArgumentsAreErrorsForTheModel() throws Exception {
        Targets targets = new Targets();
        targets.level = 9;
        Tool tool = only(targets);
        assertEquals(ToolResult.error("There is no parameter 'rom': expected room, level, reading."),
                tool.call(call("set", Map.of("rom", "attic"))));
        assertEquals(ToolResult.error("Parameter 'reading.unit' is missing: expected a string."),
                tool.call(call("set", Map.of("reading", Map.of("value", 1L)))));
        assertEquals(9, targets.level, "the method was called");

        Tool none = only(new Object() {
            @ToolSpec("")
            void a() {
            }
        });
        assertEquals(ToolResult.error("There is no parameter 'x': none is expected."),
                none.call(call("a", Map.of("x", 1L))));
    }

    @Test
    void definitionsCannotBeChanged() {
        ToolDefinition definition = only(new Targets()).definition();
        assertThrows(UnsupportedOperationException.class, () -> definition.parameters().put("type", "array"));
    }
}
