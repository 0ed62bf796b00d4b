/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.plugin.console;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;

/** The bundles of a framework. */
record InstalledBundles(BundleContext context) implements PluginList {

    @Override
    public List<Plugin> installed() {
        return Arrays.stream(context.getBundles()).filter(bundle -> bundle.getBundleId() != 0)
                .map(InstalledBundles::plugin).sorted(Comparator.comparing(Plugin::name)).toList();
    }

    private static Plugin plugin(Bundle bundle) {
        String name = bundle.getSymbolicName() == null ? bundle.getLocation() : bundle.getSymbolicName();
        String description = bundle.getHeaders().get(Constants.BUNDLE_DESCRIPTION);
        return new Plugin(name, bundle.getVersion().toString(), state(bundle.getState()),
                description == null ? "" : description);
    }

    private static String state(int state) {
        return switch (state) {
            case Bundle.ACTIVE -> "active";
            case Bundle.STARTING -> "starting";
            case Bundle.STOPPING -> "stopping";
            case Bundle.RESOLVED -> "resolved";
            default -> "installed";
        };
    }
}
