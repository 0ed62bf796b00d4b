/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import dev.millrace.api.PluginStore.Installed;
import dev.millrace.api.PluginStore.State;
import dev.millrace.store.plugin.Need;
import dev.millrace.store.plugin.Offer;
import dev.millrace.store.plugin.Resource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.Constants;
import org.osgi.framework.ServiceReference;
import org.osgi.framework.wiring.BundleRevision;
import org.osgi.framework.wiring.BundleWiring;
import org.osgi.service.component.runtime.ServiceComponentRuntime;

/**
 * The bundles of an OSGi framework.
 *
 * @param context of one of them
 */
record Bundles(BundleContext context) implements Running {

    @Override
    public List<Installed> all() {
        List<Installed> all = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            BundleRevision revision = bundle.adapt(BundleRevision.class);
            if (bundle.getBundleId() != 0 && bundle.getSymbolicName() != null && revision != null) {
                all.add(installed(bundle, revision));
            }
        }
        return all;
    }

    private Installed installed(Bundle bundle, BundleRevision revision) {
        Resource resource = new Resource(bundle.getSymbolicName(), bundle.getVersion(),
                revision.getDeclaredCapabilities(null).stream()
                        .map(one -> new Offer(one.getNamespace(), one.getAttributes())).toList(),
                revision.getDeclaredRequirements(null).stream()
                        .map(one -> new Need(one.getNamespace(), one.getDirectives())).toList(),
                null);
        boolean fragment = bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null;
        boolean runs = (bundle.getState() & (Bundle.ACTIVE | Bundle.STARTING)) != 0
                || (fragment && bundle.getState() == Bundle.RESOLVED);
        List<String> problems = runs ? waiting(bundle) : missing(resource);
        Set<String> offers = new LinkedHashSet<>();
        ServiceReference<?>[] services = bundle.getRegisteredServices();
        for (ServiceReference<?> service : services == null ? new ServiceReference<?>[0] : services) {
            for (String type : (String[]) service.getProperty(Constants.OBJECTCLASS)) {
                offers.add("the service " + type);
            }
        }
        offers.addAll(offers(resource));
        return new Installed(resource.name(), resource.version().toString(), runs ? State.RUNNING : State.FAILED,
                Optional.empty(), "comes with the program or MILLRACE_BUNDLES", Optional.empty(), List.copyOf(offers),
                needs(resource),
                runs || !problems.isEmpty()
                        ? problems
                        : List.of("It has what it needs, but does not start:"
                                + " what it says when the program starts tells why."));
    }

    private List<String> waiting(Bundle bundle) {
        ServiceReference<ServiceComponentRuntime> reference = context
                .getServiceReference(ServiceComponentRuntime.class);
        ServiceComponentRuntime runtime = reference == null ? null : context.getService(reference);
        if (runtime == null) {
            return List.of();
        }
        try {
            return new Components(runtime).problems(bundle);
        } finally {
            context.ungetService(reference);
        }
    }

    @Override
    public List<Offer> capabilities(String but) {
        List<Offer> offers = new ArrayList<>();
        for (Bundle bundle : context.getBundles()) {
            BundleWiring wiring = bundle.adapt(BundleWiring.class);
            if (wiring != null && !but.equals(bundle.getSymbolicName())) {
                wiring.getCapabilities(null)
                        .forEach(one -> offers.add(new Offer(one.getNamespace(), one.getAttributes())));
                // wires have no services
                wiring.getRevision().getDeclaredCapabilities(Need.SERVICE)
                        .forEach(one -> offers.add(new Offer(one.getNamespace(), one.getAttributes())));
            }
        }
        return offers;
    }
}
