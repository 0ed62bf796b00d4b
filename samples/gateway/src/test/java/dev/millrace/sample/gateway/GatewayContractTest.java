/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.sample.gateway;

import dev.millrace.api.ToolCall;
import dev.millrace.api.ToolProvider;
import dev.millrace.tck.ToolProviderContract;
import java.util.List;
import java.util.Map;

/** The contract of all tool providers. */
final class GatewayContractTest extends ToolProviderContract {

    private final Gateway gateway = new Gateway(1);
    private final long alarm = gateway.alarms().getFirst().id();
    private final GatewayTools tools = new GatewayTools(gateway);

    @Override
    protected ToolProvider provider() {
        return tools;
    }

    @Override
    protected List<ToolCall> calls() {
        return List.of(new ToolCall("1", "set_device", Map.of("name", "cellar_pump", "state", "on")),
                new ToolCall("2", "read_sensor", Map.of("room", "cellar", "quantity", "humidity")),
                new ToolCall("3", "set_thermostat", Map.of("room", "office", "celsius", 21.5)),
                new ToolCall("4", "list_devices", Map.of("room", "garage")),
                new ToolCall("5", "get_alarms", Map.of()),
                new ToolCall("6", "acknowledge_alarm", Map.of("id", alarm)),
                new ToolCall("7", "publish", Map.of("topic", "cellar/pump", "payload", "on")),
                new ToolCall("8", "schedule", Map.of("action", "pump off", "at", "07:30")));
    }
}
