/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.host;

import dev.millrace.api.Millrace;
import org.osgi.framework.BundleActivator;
import org.osgi.framework.BundleContext;

/** The plugin as a bundle of a host. */
public final class HostActivator implements BundleActivator {

    @Override
    public void start(BundleContext context) {
        HostScenario.run(context.getService(context.getServiceReference(Millrace.class)), System.out::println);
    }

    @Override
    public void stop(BundleContext context) {
        // everything was closed
    }
}
