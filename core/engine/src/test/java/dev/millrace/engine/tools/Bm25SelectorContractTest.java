/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.engine.tools;

import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolSelector;
import dev.millrace.tck.ToolSelectorContract;
import java.util.List;
import java.util.Map;

/** The engine's own selector keeps what all selectors promise. */
class Bm25SelectorContractTest extends ToolSelectorContract {

    @Override
    protected ToolSelector selector() {
        return new Bm25Selector();
    }

    @Override
    protected List<ToolDefinition> tools() {
        return List.of(new ToolDefinition("set_lamp", "Switches a lamp on or off.", Map.of("type", "object")),
                new ToolDefinition("open_valve", "Opens the main water valve.", Map.of("type", "object")));
    }

    @Override
    protected Map<String, String> questions() {
        return Map.of("Open the valve, please.", "open_valve", "Is the lamp on?", "set_lamp");
    }
}
