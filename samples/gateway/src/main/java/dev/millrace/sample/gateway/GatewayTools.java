/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway;

import dev.millrace.api.Tool;
import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolHint;
import dev.millrace.api.ToolProvider;
import dev.millrace.api.ToolResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/**
 * The gateway as tools for a model. Answers are data; what cannot be done is answered with {@code "ok": false} and the
 * reason, which the model passes on to the user.
 */
@Component(immediate = true) // a delayed one would forget its state when its last user lets go
public final class GatewayTools implements ToolProvider {

    private static final long SEED = 2026;

    private final Gateway gateway;
    private final List<Tool> tools;

    /** A new gateway with everything switched off. */
    @Activate
    public GatewayTools() {
        this(new Gateway(SEED));
    }

    GatewayTools(Gateway gateway) {
        this.gateway = gateway;
        this.tools = List.of(
                tool("set_device", "Switch a device on or off.", parameters("name", "string", "state", "string"),
                        this::setDevice, ToolHint.ACTING, ToolHint.IDEMPOTENT),
                tool("read_sensor", "Read one sensor.", parameters("room", "string", "quantity", "string"),
                        this::readSensor, ToolHint.READ_ONLY),
                tool("set_thermostat", "Set the target temperature of a room.",
                        parameters("room", "string", "celsius", "number"), this::setThermostat, ToolHint.ACTING,
                        ToolHint.IDEMPOTENT),
                tool("list_devices", "List the devices in a room.", parameters("room", "string"), this::listDevices,
                        ToolHint.READ_ONLY),
                tool("get_alarms", "List the active alarms.", parameters(), this::getAlarms, ToolHint.READ_ONLY),
                tool("acknowledge_alarm", "Acknowledge an alarm.", parameters("id", "integer"), this::acknowledgeAlarm,
                        ToolHint.ACTING, ToolHint.IDEMPOTENT),
                tool("publish", "Publish a message to a topic.", parameters("topic", "string", "payload", "string"),
                        this::publish, ToolHint.ACTING, ToolHint.OPEN_WORLD),
                tool("schedule", "Run an action later.", parameters("action", "string", "at", "string"),
                        this::schedule, ToolHint.ACTING));
    }

    @Override
    public String name() {
        return "gateway";
    }

    @Override
    public List<Tool> tools() {
        return tools;
    }

    private Map<String, ?> setDevice(Map<String, @Nullable Object> arguments) throws Refusal {
        String device = text(arguments, "name");
        String state = text(arguments, "state");
        if (!state.equals("on") && !state.equals("off")) {
            throw new Refusal("state must be on or off");
        }
        if (!gateway.set(device, state.equals("on"))) {
            throw new Refusal("there is no device " + device);
        }
        return answer("ok", true, "name", device, "state", state);
    }

    private Map<String, ?> readSensor(Map<String, @Nullable Object> arguments) throws Refusal {
        String room = room(arguments);
        String name = text(arguments, "quantity");
        Quantity quantity = Quantity.named(name).orElseThrow(() -> new Refusal("there is no sensor for " + name));
        Gateway.Reading reading = gateway.read(room, quantity).orElseThrow();
        return answer("room", room, "quantity", name, "value", reading.value(), "unit", reading.unit());
    }

    private Map<String, ?> setThermostat(Map<String, @Nullable Object> arguments) throws Refusal {
        String room = room(arguments);
        Number celsius = number(arguments, "celsius");
        gateway.setTarget(room, celsius.doubleValue());
        return answer("ok", true, "room", room, "celsius", celsius);
    }

    private Map<String, ?> listDevices(Map<String, @Nullable Object> arguments) throws Refusal {
        return answer("room", room(arguments), "devices", Gateway.KINDS);
    }

    private Map<String, ?> getAlarms(Map<String, @Nullable Object> arguments) {
        return answer("alarms",
                gateway.alarms().stream().map(alarm -> answer("id", alarm.id(), "text", alarm.text())).toList());
    }

    private Map<String, ?> acknowledgeAlarm(Map<String, @Nullable Object> arguments) throws Refusal {
        Number id = number(arguments, "id");
        if (!(id instanceof Long) || !gateway.acknowledge(id.longValue())) {
            throw new Refusal("there is no active alarm " + id);
        }
        return answer("ok", true, "id", id);
    }

    private Map<String, ?> publish(Map<String, @Nullable Object> arguments) throws Refusal {
        gateway.publish(text(arguments, "topic"), text(arguments, "payload"));
        return answer("ok", true);
    }

    private Map<String, ?> schedule(Map<String, @Nullable Object> arguments) throws Refusal {
        String action = text(arguments, "action");
        String at = text(arguments, "at");
        if (!at.matches("([01]\\d|2[0-3]):[0-5]\\d")) {
            throw new Refusal("at must be a time of day such as 07:30");
        }
        gateway.schedule(action, at);
        return answer("ok", true, "at", at);
    }

    private String room(Map<String, @Nullable Object> arguments) throws Refusal {
        String room = text(arguments, "room");
        if (!gateway.hasRoom(room)) {
            throw new Refusal("there is no room " + room);
        }
        return room;
    }

    private static String text(Map<String, @Nullable Object> arguments, String name) throws Refusal {
        if (arguments.get(name) instanceof String text) {
            return text;
        }
        throw new Refusal(name + " must be a string");
    }

    private static Number number(Map<String, @Nullable Object> arguments, String name) throws Refusal {
        if (arguments.get(name) instanceof Number number && Double.isFinite(number.doubleValue())) {
            return number;
        }
        throw new Refusal(name + " must be a number");
    }

    private static Map<String, Object> answer(Object... namesAndValues) {
        Map<String, Object> answer = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            answer.put((String) namesAndValues[i], namesAndValues[i + 1]);
        }
        return answer;
    }

    /** The JSON schema of an object with these properties, all of them required, in this order. */
    private static Map<String, @Nullable Object> parameters(String... namesAndTypes) {
        Map<String, Object> properties = new LinkedHashMap<>();
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            properties.put(namesAndTypes[i], Map.of("type", namesAndTypes[i + 1]));
        }
        Map<String, @Nullable Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("properties", properties);
        schema.put("required", List.copyOf(properties.keySet()));
        return schema;
    }

    private static Tool tool(String name, String description, Map<String, @Nullable Object> parameters, Action action,
            ToolHint... does) {
        return new GatewayTool(new ToolDefinition(name, description, parameters).withHints(does), action);
    }

    /** Does what a call asks for. */
    private interface Action {
        Map<String, ?> run(Map<String, @Nullable Object> arguments) throws Refusal;
    }

    private record GatewayTool(ToolDefinition definition, Action action) implements Tool {

        @Override
        public ToolResult call(ToolCall call) {
            try {
                return ToolResult.of(action.run(call.arguments()));
            } catch (Refusal refusal) {
                return ToolResult.of(answer("ok", false, "error", refusal.reason));
            }
        }
    }

    /** Something cannot be done, and why. */
    private static final class Refusal extends Exception {

        private static final long serialVersionUID = 1;

        private final String reason;

        Refusal(String reason) {
            super(reason);
            this.reason = reason;
        }
    }
}
