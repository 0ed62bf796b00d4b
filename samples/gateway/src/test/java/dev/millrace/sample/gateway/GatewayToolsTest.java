/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class GatewayToolsTest {

    private final Gateway gateway = new Gateway(1);
    private final GatewayTools tools = new GatewayTools(gateway);

    private Map<?, ?> call(String name, @Nullable Object... namesAndValues) throws Exception {
        Map<String, @Nullable Object> arguments = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            arguments.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        Tool tool = tools.tools().stream().filter(t -> t.definition().name().equals(name)).findFirst().orElseThrow();
        ToolResult result = tool.call(new ToolCall("1", name, arguments));
        assertFalse(result.error());
        return assertInstanceOf(Map.class, result.value());
    }

    @Test
    void definitionsAreThoseTheModelWasTrainedWith() {
        assertEquals(List.of("set_device", "read_sensor", "set_thermostat", "list_devices", "get_alarms",
                "acknowledge_alarm", "publish", "schedule"),
                tools.tools().stream().map(tool -> tool.definition().name()).toList());
        assertEquals(
                "{type=object, properties={name={type=string}, state={type=string}}, required=[name, state]}",
                tools.tools().getFirst().definition().parameters().toString());
        assertEquals("{type=object, properties={}, required=[]}",
                tools.tools().get(4).definition().parameters().toString());
        assertEquals("Read one sensor.", tools.tools().get(1).definition().description());
    }

    @Test
    void switchesDevices() throws Exception {
        assertEquals(Optional.of(false), gateway.isOn("kitchen_lamp"));
        assertEquals("{ok=true, name=kitchen_lamp, state=on}",
                call("set_device", "name", "kitchen_lamp", "state", "on").toString());
        assertEquals(Optional.of(true), gateway.isOn("kitchen_lamp"));
        call("set_device", "name", "kitchen_lamp", "state", "off");
        assertEquals(Optional.of(false), gateway.isOn("kitchen_lamp"));
    }

    @Test
    void everyRoomHasEveryDevice() throws Exception {
        for (String room : Gateway.ROOMS) {
            for (String kind : Gateway.KINDS) {
                assertEquals(true, call("set_device", "name", room + "_" + kind, "state", "on").get("ok"));
            }
        }
        assertEquals(30, Gateway.ROOMS.size());
        assertEquals(15, Gateway.KINDS.size());
    }

    @ParameterizedTest
    @EnumSource
    void sensorsStayInTheirRangeAndDoNotChange(Quantity quantity) throws Exception {
        double low = quantity.at(0).doubleValue();
        double high = quantity.at(1).doubleValue();
        for (String room : Gateway.ROOMS) {
            Map<?, ?> first = call("read_sensor", "room", room, "quantity", quantity.label());
            assertEquals(List.of("room", "quantity", "value", "unit"), new ArrayList<>(first.keySet()));
            double value = assertInstanceOf(Number.class, first.get("value")).doubleValue();
            assertTrue(value >= low && value <= high, () -> room + " " + value);
            assertEquals(first, call("read_sensor", "room", room, "quantity", quantity.label()));
        }
    }

    @Test
    void anotherSeedIsAnotherBuilding() {
        assertEquals(gateway.alarms(), new Gateway(1).alarms());
        assertFalse(gateway.alarms().equals(new Gateway(2).alarms()));
    }

    @Test
    void setsThermostats() throws Exception {
        assertEquals("{ok=true, room=office, celsius=21.5}",
                call("set_thermostat", "room", "office", "celsius", 21.5).toString());
        assertEquals("{ok=true, room=office, celsius=19}",
                call("set_thermostat", "room", "office", "celsius", 19L).toString());
        assertEquals(19, gateway.target("office").orElseThrow());
        assertTrue(gateway.target("garage").isEmpty());
    }

    @Test
    void listsAndAcknowledgesAlarms() throws Exception {
        List<?> alarms = assertInstanceOf(List.class, call("get_alarms").get("alarms"));
        assertEquals(2, alarms.size());
        Gateway.Alarm alarm = gateway.alarms().getFirst();
        assertEquals("{id=" + alarm.id() + ", text=" + alarm.text() + "}", alarms.getFirst().toString());
        assertEquals("{ok=true, id=" + alarm.id() + "}", call("acknowledge_alarm", "id", alarm.id()).toString());
        assertEquals(1, gateway.alarms().size());
        assertEquals("{ok=false, error=there is no active alarm " + alarm.id() + "}",
                call("acknowledge_alarm", "id", alarm.id()).toString());
    }

    @Test
    void publishesAndPlans() throws Exception {
        assertEquals("{ok=true}", call("publish", "topic", "garage/pump", "payload", "start").toString());
        assertEquals("{ok=true, at=07:30}", call("schedule", "action", "attic_fan on", "at", "07:30").toString());
        assertEquals(List.of(new Gateway.Published("garage/pump", "start")), gateway.published());
        assertEquals(List.of(new Gateway.Plan("attic_fan on", "07:30")), gateway.plans());
        for (int i = 0; i < 2 * Gateway.KEPT; i++) {
            call("publish", "topic", "t", "payload", "p" + i);
        }
        assertEquals(Gateway.KEPT, gateway.published().size());
    }

    @Test
    void listsDevices() throws Exception {
        assertEquals("{room=gym, devices=" + Gateway.KINDS + "}", call("list_devices", "room", "gym").toString());
    }

    @Test
    void saysWhyItCannot() throws Exception {
        assertEquals("{ok=false, error=there is no device moon_lamp}",
                call("set_device", "name", "moon_lamp", "state", "on").toString());
        assertEquals("{ok=false, error=state must be on or off}",
                call("set_device", "name", "kitchen_lamp", "state", "dim").toString());
        assertEquals("{ok=false, error=there is no room moon}",
                call("read_sensor", "room", "moon", "quantity", "level").toString());
        assertEquals("{ok=false, error=there is no sensor for noise}",
                call("read_sensor", "room", "lab", "quantity", "noise").toString());
        assertEquals("{ok=false, error=there is no room moon}", call("list_devices", "room", "moon").toString());
        assertEquals("{ok=false, error=celsius must be a number}",
                call("set_thermostat", "room", "lab", "celsius", "warm").toString());
        assertEquals("{ok=false, error=at must be a time of day such as 07:30}",
                call("schedule", "action", "lab_fan on", "at", "25:00").toString());
        assertEquals("{ok=false, error=name must be a string}",
                call("set_device", "name", null, "state", "on").toString());
        assertEquals("{ok=false, error=topic must be a string}", call("publish").toString());
        assertEquals("{ok=false, error=there is no active alarm 1.5}", call("acknowledge_alarm", "id", 1.5).toString());
    }

    @Test
    void manyThreadsSeeOneState() throws Exception {
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Map<?, ?>>> tasks = new ArrayList<>();
            for (String room : Gateway.ROOMS) {
                tasks.add(() -> call("set_device", "name", room + "_door", "state", "on"));
            }
            for (Future<Map<?, ?>> answer : executor.invokeAll(tasks)) {
                assertEquals(true, answer.get().get("ok"));
            }
        }
        for (String room : Gateway.ROOMS) {
            assertEquals(Optional.of(true), gateway.isOn(room + "_door"));
        }
    }

    @Test
    void isFoundOnAPlainClassPath() {
        assertEquals("gateway", ServiceLoader.load(ToolProvider.class).findFirst().orElseThrow().name());
    }
}
