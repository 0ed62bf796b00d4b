/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.host;

import dev.millrace.api.Millrace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;

/** A host: a plain program, or a framework with bundles. Tests start it on a Java of their choice. */
public final class HostProgram {

    private HostProgram() {
    }

    /**
     * Runs.
     *
     * @param arguments nothing for a plain program, else an empty folder and the bundles
     */
    public static void main(String[] arguments) throws Exception {
        System.out.println("Java " + Runtime.version().feature());
        if (arguments.length == 0) {
            try (Millrace millrace = Millrace.start()) {
                HostScenario.run(millrace, System.out::println);
            }
        } else {
            framework(Path.of(arguments[0]), List.of(arguments).subList(1, arguments.length));
        }
        System.out.println("done");
    }

    private static void framework(Path folder, List<String> files) throws Exception {
        Map<String, String> configuration = new HashMap<>();
        configuration.put(Constants.FRAMEWORK_STORAGE, Files.createDirectories(folder).toString());
        Framework framework = ServiceLoader.load(FrameworkFactory.class).findFirst().orElseThrow()
                .newFramework(configuration);
        framework.start();
        try {
            List<Bundle> bundles = new ArrayList<>();
            for (String file : files) {
                bundles.add(framework.getBundleContext().installBundle(Path.of(file).toUri().toString()));
            }
            for (Bundle bundle : bundles) {
                start(bundle);
            }
        } finally {
            framework.stop();
            framework.waitForStop(60_000);
        }
    }

    private static void start(Bundle bundle) throws BundleException {
        bundle.start();
        System.out.println("started " + bundle.getSymbolicName());
    }
}
