/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.store;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.osgi.framework.Bundle;
import org.osgi.service.component.runtime.ServiceComponentRuntime;
import org.osgi.service.component.runtime.dto.ComponentConfigurationDTO;
import org.osgi.service.component.runtime.dto.ComponentDescriptionDTO;
import org.osgi.service.component.runtime.dto.ReferenceDTO;
import org.osgi.service.component.runtime.dto.UnsatisfiedReferenceDTO;

/**
 * What keeps the components of bundles that run from running themselves (OSGi Compendium 8, 112.9).
 *
 * @param runtime knows all components
 */
record Components(ServiceComponentRuntime runtime) {

    /** A sentence for each reason; empty if all run. */
    List<String> problems(Bundle bundle) {
        List<String> problems = new ArrayList<>();
        for (ComponentDescriptionDTO component : runtime.getComponentDescriptionDTOs(bundle)) {
            for (ComponentConfigurationDTO one : runtime.getComponentConfigurationDTOs(component)) {
                switch (one.state) {
                    case ComponentConfigurationDTO.UNSATISFIED_REFERENCE -> {
                        for (UnsatisfiedReferenceDTO missing : one.unsatisfiedReferences) {
                            problems.add(waiting(component, missing.name));
                        }
                    }
                    case ComponentConfigurationDTO.UNSATISFIED_CONFIGURATION -> problems.add("Its component "
                            + component.name + " waits for its settings: put the file " + component.configurationPid[0]
                            + ".cfg into the folder config beside the folder of plugins.");
                    case ComponentConfigurationDTO.FAILED_ACTIVATION -> problems.add("Its component " + component.name
                            + " failed when it was to start ("
                            + String.valueOf(one.failure).lines().findFirst().orElse("")
                            + "): ask those who made it.");
                    default -> {
                    }
                }
            }
        }
        return problems;
    }

    private static String waiting(ComponentDescriptionDTO component, String name) {
        ReferenceDTO wanted = Arrays.stream(component.references).filter(one -> one.name.equals(name)).findFirst()
                .orElseThrow();
        return "Its component " + component.name + " waits for the service " + wanted.interfaceName
                + (wanted.target == null ? "" : " with " + wanted.target)
                + ", which nothing here offers: install the plugin that does.";
    }
}
