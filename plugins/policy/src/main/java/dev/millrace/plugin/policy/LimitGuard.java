/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolRequest;
import dev.millrace.plugin.policy.rules.Policy;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;

/** Limits the time and the results of calls by the rules of the configuration. */
@Component(configurationPid = Settings.PID)
public final class LimitGuard implements ToolGuard {

    private final ConfiguredRules rules;

    /** For service loaders: as the system is set. */
    public LimitGuard() {
        this(Map.of());
    }

    /** For the framework. */
    @Activate
    public LimitGuard(Map<String, ?> configured) {
        rules = new ConfiguredRules(Settings.of(configured, System.getProperties()));
    }

    @Override
    public ToolDecision decide(ToolRequest request) {
        return rules.ask(request, Policy::limits);
    }
}
