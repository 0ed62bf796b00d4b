/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.policy;

import dev.millrace.api.ToolDecision;
import dev.millrace.api.ToolGuard;
import dev.millrace.api.ToolRequest;
import dev.millrace.api.setting.Settings;
import dev.millrace.plugin.policy.rules.Policy;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;

/** Limits the time and the results of calls by the rules of the configuration. */
@Component(configurationPid = PolicySettings.PID)
public final class LimitGuard implements ToolGuard {

    private static final System.Logger LOG = System.getLogger(LimitGuard.class.getName());

    private volatile Settings settings;
    private volatile ConfiguredRules rules;

    /** For service loaders: as the system is set. */
    public LimitGuard() {
        this(Map.of());
    }

    /** For the framework. */
    @Activate
    public LimitGuard(Map<String, ?> configured) {
        settings = PolicySettings.of(configured, LOG);
        rules = new ConfiguredRules(settings);
    }

    /**
     * Takes another configuration. The guard stays where it is meanwhile: no call slips through while there is none.
     *
     * @param configured values of {@link PolicySettings}
     */
    @Modified
    void configure(Map<String, ?> configured) {
        settings = PolicySettings.changed(settings, configured, LOG);
        rules = new ConfiguredRules(settings);
    }

    @Override
    public ToolDecision decide(ToolRequest request) {
        return rules.ask(request, Policy::limits);
    }
}
