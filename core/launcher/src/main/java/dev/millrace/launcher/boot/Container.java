/*
 * Copyright 2026 The Millrace authors
 * SPDX-License-Identifier: Apache-2.0
 */
package dev.millrace.launcher.boot;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.ToIntFunction;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;
import org.osgi.framework.BundleException;
import org.osgi.framework.Constants;
import org.osgi.framework.Filter;
import org.osgi.framework.FrameworkUtil;
import org.osgi.framework.InvalidSyntaxException;
import org.osgi.framework.launch.Framework;
import org.osgi.framework.launch.FrameworkFactory;
import org.osgi.service.log.LoggerFactory;
import org.osgi.util.tracker.ServiceTracker;

/** An OSGi framework that runs the bundles of some folders. For one thread. */
final class Container implements AutoCloseable {

    private static final long STOP_MILLIS = 10_000;
    private static final long WAIT_MILLIS = 10_000;
    private static final String WATCHER = "org.apache.felix.fileinstall.jar";
    /** Of the boot's class path, so that bundles log to the boot; the version stands in the parent pom. */
    private static final String LOG = "org.osgi.service.log;version=1.5";
    private static final Pattern PACKAGE = Pattern.compile("osgi\\.wiring\\.package=([\\w.]+)");

    private final Framework framework;
    private final List<String> complaints = new ArrayList<>();
    private @Nullable Dropins dropins;

    private Container(Framework framework) {
        this.framework = framework;
    }

    /**
     * Starts a framework and all bundles.
     *
     * @param storage where the framework keeps its files; empty or not there
     * @param folders folders of bundles, the program's before those of the user
     * @param home of the user, whose folders are watched if it is there
     * @param errors what bundles log as errors
     * @throws BootException if there is no framework or no bundle
     */
    static Container start(Path storage, List<Path> folders, Optional<Home> home, ErrorLog errors)
            throws BootException {
        FrameworkFactory factory = ServiceLoader.load(FrameworkFactory.class).findFirst()
                .orElseThrow(() -> new BootException("No OSGi framework is on the class path: build Millrace again."));
        // a line editor finds the signals in sun.misc
        Map<String, String> properties = new HashMap<>(Map.of(Constants.FRAMEWORK_STORAGE, storage.toString(),
                Constants.FRAMEWORK_BOOTDELEGATION, "sun.misc", Constants.FRAMEWORK_SYSTEMPACKAGES_EXTRA, LOG));
        home.ifPresent(there -> properties.putAll(there.watched(storage)));
        Framework framework = factory.newFramework(properties);
        Container container = new Container(framework);
        try {
            framework.init();
            framework.getBundleContext().registerService(LoggerFactory.class, errors, null);
            List<Bundle> bundles = container.install(folders, home.isPresent());
            framework.start();
            container.start(bundles);
            home.ifPresent(there -> container.lookAfter(there, bundles));
            return container;
        } catch (BundleException e) {
            container.close();
            throw new BootException("The OSGi framework does not start: " + e.getMessage() + ".", e);
        } catch (BootException | RuntimeException | Error e) {
            container.close();
            throw e;
        }
    }

    /** What is wrong with bundles that did not start, one sentence each. */
    List<String> complaints() {
        return Collections.unmodifiableList(complaints);
    }

    /**
     * Runs the command line and waits for it.
     *
     * @param arguments as given to the program
     * @return the exit code
     * @throws BootException if no bundle offers one
     * @throws InterruptedException if interrupted while waiting for it
     */
    int run(String[] arguments) throws BootException, InterruptedException {
        BundleContext context = framework.getBundleContext();
        Filter filter = filter(
                "(&(" + Constants.OBJECTCLASS + "=" + ToIntFunction.class.getName() + ")(millrace.main=true))");
        ServiceTracker<ToIntFunction<String[]>, ToIntFunction<String[]>> tracker = new ServiceTracker<>(context, filter,
                null);
        tracker.open();
        try {
            ToIntFunction<String[]> main = tracker.waitForService(WAIT_MILLIS);
            if (main == null) {
                throw new BootException("No bundle offers a command line: build Millrace again"
                        + (complaints.isEmpty() ? "." : ", or see to this: " + String.join(" ", complaints)));
            }
            return main.applyAsInt(arguments);
        } finally {
            tracker.close();
        }
    }

    /**
     * Stops the framework, and with it everything that the bundles run.
     *
     * @throws BootException if it does not stop
     */
    @Override
    public void close() throws BootException {
        // an interrupt asked for the end, which is here; it must not cut the end short
        boolean interrupted = Thread.interrupted();
        Dropins looking = dropins;
        if (looking != null) {
            looking.close();
        }
        try {
            framework.stop();
            framework.waitForStop(STOP_MILLIS);
        } catch (BundleException e) {
            throw new BootException("The OSGi framework does not stop: " + e.getMessage() + ".", e);
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private List<Bundle> install(List<Path> folders, boolean watch) throws BootException {
        BundleContext context = framework.getBundleContext();
        List<Bundle> bundles = new ArrayList<>();
        for (Path jar : jars(folders)) {
            if (!watch && jar.endsWith(WATCHER)) {
                continue; // it would look for folders of its own
            }
            try {
                Bundle bundle = context.installBundle("reference:" + jar.toUri());
                if (bundle.getSymbolicName() == null) {
                    // it would resolve, and never do anything
                    bundle.uninstall();
                    complaints.add(plain(jar));
                } else {
                    bundles.add(bundle);
                }
            } catch (BundleException e) {
                complaints.add(hasManifest(jar)
                        ? "The bundle " + jar + " cannot be installed: " + firstLine(e) + "."
                        : plain(jar));
            }
        }
        return bundles;
    }

    private static String plain(Path jar) {
        return "The file " + jar + " is left out: it is a plain jar, whose manifest names no bundle."
                + " Build it with bnd-maven-plugin.";
    }

    private static boolean hasManifest(Path jar) {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getManifest() != null;
        } catch (IOException e) {
            return true; // no jar at all, which the framework says better
        }
    }

    private static List<Path> jars(List<Path> folders) throws BootException {
        List<Path> jars = new ArrayList<>();
        for (Path folder : folders) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.jar")) {
                files.forEach(jars::add);
            } catch (IOException e) {
                String fault = Files.notExists(folder)
                        ? " does not exist"
                        : Files.isDirectory(folder) ? " cannot be read" : " is not a folder";
                throw new BootException("The folder of bundles " + folder + fault + (folder.equals(folders.getFirst())
                        ? ": build Millrace again."
                        : ": see to MILLRACE_BUNDLES, which names it."),
                        e);
            }
        }
        Collections.sort(jars);
        return jars;
    }

    private void start(List<Bundle> bundles) {
        for (Bundle bundle : bundles) {
            if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null) {
                continue;
            }
            try {
                // transient: the framework forgets everything with this process
                bundle.start(Bundle.START_TRANSIENT | Bundle.START_ACTIVATION_POLICY);
            } catch (BundleException e) {
                complaints.add(complaint(bundle, e));
            }
        }
    }

    /** What was found in the user's folder: says what does not start, now and later. */
    private void lookAfter(Home home, List<Bundle> own) {
        for (Bundle bundle : framework.getBundleContext().getBundles()) {
            if (!own.contains(bundle) && bundle.getBundleId() != 0) {
                tried(bundle).ifPresent(complaints::add);
            }
        }
        PlainJars plain = new PlainJars(home.plugins());
        plain.look();
        plain.look().forEach(jar -> complaints.add(plain(jar)));
        dropins = new Dropins(framework.getBundleContext(),
                bundle -> tried(bundle).ifPresent(complaint -> System.err.println("millrace: " + complaint)),
                () -> plain.look().forEach(jar -> System.err.println("millrace: " + plain(jar))));
        dropins.start();
    }

    /** Starts a bundle that does not run; why it cannot, or empty. */
    private static Optional<String> tried(Bundle bundle) {
        if (bundle.getHeaders("").get(Constants.FRAGMENT_HOST) != null
                || (bundle.getState() & (Bundle.INSTALLED | Bundle.RESOLVED)) == 0) {
            return Optional.empty();
        }
        try {
            bundle.start(Bundle.START_TRANSIENT | Bundle.START_ACTIVATION_POLICY);
            return Optional.empty();
        } catch (BundleException e) {
            return Optional.of(complaint(bundle, e));
        } catch (IllegalStateException e) {
            return Optional.empty(); // it was taken away meanwhile
        }
    }

    private static String complaint(Bundle bundle, BundleException problem) {
        if (problem.getType() != BundleException.RESOLVE_ERROR) {
            return "The bundle " + bundle.getSymbolicName() + " does not start: " + firstLine(problem) + ".";
        }
        Matcher missing = PACKAGE.matcher(String.valueOf(problem.getMessage()));
        String what = "something that no bundle offers (" + firstLine(problem) + ")";
        while (missing.find()) { // the last one named is where the chain of needs ends
            what = "the package " + missing.group(1) + ", which nothing offers";
        }
        return "The bundle " + bundle.getSymbolicName() + " is left out: it needs " + what + ".";
    }

    private static String firstLine(Throwable problem) {
        return String.valueOf(problem.getMessage()).lines().findFirst().orElse(problem.getClass().getName());
    }

    private static Filter filter(String text) {
        try {
            return FrameworkUtil.createFilter(text);
        } catch (InvalidSyntaxException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
