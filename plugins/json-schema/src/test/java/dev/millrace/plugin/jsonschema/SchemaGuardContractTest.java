/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.jsonschema;

import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.tck.ToolGuardContract;
import java.util.List;
import java.util.Map;

/** The contract of all guards. */
class SchemaGuardContractTest extends ToolGuardContract {

    private static final ToolDefinition HEAT = new ToolDefinition("heat", "Sets how warm a room is to be.",
            Map.of("type", "object", "properties", Map.of("room", Map.of("type", "string", "pattern", "^[a-z]+$"),
                    "degrees", Map.of("type", "number", "minimum", 5L, "maximum", 30L))));

    private final SchemaGuard guard = new SchemaGuard();

    @Override
    protected ToolGuard guard() {
        return guard;
    }

    @Override
    protected List<Case> allowed() {
        return List.of(new Case(HEAT, Map.of("room", "cellar", "degrees", 21.5)),
                new Case(HEAT, Map.of("degrees", 5L)));
    }

    @Override
    protected List<Case> refused() {
        return List.of(new Case(HEAT, Map.of("room", "Cellar 1")), new Case(HEAT, Map.of("degrees", 31L)));
    }
}
