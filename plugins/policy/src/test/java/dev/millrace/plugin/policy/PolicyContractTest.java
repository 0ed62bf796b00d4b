/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import dev.millrace.api.ToolDefinition;
import dev.millrace.api.ToolGuard;
import dev.millrace.tck.ToolGuardContract;
import java.util.List;
import java.util.Map;

/** The contract of all guards. */
class PolicyContractTest extends ToolGuardContract {

    private final RuleGuard guard = new RuleGuard(Map.of("rules", "deny shut_* because The valve stays open."));

    @Override
    protected ToolGuard guard() {
        return guard;
    }

    @Override
    protected List<Case> allowed() {
        return List.of(new Case(new ToolDefinition("open_valve", "", Map.of()), Map.of("valve", "main")));
    }

    @Override
    protected List<Case> refused() {
        return List.of(new Case(new ToolDefinition("shut_valve", "", Map.of()), Map.of("valve", "main")));
    }
}
